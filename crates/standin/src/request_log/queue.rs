//! The request log: a bounded queue that requests fill and one thread empties, so that a slow or
//! broken reader of the log delays nobody and costs no memory.

use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cutover_base::clock::Clock;
use cutover_base::secret::Secret;

use crate::request_log::sink::LogSink;

/// Lines that wait to be written; a line is at most a few KiB. What comes on top is lost and
/// counted.
const QUEUE_LINES_MAX: usize = 2048;

/// A request log. Clones write to the same one.
#[derive(Debug, Clone)]
pub struct RequestLog {
    lines: Arc<Mutex<Option<SyncSender<String>>>>,
    done: Arc<Mutex<Receiver<()>>>,
    lost: Arc<AtomicU64>,
    secrets: Arc<[Secret]>,
}

/// The other end of a request log: empties the queue into a sink.
pub struct LogWriter {
    lines: Receiver<String>,
    lost: Arc<AtomicU64>,
    /// Dropped when the writer ends, which is what [`RequestLog::close`] waits for.
    _done: SyncSender<()>,
}

impl fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriter").finish_non_exhaustive()
    }
}

impl RequestLog {
    /// A log and its writer; until the writer runs, lines wait in the queue.
    pub fn new() -> (Self, LogWriter) {
        let (sender, lines) = sync_channel(QUEUE_LINES_MAX);
        let (ends, done) = sync_channel(0);
        let lost = Arc::new(AtomicU64::new(0));
        let log = Self {
            lines: Arc::new(Mutex::new(Some(sender))),
            done: Arc::new(Mutex::new(done)),
            lost: Arc::clone(&lost),
            secrets: Arc::new([]),
        };
        let writer = LogWriter {
            lines,
            lost,
            _done: ends,
        };
        (log, writer)
    }

    /// The same log for stand-ins that hide these as well as their keys: what a client sends may
    /// hold secrets of whoever started them.
    #[must_use]
    pub fn hiding(self, secrets: Vec<Secret>) -> Self {
        Self {
            secrets: secrets.into(),
            ..self
        }
    }

    /// What no line may hold.
    pub(crate) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// Queues a line of JSON. Never waits: when the queue is full the line is lost and counted.
    pub(crate) fn write(&self, json: &str) {
        let line = ascii(json);
        let sender = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let queued = sender.as_ref().map(|sender| sender.try_send(line).is_ok());
        if queued == Some(false) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that could not be queued or written so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Takes no more lines and waits, at most for `patience`, until the writer has written those
    /// that wait. Blocks the thread; call it when nothing is left to serve.
    pub fn close(&self, patience: Duration) {
        drop(
            self.lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        // Either the writer has ended, or its reader is stuck and the rest is lost.
        let _ = done.recv_timeout(patience);
    }
}

impl LogWriter {
    /// Writes lines until the log is closed or the sink is closed for good; blocks its thread. A
    /// line that cannot be written is lost and counted, and `trouble` is told of the first one of
    /// a row.
    pub fn run(self, mut sink: LogSink, trouble: impl Fn(&str)) {
        let wall = Clock::new();
        let (mut told, mut lost_told) = (false, 0);
        for line in &self.lines {
            let lost = self.lost.load(Ordering::Relaxed);
            if lost > lost_told {
                let at = wall.now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
                let note = format!("{{\"at\":\"{at}\",\"lost\":{}}}", lost - lost_told);
                if sink.write_line(&note).is_ok() {
                    lost_told = lost;
                }
            }
            match sink.write_line(&line) {
                Ok(()) => told = false,
                Err(error) => {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                    if !told {
                        trouble(&format!("request log: lines are lost: {error}"));
                    }
                    told = true;
                    if error.kind() == std::io::ErrorKind::BrokenPipe {
                        // Nobody will ever read what comes; the queue fills and is counted.
                        break;
                    }
                }
            }
        }
    }
}

/// JSON in ASCII, so that no byte of a client does anything to a terminal: what is beyond it, and
/// the one control character that JSON allows, is escaped.
fn ascii(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    let mut units = [0; 2];
    for character in json.chars() {
        if character.is_ascii() && character != '\u{7f}' {
            line.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut units) {
            // Writing to a string cannot fail.
            let _ = write!(line, "\\u{unit:04x}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn written(log: &RequestLog, writer: LogWriter) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let sink = LogSink::file(&path).unwrap();
        let thread = std::thread::spawn(move || writer.run(sink, |text| panic!("{text}")));
        log.close(Duration::from_secs(30));
        thread.join().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn lines_are_written_in_order_and_in_ascii() {
        let (log, writer) = RequestLog::new();
        log.write("{\"a\":\"\u{7f}\u{9b}\u{202e}\u{1f600}\"}");
        log.write("{}");
        assert_eq!(
            written(&log, writer),
            "{\"a\":\"\\u007f\\u009b\\u202e\\ud83d\\ude00\"}\n{}\n"
        );
    }

    #[test]
    fn a_full_queue_loses_lines_and_says_how_many() {
        let (log, writer) = RequestLog::new();
        for _ in 0..QUEUE_LINES_MAX + 3 {
            log.write("{}");
        }
        assert_eq!(log.lost(), 3);
        let text = written(&log, writer);
        assert_eq!(text.lines().count(), QUEUE_LINES_MAX + 1);
        let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(first["lost"], 3);
    }

    #[test]
    fn a_full_disk_is_told_once_and_a_line_after_it_begins_anew() {
        let (log, writer) = RequestLog::new();
        for _ in 0..3 {
            log.write("{}");
        }
        let told = AtomicUsize::new(0);
        let sink = LogSink::file(std::path::Path::new("/dev/full")).unwrap();
        std::thread::scope(|scope| {
            let told = &told;
            scope.spawn(move || {
                writer.run(sink, |_| {
                    told.fetch_add(1, Ordering::SeqCst);
                });
            });
            log.close(Duration::from_secs(30));
        });
        assert_eq!(told.load(Ordering::SeqCst), 1);
        assert_eq!(log.lost(), 3);
    }

    #[test]
    fn after_the_end_nothing_is_queued() {
        let (log, writer) = RequestLog::new();
        log.close(Duration::ZERO);
        log.write("{}");
        assert_eq!(written(&log, writer), "");
        assert_eq!(log.lost(), 0);
    }
}
