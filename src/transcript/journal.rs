//! Writing the journal `events.ndjson`: append-only, one line and one system call per event.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_base::side::Side;

use crate::transcript::event::{Event, EventKind, JOURNAL_FORMAT};
use crate::transcript::exchange::{Exchange, ExchangeSink};
use crate::transcript::folder::JOURNAL_FILE;
use crate::transcript::line::{FormatLine, JournalError, Span, to_line, without_secrets};
use crate::transcript::read;
use crate::transcript::record::Transcript;
use crate::transcript::reread::reread;

/// Writes a run's journal. Clones write to the same file, from any thread.
///
/// The first failure is remembered ([`JournalWriter::failure`]): a run without its journal has no
/// evidence and ends as a harness error. Later events are still tried, so that the destruction of
/// sandboxes is recorded if room is made.
#[derive(Debug, Clone)]
pub struct JournalWriter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    clock: Clock,
    /// What no line may hold; provider tokens if nothing else is said.
    redactor: OnceLock<Redactor>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// Length of the file up to the end of its last whole line.
    len: u64,
    seq: u64,
    failed: Option<JournalError>,
}

impl JournalWriter {
    /// Makes `dir/events.ndjson` with its format line. A journal that is there is not touched.
    ///
    /// # Errors
    /// When the file is there already, or the folder or disk does not take it.
    pub fn create(dir: &Path, clock: Clock) -> Result<Self, JournalError> {
        let path = dir.join(JOURNAL_FILE);
        let line = FormatLine {
            format: JOURNAL_FORMAT.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let made = OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .open(&path)
            .and_then(|mut file| {
                // The lock tells `reap` that the run goes on; it ends with the process.
                file.try_lock().map_err(io::Error::from)?;
                let bytes = to_line(&line)?;
                file.write_all(&bytes)?;
                Ok((file, bytes.len() as u64))
            });
        match made {
            Ok((file, len)) => Ok(Self::over(path, clock, file, len, 0)),
            Err(error) => Err(JournalError::Create {
                path,
                message: error.to_string(),
            }),
        }
    }

    /// Goes on with the journal of an interrupted run: cuts off what follows its last whole line,
    /// and numbers on.
    ///
    /// # Errors
    /// When there is no journal, it is damaged before its end, or it cannot be written.
    pub fn resume(dir: &Path, clock: Clock) -> Result<Self, JournalError> {
        let path = dir.join(JOURNAL_FILE);
        let end = read::find_end(&path)?;
        let opened = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&path)
            .and_then(|file| {
                file.try_lock().map_err(io::Error::from)?;
                file.set_len(end.whole_bytes)?;
                Ok(file)
            });
        match opened {
            Ok(file) => Ok(Self::over(path, clock, file, end.whole_bytes, end.last_seq)),
            Err(error) => Err(JournalError::Write {
                path,
                message: error.to_string(),
            }),
        }
    }

    /// From now on no line holds a secret of this redactor. The first one stands.
    pub fn hide(&self, redactor: Redactor) {
        let _ = self.shared.redactor.set(redactor);
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// The first failure to write, if one happened.
    pub fn failure(&self) -> Option<JournalError> {
        self.state().failed.clone()
    }

    /// A handle for events that belong to no case.
    pub fn scope(&self) -> JournalScope {
        JournalScope {
            writer: self.clone(),
            case: None,
            side: None,
            replay: None,
            step: None,
        }
    }

    /// Writes an event of the run as a whole.
    ///
    /// # Errors
    /// When the line cannot be written; the file then still ends with a whole line, if the system
    /// lets it.
    pub fn write(&self, event: EventKind) -> Result<(), JournalError> {
        self.scope().write(event)
    }

    /// Has the system put everything that was written, and the file's name, on the disk itself.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn sync(&self) -> Result<(), JournalError> {
        let file = self.state().file.try_clone();
        let folder = self.shared.path.parent().unwrap_or(Path::new("."));
        let synced = file
            .and_then(|file| file.sync_all())
            .and_then(|()| File::open(folder)?.sync_all());
        synced.map_err(|error| JournalError::Write {
            path: self.shared.path.clone(),
            message: error.to_string(),
        })
    }

