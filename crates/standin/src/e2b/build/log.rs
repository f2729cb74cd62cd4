//! The log of a build: entries that clients fetch by their number (contract 7.1).

use std::sync::{Mutex, MutexGuard, PoisonError};

use cutover_base::clock::Clock;
use jiff::Timestamp;

use crate::e2b::log::Level;

/// Entries of one log; what comes after is only said to be cut off.
const ENTRIES_MAX: usize = 20_000;

/// Bytes of the messages of one log.
const BYTES_MAX: usize = 4 << 20;

/// Said once in place of what is cut off.
const CUT: &str = "[the stand-in keeps no more of this log]";

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogEntry {
    pub(crate) at: Timestamp,
    pub(crate) level: Level,
    pub(crate) message: String,
    /// The step that it is of: `base`, a number from 1, `finalize`.
    pub(crate) step: Option<String>,
}

/// A growing list of entries.
#[derive(Debug)]
pub(crate) struct BuildLog {
    clock: Clock,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: Vec<LogEntry>,
    bytes: usize,
    cut: bool,
}

impl BuildLog {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time on the clock of the stand-in.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Adds an entry.
    pub(super) fn add(&self, level: Level, step: &str, message: impl Into<String>) {
        let mut inner = self.lock();
        if inner.cut {
            return;
        }
        let mut entry = LogEntry {
            at: self.clock.now(),
            level,
            message: message.into(),
            step: Some(step.to_owned()).filter(|step| !step.is_empty()),
        };
        inner.bytes += entry.message.len();
        if inner.entries.len() >= ENTRIES_MAX || inner.bytes > BYTES_MAX {
            inner.cut = true;
            CUT.clone_into(&mut entry.message);
        }
        inner.entries.push(entry);
    }

    /// All entries, oldest first.
    pub(crate) fn all(&self) -> Vec<LogEntry> {
        self.lock().entries.clone()
    }

    /// So many from a number on.
    pub(crate) fn from(&self, offset: usize, count: usize) -> Vec<LogEntry> {
        let inner = self.lock();
        inner
            .entries
            .iter()
            .skip(offset)
            .take(count)
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_bounded_and_says_so() {
        let log = BuildLog::new(Clock::new());
        log.add(Level::Info, "", "first");
        for _ in 0..5 {
            log.add(Level::Info, "1", "x".repeat(BYTES_MAX / 2));
        }
        let all = log.all();
        let messages: Vec<_> = all.iter().map(|entry| entry.message.len()).collect();
        assert_eq!(messages, [5, BYTES_MAX / 2, CUT.len()]);
        assert_eq!(
            (all[0].step.as_deref(), all[1].step.as_deref()),
            (None, Some("1"))
        );
        assert_eq!(log.from(1, 1)[0], all[1]);
        assert_eq!(log.from(9, 1), []);
    }
}
