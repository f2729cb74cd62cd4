//! What a side gave in a step, in a few words: `exit_code 0, output of 7 bytes`.

use cutover_base::side::Side;
use cutover_base::words::counted;
use serde_json::Value;

use crate::call::{FieldValue, Outcome};
use crate::compare::cause::Given;
use crate::compare::verdict::{Shown, StepVerdict};
use crate::report::escape::{cut, one_line};

/// Fields that say nothing of what came of the call: how long it took, how the provider keeps its
/// streams, and the parts of what `output` holds whole.
const LEFT_OUT: [&str; 5] = ["duration", "streams", "process", "stdout", "stderr"];

/// Characters of one value, and of a message.
const VALUE_CHARS_MAX: usize = 80;
const MESSAGE_CHARS_MAX: usize = 300;

/// A side's outcomes, each once, with the replays that gave it.
pub(crate) fn outcomes(step: &StepVerdict, side: Side) -> Vec<(Vec<u32>, String)> {
    let gave = &step.gave[side];
    if !gave.is_empty() {
        let told = gave.iter();
        return grouped(told.map(|gave| (&gave.replays[..], given(&gave.what))));
    }
    let values = step
        .fields
        .iter()
        .flat_map(|field| field.values[side].iter());
    let mut replays: Vec<u32> = values.flat_map(|value| &value.replays).copied().collect();
    replays.sort_unstable();
    replays.dedup();
    let each = replays.iter();
    grouped(each.map(|replay| (std::slice::from_ref(replay), judged(step, side, *replay))))
}

/// Each text once, with all replays that gave it.
fn grouped<'r>(told: impl Iterator<Item = (&'r [u32], String)>) -> Vec<(Vec<u32>, String)> {
    let mut all: Vec<(Vec<u32>, String)> = Vec::new();
    for (replays, text) in told {
        match all.iter_mut().find(|(_, had)| *had == text) {
            Some((had, _)) => had.extend(replays),
            None => all.push((replays.to_vec(), text)),
        }
    }
    all
}

/// What both sides gave alike, where they agree only in failing.
pub(crate) fn failure(step: &StepVerdict) -> String {
    let first = outcomes(step, Side::Source).into_iter().next();
    first.map_or_else(String::new, |(_, text)| text)
}

fn judged(step: &StepVerdict, side: Side, replay: u32) -> String {
    let parts = step.fields.iter().filter_map(|field| {
        let mut values = field.values[side].iter();
        let value = values.find(|value| value.replays.contains(&replay))?;
        part(field.path.trim_start_matches("$."), &value.raw)
    });
    joined(parts)
}

fn given(given: &Given) -> String {
    let message = |text: &str| one_line(&cut(text, MESSAGE_CHARS_MAX));
    match given {
        Given::Outcome(outcome) => of_outcome(outcome),
        Given::Error(Some(class), text) => format!("provider error, {class}: {}", message(text)),
        Given::Error(None, text) => format!("harness error: {}", message(text)),
        Given::Unsupported(text) => format!("unsupported: {}", message(text)),
        Given::NotReached(text) => format!("not reached: {}", message(text)),
        Given::NotRecorded(text) => format!("not recorded: {}", message(text)),
    }
}

fn of_outcome(outcome: &Outcome) -> String {
    let parts = outcome.fields.iter().filter_map(|(name, value)| {
        let shown = match value {
            FieldValue::Bytes(blob) => Shown::Bytes(blob.clone()),
            FieldValue::Json(json) => Shown::Json(json.clone()),
        };
        part(name, &shown)
    });
    joined(parts)
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        return "done".to_owned();
    }
    parts.join(", ")
}

fn part(name: &str, shown: &Shown) -> Option<String> {
    if LEFT_OUT.contains(&name) {
        return None;
    }
    let text = match shown {
        Shown::Absent | Shown::Json(Value::Null) => return None,
        Shown::Bytes(blob) => format!("of {}", counted(blob.len, "byte")),
        Shown::Json(Value::Array(items)) => format!("of {}", counted(items.len(), "entry")),
        Shown::Json(Value::String(text)) => one_line(&cut(text, VALUE_CHARS_MAX)),
        Shown::Json(json) => one_line(&cut(&json.to_string(), VALUE_CHARS_MAX)),
    };
    Some(format!("{} {text}", one_line(name)))
}
