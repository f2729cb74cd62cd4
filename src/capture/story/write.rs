//! A session's calls as a scenario's text.

use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;
use serde_json::Map;

use super::bind::Bindings;
use super::body::Body;
use super::calls::Form;
use super::piece::{Piece, Room, piece};
use super::sessions::Sessions;
use super::step::step;
use super::tally::{Fate, Tally};
use crate::capture::effect::Effects;
use crate::capture::secrets::Found;
use crate::capture::tool_use::{ToolUse, texts};

/// Calls of one `parallel`.
const PARALLEL_MAX: usize = 32;

/// Sandboxes that are made because calls use them that nobody was seen to make.
const FOUND_MAX: usize = 20;

/// Where calls come from, in words for the scenario.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source<'a> {
    /// Lines for the top of the file.
    pub(crate) head: Vec<String>,
    /// Why the scenario exists.
    pub(crate) why: String,
    /// A tag to select it by.
    pub(crate) tag: &'static str,
    /// The session of the server's environment.
    pub(crate) session: Option<&'a str>,
    /// What is secret already.
    pub(crate) secrets: Vec<Secret>,
    /// Calls that are not among them, by why.
    pub(crate) lost: Vec<(String, usize)>,
    /// Whether its calls are to be weighed, as a share of all traffic.
    pub(crate) is_traffic: bool,
    /// How many calls of the traffic each call stands for, where not for itself.
    pub(crate) stands_for: usize,
}

/// A scenario that was made of calls.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    /// Its text; none where no call can be replayed.
    pub(crate) text: Option<String>,
    /// What became of the calls.
    pub(crate) tally: Tally,
    /// The same for each call, in order.
    pub(crate) fates: Vec<Fate>,
}

/// Tells calls as a scenario.
pub(crate) fn tell(calls: &[ToolUse], source: &Source<'_>) -> Story {
    let redactor = redactor(calls, source);
    let mut sessions = Sessions::of(calls, source.session);
    let mut found = found_sandboxes(calls);
    found.truncate(FOUND_MAX);
    for name in &found {
        sessions.provisioned(name, None);
    }
    let mut bindings = Bindings::default();
    let mut effects = Effects::default();
    let (mut pieces, mut room) = (Vec::new(), Room::default());
    let mut begin = 0;
    while begin < calls.len() {
        let end = group_end(calls, begin);
        for (index, call) in calls.iter().enumerate().take(end).skip(begin) {
            let piece = piece(
                (index, begin),
                call,
                (&mut sessions, &mut bindings, &mut effects, &mut room),
                (&redactor, source.session),
            );
            pieces.push(piece);
        }
        for piece in &pieces[begin..] {
            if let Some(text) = calls[piece.call].answer.shown() {
                let replayed = matches!(piece.fate, Fate::Replayed(_));
                bindings.answered(piece.call, &redactor.text(text), replayed);
            }
        }
        begin = end;
    }
    finish(&pieces, calls, (&found, &bindings, &redactor, source))
}

/// Every secret of the calls and of the environment.
fn redactor(calls: &[ToolUse], source: &Source<'_>) -> Redactor {
    let mut found = Found::default();
    for call in calls {
        for text in call.arguments.iter().flat_map(texts) {
            found.look(text);
        }
        if let Some(text) = call.answer.shown() {
            found.look(text);
        }
    }
    found.redactor(source.secrets.clone())
}

/// Sandboxes that calls use with success before anybody makes them.
fn found_sandboxes(calls: &[ToolUse]) -> Vec<String> {
    let (mut made, mut found) = (Vec::new(), Vec::new());
    for call in calls {
        let name = match call.tool.as_str() {
            "provision" => call.text("name").map(|name| (name, true)),
            _ => call.text("sandbox_name").map(|name| (name, false)),
        };
        let Some((name, makes)) = name.filter(|_| call.answer.is_success()) else {
            continue;
        };
        if !made.iter().any(|had| had == name) {
            made.push(name.to_owned());
            if !makes {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// The end of the calls that ran at the same time as the first one.
fn group_end(calls: &[ToolUse], begin: usize) -> usize {
    let rest = calls[begin + 1..].iter();
    let together = rest.take_while(|call| call.overlaps).count();
    begin + 1 + together.min(PARALLEL_MAX - 1)
}

type Rest<'r> = (&'r [String], &'r Bindings, &'r Redactor, &'r Source<'r>);

fn finish(
    pieces: &[Piece],
    calls: &[ToolUse],
    (found, bindings, redactor, source): Rest<'_>,
) -> Story {
    let mut tally = Tally::default();
    for piece in pieces {
        tally.add_times(&piece.fate, source.stands_for.max(1));
    }
    for (why, count) in &source.lost {
        tally.add_times(&Fate::Lost(why.clone()), *count);
    }
    let mut body = Body::default();
    for name in found {
        body.comment(
            "made first: the calls below use it, and nobody was seen to make it",
            2,
        );
        let arguments = Map::from_iter([("name".to_owned(), name.as_str().into())]);
        let verb = "provision";
        body.step(&step(&Form { verb, arguments }, None, 2));
    }
    let mut at = 0;
    while at < pieces.len() {
        let rest = pieces[at + 1..].iter();
        let together = rest
            .take_while(|it| it.overlaps && it.before.is_empty())
            .count();
        let group = &pieces[at..=at + together];
        body.group(group, calls, bindings, redactor);
        at += group.len();
    }
    let text = (tally.replayed > 0).then(|| {
        let head = body.head(
            &tally,
            (&source.head, &source.why, source.tag, source.is_traffic),
        );
        redactor.text(&format!("{head}steps:\n{}", body.text))
    });
    let fates = pieces.iter().map(|piece| piece.fate.clone()).collect();
    Story { text, tally, fates }
}
