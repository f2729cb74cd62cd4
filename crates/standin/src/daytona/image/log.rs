//! The log of a build: written by one, followed by many.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Bytes kept of one log; what comes after is only counted as cut off.
const LOG_BYTES_MAX: usize = 1 << 20;

/// Said once in place of what is cut off.
const CUT: &[u8] = b"\n[the stand-in keeps no more of this log]\n";

/// A growing text.
#[derive(Debug)]
pub(in crate::daytona) struct BuildLog {
    bytes: Mutex<Vec<u8>>,
    /// Bytes so far.
    grown: watch::Sender<usize>,
}

impl Default for BuildLog {
    fn default() -> Self {
        Self {
            bytes: Mutex::default(),
            grown: watch::Sender::new(0),
        }
    }
}

impl BuildLog {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds bytes.
    pub(super) fn push(&self, more: &[u8]) {
        let mut bytes = self.lock();
        if bytes.len() >= LOG_BYTES_MAX {
            return;
        }
        let room = LOG_BYTES_MAX - bytes.len();
        bytes.extend_from_slice(&more[..more.len().min(room)]);
        if more.len() > room {
            bytes.extend_from_slice(CUT);
        }
        self.grown.send_replace(bytes.len());
    }

    /// Adds a line.
    pub(super) fn line(&self, line: &str) {
        self.push(format!("{line}\n").as_bytes());
    }

    /// What there is from a place on.
    pub(in crate::daytona) fn from(&self, at: usize) -> Vec<u8> {
        self.lock().get(at..).unwrap_or_default().to_vec()
    }

    /// Tells how many bytes there are, now and whenever there are more.
    pub(in crate::daytona) fn grown(&self) -> watch::Receiver<usize> {
        self.grown.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_bounded_and_says_so() {
        let log = BuildLog::default();
        log.line("a");
        assert_eq!(
            (log.from(0), log.from(1), log.from(9)),
            (b"a\n".to_vec(), b"\n".to_vec(), vec![])
        );
        let mut grown = log.grown();
        for _ in 0..3 {
            log.push(&vec![b'x'; LOG_BYTES_MAX]);
        }
        assert!(grown.has_changed().unwrap());
        let whole = log.from(0);
        assert_eq!(*grown.borrow_and_update(), whole.len());
        assert_eq!(whole.len(), LOG_BYTES_MAX + CUT.len());
        assert!(whole.ends_with(CUT));
    }
}