    /// Reads the transcript of one side in one replay back from its lines: what a run has written
    /// down it need not keep in memory.
    ///
    /// # Errors
    /// When the lines cannot be read, or are not those of such a transcript.
    pub fn transcript(&self, case: &str, lines: &[Span]) -> Result<Transcript, JournalError> {
        let path = &self.shared.path;
        let dir = path.parent().unwrap_or(Path::new("."));
        // The open file: one that was removed is told of when the run ends.
        let file = self.state().file.try_clone();
        file.map_err(|error| error.to_string())
            .and_then(|file| reread(&file, dir, case, lines))
            .map_err(|message| JournalError::Read {
                path: path.clone(),
                message,
            })
    }

    /// A writer over a file that is there, for tests of devices that fail.
    #[cfg(test)]
    pub(crate) fn over_for_test(path: &Path) -> Self {
        let file = OpenOptions::new().append(true).open(path).unwrap();
        Self::over(path.to_owned(), Clock::new(), file, 0, 0)
    }

    fn over(path: PathBuf, clock: Clock, file: File, len: u64, seq: u64) -> Self {
        Self {
            shared: Arc::new(Shared {
                path,
                clock,
                redactor: OnceLock::new(),
                state: Mutex::new(State {
                    file,
                    len,
                    seq,
                    failed: None,
                }),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, scope: &JournalScope, kind: EventKind) -> Result<Span, JournalError> {
        let mut state = self.state();
        // Number and time are taken under the lock, so that both grow along the file.
        let event = Event {
            seq: state.seq + 1,
            at: self.shared.clock.now(),
            case: scope.case.clone(),
            side: scope.side,
            replay: scope.replay,
            step: scope.step.clone(),
            event: kind,
        };
        let redactor = self.shared.redactor.get_or_init(Redactor::noop);
        let written = to_line(&event).and_then(|line| without_secrets(line, redactor));
        let written = written.and_then(|line| {
            let written = state.file.write_all(&line);
            if written.is_err() {
                // Half a line in the middle would hide what follows it. Should cutting it fail
                // too, the reader takes it for a torn line.
                let len = state.len;
                let _ = state.file.set_len(len);
            }
            written.map(|()| line.len())
        });
        match written {
            Ok(len) => {
                let start = state.len;
                state.seq += 1;
                state.len += len as u64;
                Ok(Span { start, len })
            }
            Err(error) => {
                let error = JournalError::Write {
                    path: self.shared.path.clone(),
                    message: error.to_string(),
                };
                state.failed.get_or_insert_with(|| error.clone());
                Err(error)
            }
        }
    }
}

/// Whether a process is writing the journal of a run folder now.
pub fn is_being_written(dir: &Path) -> bool {
    File::open(dir.join(JOURNAL_FILE))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// A handle that says of every event which case, side, replay and step it belongs to.
#[derive(Debug, Clone)]
pub struct JournalScope {
    writer: JournalWriter,
    case: Option<String>,
    side: Option<Side>,
    replay: Option<u32>,
    step: Option<String>,
}

impl JournalScope {
    /// The same for a case.
    #[must_use]
    pub fn case(&self, case: impl Into<String>) -> Self {
        Self {
            case: Some(case.into()),
            ..self.clone()
        }
    }

    /// The same for a side in a replay (from 1).
    #[must_use]
    pub fn side(&self, side: Side, replay: u32) -> Self {
        Self {
            side: Some(side),
            replay: Some(replay),
            ..self.clone()
        }
    }

    /// The same for a step.
    #[must_use]
    pub fn step(&self, step: impl Into<String>) -> Self {
        Self {
            step: Some(step.into()),
            ..self.clone()
        }
    }

    /// Writes an event.
    ///
    /// # Errors
    /// As [`JournalWriter::write`].
    pub fn write(&self, event: EventKind) -> Result<(), JournalError> {
        self.write_at(event).map(drop)
    }

    /// Writes an event, and says where it stands.
    ///
    /// # Errors
    /// As [`JournalWriter::write`].
    pub fn write_at(&self, event: EventKind) -> Result<Span, JournalError> {
        self.writer.append(self, event)
    }

    /// The writer behind it.
    pub fn writer(&self) -> &JournalWriter {
        &self.writer
    }
}

impl ExchangeSink for JournalScope {
    /// A failure is remembered by the writer, and the run asks it at each step.
    fn record(&self, exchange: Exchange) {
        let _ = self.write(EventKind::Exchange(Box::new(exchange)));
    }
}
