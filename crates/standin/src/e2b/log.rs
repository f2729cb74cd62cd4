//! What happened to a sandbox: its lifecycle and its processes (contract 1.4, `SandboxLogEntry`).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use cutover_base::clock::Clock;
use jiff::Timestamp;

/// Entries kept; older ones are dropped, so that a loop in a sandbox cannot fill our memory.
const ENTRIES_MAX: usize = 1000;

/// Bytes of a message or a field at most; commands may carry megabytes.
const TEXT_BYTES_MAX: usize = 256;

/// How much an entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Of interest to nobody but a developer.
    Debug,
    /// Ordinary.
    Info,
    /// Something is not as it was asked for.
    Warn,
    /// Something failed.
    Error,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When.
    pub(crate) at: Timestamp,
    /// How much it matters.
    pub(crate) level: Level,
    /// What.
    pub(crate) message: String,
    /// Details.
    pub(crate) fields: BTreeMap<String, String>,
}

/// What happened to one sandbox, oldest first.
#[derive(Debug)]
pub(crate) struct SandboxLog {
    clock: Clock,
    entries: Mutex<VecDeque<Entry>>,
}

impl Level {
    /// The word on the wire.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level that a word means.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Debug, Self::Info, Self::Warn, Self::Error]
            .into_iter()
            .find(|level| level.word() == word)
    }
}

impl SandboxLog {
    /// An empty log on this clock.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            entries: Mutex::default(),
        }
    }

    /// Notes something.
    pub(crate) fn add(&self, level: Level, message: String, fields: BTreeMap<String, String>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == ENTRIES_MAX {
            entries.pop_front();
        }
        entries.push_back(Entry {
            at: self.clock.now(),
            level,
            message: shortened(message),
            fields: fields
                .into_iter()
                .map(|(name, value)| (name, shortened(value)))
                .collect(),
        });
    }

    /// All entries that are kept, oldest first.
    pub(crate) fn all(&self) -> Vec<Entry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().cloned().collect()
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let mut end = TEXT_BYTES_MAX;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_bounded_in_length_and_width() {
        let log = SandboxLog::new(Clock::new());
        for number in 0..ENTRIES_MAX + 5 {
            log.add(Level::Info, number.to_string(), BTreeMap::new());
        }
        let fields = BTreeMap::from([("f".to_owned(), "é".repeat(TEXT_BYTES_MAX))]);
        log.add(Level::Error, "é".repeat(TEXT_BYTES_MAX), fields);
        let all = log.all();
        assert_eq!(all.len(), ENTRIES_MAX);
        assert_eq!(all[0].message, "6");
        let last = all.last().unwrap();
        assert_eq!(last.message.chars().count(), TEXT_BYTES_MAX / 2 + 1);
        assert_eq!(last.fields["f"], last.message);
        assert!(Level::parse("warn") > Level::parse("info"));
        assert_eq!(Level::parse("loud"), None);
    }
}
