//! A call on its way to a step: its verb, what becomes of it, and the names of its values.

use cutover_base::redact::Redactor;
use serde_json::{Map, Value};

use super::bind::{Bindings, format_reference};
use super::calls::{Form, form};
use super::sessions::Sessions;
use super::tally::Fate;
use crate::capture::effect::{Effect, Effects, Reach};
use crate::capture::tool_use::{ToolUse, texts, weight};

/// Steps of one scenario that come from calls; some more are needed for sessions and sandboxes.
const STEPS_MAX: usize = 480;

/// Bytes of one call.
pub(super) const CALL_BYTES_MAX: usize = 128 * 1024;

/// Bytes of one scenario's calls, well below what a scenario may have.
const BYTES_MAX: usize = 512 * 1024;

/// A call on its way to a step.
pub(super) struct Piece {
    pub(super) call: usize,
    pub(super) form: Result<Form, String>,
    pub(super) fate: Fate,
    /// Steps of the harness before it.
    pub(super) before: Vec<String>,
    /// What a reader is told of it.
    pub(super) notes: Vec<String>,
    /// Whether it ran at the same time as the one before.
    pub(super) overlaps: bool,
}

/// How much a scenario still holds.
#[derive(Default)]
pub(super) struct Room {
    steps: usize,
    bytes: usize,
}

impl Room {
    fn refuses(&mut self, call: &ToolUse) -> Option<String> {
        let bytes = call.arguments.as_ref().map_or(0, weight);
        if bytes > CALL_BYTES_MAX {
            return Some(format!("it is longer than {} KiB", CALL_BYTES_MAX / 1024));
        }
        if self.steps >= STEPS_MAX || self.bytes + bytes > BYTES_MAX {
            return Some("the scenario is full".to_owned());
        }
        self.steps += 1;
        self.bytes += bytes;
        None
    }
}

/// What the calls before have left.
pub(super) type Known<'k> = (
    &'k mut Sessions,
    &'k mut Bindings,
    &'k mut Effects,
    &'k mut Room,
);

/// Makes a piece of the call `index`; `begin` is the first of those that ran at the same time.
pub(super) fn piece(
    (index, begin): (usize, usize),
    call: &ToolUse,
    (sessions, bindings, effects, room): Known<'_>,
    (redactor, environment): (&Redactor, Option<&str>),
) -> Piece {
    let said: Vec<&str> = call.arguments.iter().flat_map(texts).collect();
    let effect = effect_of(call, effects);
    let secret = said.iter().any(|text| redactor.finds(text.as_bytes()));
    let mut piece = Piece {
        call: index,
        form: form(call, sessions),
        fate: Fate::Replayed(effect.reach),
        before: Vec::new(),
        notes: Vec::new(),
        overlaps: call.overlaps && index > begin,
    };
    piece.fate = match &piece.form {
        Err(why) => Fate::Lost(why.clone()),
        Ok(_) if effect.reach == Reach::Outside => Fate::HeldBack(effect.what.clone()),
        Ok(_) if secret => {
            let why = "it holds a secret; declare it in cutover.yaml and write ${{ secrets.NAME }}";
            Fate::Lost(why.to_owned())
        }
        Ok(_) => match room.refuses(call) {
            Some(why) => Fate::Lost(why),
            None => Fate::Replayed(effect.reach),
        },
    };
    if !matches!(piece.fate, Fate::Replayed(_)) {
        return piece;
    }
    let to = sessions
        .other_in(&said)
        .or_else(|| sessions.unsaid(call, environment));
    if let Some(to) = to {
        piece.before = sessions.switch(to);
    }
    let mut lost = Vec::new();
    if let Ok(form) = &mut piece.form {
        let session = sessions.current();
        let arguments = Value::Object(std::mem::take(&mut form.arguments));
        let is_raw = form.verb == "call_tool";
        if let Value::Object(bound) =
            bound(arguments, is_raw, (bindings, begin, session), &mut lost)
        {
            form.arguments = bound;
        }
    }
    if !lost.is_empty() {
        let lost = lost.join(", ");
        piece.notes.push(format!(
            "{lost} is of an answer that is not there in a replay"
        ));
    }
    piece
}

fn effect_of(call: &ToolUse, effects: &mut Effects) -> Effect {
    let reach = match call.tool.as_str() {
        "execute" => {
            let cmd = call.text("cmd").unwrap_or_default();
            return effects.of_command(cmd);
        }
        "read_file" => Reach::Reads,
        _ => Reach::Changes,
    };
    Effect {
        reach,
        what: String::new(),
    }
}

/// Values with names in the place of what answers and sessions gave. Tools' names and the names of
/// arguments stay as they are.
fn bound(
    value: Value,
    is_raw: bool,
    (bindings, begin, session): (&mut Bindings, usize, Option<&str>),
    lost: &mut Vec<String>,
) -> Value {
    match value {
        Value::String(text) => {
            // A session's id may look like any other, so that it is named first.
            let parts: Vec<&str> = match session {
                Some(id) => text.split(id).collect(),
                None => vec![&text],
            };
            let parts = parts.into_iter().map(|part| {
                let bound = bindings.bind(part, begin);
                lost.extend(bound.lost);
                bound.text
            });
            let parts: Vec<String> = parts.collect();
            parts.join(&format_reference("session")).into()
        }
        Value::Array(items) => {
            let items = items
                .into_iter()
                .map(|it| bound(it, is_raw, (bindings, begin, session), lost));
            items.collect()
        }
        Value::Object(map) => {
            let named = |(key, it): (String, Value)| {
                let it = match key.as_str() {
                    "sandbox_name" | "name" if !is_raw || it == Value::Null => it,
                    _ => bound(it, is_raw, (bindings, begin, session), lost),
                };
                (key, it)
            };
            Value::Object(map.into_iter().map(named).collect::<Map<_, _>>())
        }
        other => other,
    }
}
