//! What a log holds.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::capture::tool_use::ToolUse;

/// Places that are named for one kind of trouble; more are counted.
const PLACES_MAX: usize = 5;

/// The calls of a log.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Log {
    /// What it is, in words.
    pub(crate) format: &'static str,
    /// The calls of each session, in the order of the log.
    pub(crate) sessions: IndexMap<String, Vec<ToolUse>>,
    /// What could not be read, and the lines where.
    pub(crate) trouble: BTreeMap<&'static str, Vec<usize>>,
}

impl Log {
    /// A log of a format.
    pub(super) fn of(format: &'static str) -> Self {
        Self {
            format,
            ..Self::default()
        }
    }

    /// Adds a call to a session.
    pub(super) fn add(&mut self, session: &str, call: ToolUse) {
        if let Some(calls) = self.sessions.get_mut(session) {
            calls.push(call);
        } else {
            self.sessions.insert(session.to_owned(), vec![call]);
        }
    }

    /// Notes what could not be read.
    pub(super) fn trouble(&mut self, what: &'static str, line: usize) {
        self.trouble.entry(what).or_default().push(line);
    }

    /// Takes the sessions of another log, which get names of their own where they have the same.
    pub(super) fn join(&mut self, other: Self) {
        for (name, calls) in other.sessions {
            let mut free = name.clone();
            let mut number = 2;
            while self.sessions.contains_key(&free) {
                free = format!("{name}-{number}");
                number += 1;
            }
            self.sessions.insert(free, calls);
        }
        for (what, lines) in other.trouble {
            self.trouble.entry(what).or_default().extend(lines);
        }
    }

    /// Calls in all.
    pub(crate) fn count(&self) -> usize {
        self.sessions.values().map(Vec::len).sum()
    }

    /// What could not be read, a sentence each.
    pub(crate) fn told(&self) -> Vec<String> {
        let told = self.trouble.iter().map(|(what, lines)| {
            let shown: Vec<String> = lines
                .iter()
                .take(PLACES_MAX)
                .map(usize::to_string)
                .collect();
            let more = lines.len().saturating_sub(PLACES_MAX);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            format!("line {}{more}: {what}", shown.join(", "))
        });
        told.collect()
    }
}
