//! Reading a journal back, line by line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::transcript::event::{Event, JOURNAL_FORMAT};
use crate::transcript::folder::JOURNAL_FILE;
use crate::transcript::line::{FormatLine, JournalError, LINE_BYTES_MAX, Span};
use crate::transcript::rebuild::Rebuild;
use crate::transcript::stored::StoredRun;

/// The keys under which this version knows events; any other is of a later version and skipped.
const KNOWN_EVENTS: [&str; 14] = [
    "run_started",
    "run_planned",
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
    "secret_found",
];

/// Reads the journal of a run folder. What follows its last whole line is left out: a run that was
/// killed, or a machine that lost its power, could not finish it. Events of later versions are
/// skipped. Exchanges are counted, not kept.
///
/// # Errors
/// When there is no journal, it is of a newer major version, or a line before the last whole one
/// makes no sense: an answer must not rest on half the evidence.
pub fn read_journal(dir: &Path) -> Result<StoredRun, JournalError> {
    read(dir, Strictness::Strict)
}

/// As [`read_journal`], but leaves out every line that makes no sense: for `reap`, which must find
/// sandboxes whatever happened to the file.
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
    let mut rebuild = Rebuild::new(dir.to_owned());
    let end = walk(&path, strictness, |event, line| {
        rebuild.take(event, line).map_err(|error| error.to_string())
    })?;
    for line in end.left_out {
        rebuild.damaged(line);
    }
    rebuild.finish().ok_or(JournalError::Format {
        path,
        message: "it ends before the run began: nothing was created; run it anew".to_owned(),
    })
}

/// Where a journal ends.
pub(crate) struct End {
    /// Bytes up to the end of the last whole line.
    pub whole_bytes: u64,
    /// The number of the last event.
    pub last_seq: u64,
    /// Lines that make no sense.
    left_out: Vec<u64>,
}

/// Finds the end of a journal, to go on there.
pub(crate) fn find_end(path: &Path) -> Result<End, JournalError> {
    walk(path, Strictness::Strict, |_, _| Ok(()))
}

/// Gives every event to `take`. Strictly read, lines that make no sense may only follow the last
/// whole one.
fn walk(
    path: &Path,
    strictness: Strictness,
    mut take: impl FnMut(Event, Span) -> Result<(), String>,
) -> Result<End, JournalError> {
    let mut lines = Lines::open(path.to_owned())?;
    let mut end = End {
        whole_bytes: lines.bytes,
        last_seq: 0,
        left_out: Vec::new(),
    };
    let mut broken: Option<(u64, String)> = None;
    let damaged = |(line, message)| JournalError::Damaged {
        path: path.to_owned(),
        line,
        message,
    };
    loop {
        let start = lines.bytes;
        let Some(line) = lines.next()? else {
            return Ok(end);
        };
        let span = Span {
            start,
            len: usize::try_from(lines.bytes - start).unwrap_or(usize::MAX),
        };
        let parsed = line.and_then(|line| parse(&line, path));
        let seq = match parsed {
            Ok(Parsed::Event(event)) => {
                let seq = event.seq;
                // Whole, but not what a journal holds: no cut makes such a line.
                match (take(*event, span), strictness) {
                    (Err(why), Strictness::Strict) => return Err(damaged((lines.number, why))),
                    (Err(_), Strictness::Lenient) => end.left_out.push(lines.number),
                    (Ok(()), _) => {}
                }
                Some(seq)
            }
            Ok(Parsed::Unknown(seq)) => Some(seq),
            Ok(Parsed::Format) => None,
            Err(ParseError::Refused(error)) => return Err(error),
            Err(ParseError::Damaged(why)) => {
                end.left_out.push(lines.number);
                broken.get_or_insert((lines.number, why));
                continue;
            }
        };
        if let (Some((line, why)), Strictness::Strict) = (broken.take(), strictness) {
            let why = format!("{why}; whole lines follow, so it is no cut end: run it anew");
            return Err(damaged((line, why)));
        }
        end.whole_bytes = lines.bytes;
        end.last_seq = seq.unwrap_or(end.last_seq);
    }
}

/// Lines of a journal that have an end, one in memory at a time. The first is its format line,
/// checked.
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    number: u64,
    /// Read so far.
    bytes: u64,
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
            bytes: 0,
        };
        let message = match lines.next()? {
            None => "it ends in its first line: nothing was created; run it anew".to_owned(),
            Some(first) => match first.ok().and_then(|first| check_format(&first)) {
                Some(Ok(())) => return Ok(lines),
                Some(Err(message)) => message,
                None => "line 1 names no format".to_owned(),
            },
        };
        Err(JournalError::Format {
            path: lines.path,
            message,
        })
    }

    /// The next line with its end cut off, or what is wrong with it; `None` at the end, and for a
    /// last line without one.
    fn next(&mut self) -> Result<Option<Result<Vec<u8>, ParseError>>, JournalError> {
        let mut line = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let unread = |error: std::io::Error| JournalError::Read {
            path: self.path.clone(),
            message: error.to_string(),
        };
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut line);
        let mut read = read.map_err(unread)? as u64;
        self.number += 1;
        let line = if line.pop() == Some(b'\n') {
            Ok(line)
        } else if read == limit {
            let rest = self.reader.skip_until(b'\n').map_err(unread)?;
            read += rest as u64;
            if rest == 0 {
                return Ok(None);
            }
            let why = format!("a line of over {LINE_BYTES_MAX} bytes");
            Err(ParseError::Damaged(why))
        } else {
            return Ok(None);
        };
        self.bytes += read;
        Ok(Some(line))
    }
}

enum Parsed {
    Event(Box<Event>),
    Format,
    Unknown(u64),
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
    if let Some(seq) = unknown_event(line) {
        return Ok(Parsed::Unknown(seq));
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

/// The number of an event under a key that this version does not know.
fn unknown_event(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Envelope {
        seq: u64,
        event: Key,
    }
    // An event without content is its bare name, one with content a mapping of one key.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Key {
        Bare(String),
        Content(indexmap::IndexMap<String, IgnoredAny>),
    }
    let Envelope { seq, event } = serde_json::from_slice(line).ok()?;
    let name = match event {
        Key::Bare(name) => name,
        Key::Content(map) if map.len() == 1 => map.into_keys().next().unwrap_or_default(),
        Key::Content(_) => return None,
    };
    (!KNOWN_EVENTS.contains(&name.as_str())).then_some(seq)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::transcript::event::EventKind;

    /// Whoever reads a key that is written but not in the list skips evidence without a word. The
    /// type itself names its keys, where it refuses another.
    #[test]
    fn every_event_that_is_written_is_known() {
        let refused = serde_json::from_value::<EventKind>(json!("no_such_event"));
        let refused = refused.unwrap_err().to_string();
        let (_, expected) = refused.split_once("expected one of ").unwrap();
        let written: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        let (mut written, mut known) = (written, KNOWN_EVENTS.to_vec());
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known);
    }
}
