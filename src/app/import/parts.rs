//! A log's sessions as parts that a scenario can hold.

use indexmap::IndexMap;

use crate::capture::tool_use::ToolUse;

/// Calls of one part.
const CALLS_MAX: usize = 400;

/// Bytes of one part.
const BYTES_MAX: usize = 400 * 1024;

/// Scenarios that are written: more would be a corpus that nobody reads.
const PARTS_MAX: usize = 200;

/// A session or a part of one, and how often the log has it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The session; the first of those that are the same.
    pub(super) session: String,
    /// Which part of how many.
    pub(super) place: (usize, usize),
    pub(super) calls: Vec<ToolUse>,
    pub(super) times: usize,
}

impl Part {
    /// Calls of the log that it stands for.
    pub(super) const fn weight(&self) -> usize {
        self.calls.len() * self.times
    }
}

/// The parts of the sessions, and how many calls of the log are in none of them. Sessions that
/// called the same are one part; where there are too many, those with the most calls stay.
pub(super) fn parts(sessions: IndexMap<String, Vec<ToolUse>>) -> (Vec<Part>, usize) {
    let mut same: IndexMap<String, Vec<Part>> = IndexMap::new();
    for (session, calls) in sessions {
        let key = key(&calls);
        if let Some(had) = same.get_mut(&key) {
            for part in had {
                part.times += 1;
            }
        } else {
            same.insert(key, split(&session, calls));
        }
    }
    let mut parts: Vec<Part> = same.into_values().flatten().collect();
    let mut by_weight: Vec<usize> = (0..parts.len()).collect();
    by_weight.sort_by_key(|at| std::cmp::Reverse(parts[*at].weight()));
    let mut kept = vec![false; parts.len()];
    for at in by_weight.into_iter().take(PARTS_MAX) {
        kept[at] = true;
    }
    let mut left_out = 0;
    let mut keeps = kept.into_iter();
    parts.retain(|part| {
        let keep = keeps.next().unwrap_or_default();
        left_out += if keep { 0 } else { part.weight() };
        keep
    });
    (parts, left_out)
}

/// What makes two sessions the same: what was called, whatever came back.
fn key(calls: &[ToolUse]) -> String {
    let mut text = String::new();
    for call in calls {
        let arguments = call.arguments.as_ref().map(ToString::to_string);
        text.push_str(&call.tool);
        text.push('\u{0}');
        text.push_str(&arguments.unwrap_or_default());
        text.push('\u{0}');
    }
    cutover_base::blob::sha256_hex(text.as_bytes())
}

fn split(session: &str, calls: Vec<ToolUse>) -> Vec<Part> {
    let mut lists: Vec<Vec<ToolUse>> = vec![Vec::new()];
    let mut bytes = 0;
    for call in calls {
        bytes += call.bytes();
        let full = lists
            .last()
            .is_some_and(|list| list.len() >= CALLS_MAX || bytes > BYTES_MAX);
        if full && lists.last().is_some_and(|list| !list.is_empty()) {
            lists.push(Vec::new());
            bytes = call.bytes();
        }
        if let Some(list) = lists.last_mut() {
            list.push(call);
        }
    }
    let count = lists.len();
    let part = |(at, calls)| Part {
        session: session.to_owned(),
        place: (at + 1, count),
        calls,
        times: 1,
    };
    lists.into_iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::capture::tool_use::Answer;

    fn calls(count: usize, cmd: &str) -> Vec<ToolUse> {
        let call = |at: usize| ToolUse {
            tool: "execute".to_owned(),
            arguments: Some(json!({ "sandbox_name": "main", "cmd": format!("{cmd} {at}") })),
            answer: Answer::Missing,
            overlaps: false,
        };
        (0..count).map(call).collect()
    }

    #[test]
    fn every_call_is_in_a_part_or_counted() {
        let mut sessions = IndexMap::new();
        sessions.insert("long".to_owned(), calls(CALLS_MAX * 2 + 1, "a"));
        sessions.insert("once".to_owned(), calls(3, "b"));
        sessions.insert("again".to_owned(), calls(3, "b"));
        for number in 0..300 {
            sessions.insert(format!("s{number}"), calls(1, &format!("c{number}")));
        }
        let all: usize = sessions.values().map(Vec::len).sum();
        let (parts, left_out) = parts(sessions);
        assert_eq!(parts.len(), PARTS_MAX);
        assert_eq!(
            parts.iter().map(Part::weight).sum::<usize>() + left_out,
            all
        );
        assert_eq!(parts[2].place, (3, 3));
        let same = parts.iter().find(|part| part.session == "once").unwrap();
        assert_eq!((same.times, same.weight()), (2, 6));
    }
}
