//! Reading a journal back, line by line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::transcript::event::{Event, JOURNAL_FORMAT};
use crate::transcript::folder::JOURNAL_FILE;
use crate::transcript::line::{FormatLine, JournalError, LINE_BYTES_MAX};
use crate::transcript::rebuild::Rebuild;
use crate::transcript::stored::StoredRun;

/// The keys under which this version knows events; any other is of a later version and skipped.
const KNOWN_EVENTS: [&str; 12] = [
    "run_started",
    "case_planned",
    "create_intent",
    "created",
    "destroyed",
    "leaked",
    "exchange",
    "step",
    "side_ended",
    "case_skipped",
    "case_verdict",
    "run_ended",
];

/// Reads the journal of a run folder. A torn last line (a run that was killed) is left out;
/// events of later versions are skipped. Exchanges are counted, not kept.
///
/// # Errors
/// When there is no journal, it is of a newer major version, or a line before the last makes no
/// sense: an answer must not rest on half the evidence.
pub fn read_journal(dir: &Path) -> Result<StoredRun, JournalError> {
    read(dir, Strictness::Strict)
}

/// As [`read_journal`], but leaves out lines that make no sense and lists them in
/// [`StoredRun::damaged`]: for `reap`, which must find sandboxes whatever happened to the file.
///
/// # Errors
/// When there is no journal, it is of a newer major version, or the run's start is not in it.
pub fn read_journal_lenient(dir: &Path) -> Result<StoredRun, JournalError> {
    read(dir, Strictness::Lenient)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Strict,
    Lenient,
}

fn read(dir: &Path, strictness: Strictness) -> Result<StoredRun, JournalError> {
    let path = dir.join(JOURNAL_FILE);
    let mut lines = Lines::open(path.clone())?;
    let mut rebuild = Rebuild::new(dir.to_owned());
    while let Some(line) = lines.next()? {
        let taken = match parse(&line, &path) {
            Ok(Parsed::Event(event)) => rebuild.take(*event).map_err(|error| error.to_string()),
            Ok(Parsed::Format | Parsed::Unknown) => Ok(()),
            Err(ParseError::Refused(error)) => return Err(error),
            Err(ParseError::Damaged(message)) => Err(message),
        };
        match (taken, strictness) {
            (Ok(()), _) => {}
            (Err(_), Strictness::Lenient) => rebuild.damaged(lines.number),
            (Err(message), Strictness::Strict) => {
                return Err(JournalError::Damaged {
                    path,
                    line: lines.number,
                    message,
                });
            }
        }
    }
    rebuild.finish().ok_or(JournalError::Format {
        path,
        message: "it ends before the run began".to_owned(),
    })
}

/// Where a journal ends.
pub(crate) struct End {
    /// Bytes up to the end of the last whole line.
    pub whole_bytes: u64,
    /// The number of the last event.
    pub last_seq: u64,
}

/// Finds the end of a journal, to go on there.
pub(crate) fn find_end(path: &Path) -> Result<End, JournalError> {
    let mut lines = Lines::open(path.to_owned())?;
    let mut last_seq = 0;
    while let Some(line) = lines.next()? {
        #[derive(Deserialize)]
        struct Numbered {
            seq: u64,
        }
        if let Ok(event) = serde_json::from_slice::<Numbered>(&line) {
            last_seq = event.seq;
        }
    }
    Ok(End {
        whole_bytes: lines.whole_bytes,
        last_seq,
    })
}

/// Whole lines of a journal, one in memory at a time. The first is its format line, checked.
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    number: u64,
    whole_bytes: u64,
}

impl Lines {
    fn open(path: PathBuf) -> Result<Self, JournalError> {
        let file = File::open(&path).map_err(|error| JournalError::Read {
            path: path.clone(),
            message: error.to_string(),
        })?;
        let mut lines = Self {
            path,
            reader: BufReader::with_capacity(1 << 16, file),
            number: 0,
            whole_bytes: 0,
        };
        let first = lines.next()?.unwrap_or_default();
        let message = match check_format(&first) {
            Some(Ok(())) => return Ok(lines),
            Some(Err(message)) => message,
            None => "line 1 names no format".to_owned(),
        };
        Err(JournalError::Format {
            path: lines.path,
            message,
        })
    }

    /// The next line with its end cut off; `None` at the end, and for a last line without one.
    fn next(&mut self) -> Result<Option<Vec<u8>>, JournalError> {
        let mut line = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut line);
        let read = read.map_err(|error| JournalError::Read {
            path: self.path.clone(),
            message: error.to_string(),
        })?;
        self.number += 1;
        if line.pop() == Some(b'\n') {
            self.whole_bytes += read as u64;
            return Ok(Some(line));
        }
        if read as u64 == limit {
            return Err(JournalError::Damaged {
                path: self.path.clone(),
                line: self.number,
                message: format!("a line of over {LINE_BYTES_MAX} bytes"),
            });
        }
        Ok(None)
    }
}

enum Parsed {
    Event(Box<Event>),
    Format,
    Unknown,
}

enum ParseError {
    Refused(JournalError),
    Damaged(String),
}

fn parse(line: &[u8], path: &Path) -> Result<Parsed, ParseError> {
    let error = match serde_json::from_slice::<Event>(line) {
        Ok(event) => return Ok(Parsed::Event(Box::new(event))),
        Err(error) => error,
    };
    // Merged journals have format lines in their middle.
    match check_format(line) {
        Some(Ok(())) => return Ok(Parsed::Format),
        Some(Err(message)) => {
            return Err(ParseError::Refused(JournalError::Format {
                path: path.to_owned(),
                message,
            }));
        }
        None => {}
    }
    if is_unknown_event(line) {
        return Ok(Parsed::Unknown);
    }
    Err(ParseError::Damaged(error.to_string()))
}

/// Whether a format line is one this version reads; `None` if the line is none.
fn check_format(line: &[u8]) -> Option<Result<(), String>> {
    let format = serde_json::from_slice::<FormatLine>(line).ok()?.format;
    let known = JOURNAL_FORMAT.split_once('/');
    let found = format.split_once('/');
    let same_name = known.map(|(name, _)| name) == found.map(|(name, _)| name);
    let major = |version: Option<(&str, &str)>| {
        let (_, version) = version?;
        let (major, _) = version.split_once('.').unwrap_or((version, ""));
        major.parse::<u32>().ok()
    };
    Some(match (same_name, major(found), major(known)) {
        (true, Some(found), Some(known)) if found <= known => Ok(()),
        (true, Some(_), _) => Err(format!(
            "its format is `{format:.80}`, newer than `{JOURNAL_FORMAT}`; use a newer cutover"
        )),
        _ => Err(format!(
            "its format is `{format:.80}`, not `{JOURNAL_FORMAT}`"
        )),
    })
}

/// Whether a line is an event under a key that this version does not know.
fn is_unknown_event(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    struct Envelope {
        #[serde(rename = "seq")]
        _seq: u64,
        event: Key,
    }
    // An event without content is its bare name, one with content a mapping of one key.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Key {
        Bare(String),
        Content(indexmap::IndexMap<String, IgnoredAny>),
    }
    let name = match serde_json::from_slice::<Envelope>(line) {
        Ok(Envelope {
            event: Key::Bare(name),
            ..
        }) => name,
        Ok(Envelope {
            event: Key::Content(map),
            ..
        }) if map.len() == 1 => map.into_keys().next().unwrap_or_default(),
        _ => return false,
    };
    !KNOWN_EVENTS.contains(&name.as_str())
}
