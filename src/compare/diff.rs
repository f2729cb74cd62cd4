//! Differences for showing: lines with what surrounds them, bounded in time and size.

use std::io::{self, Read};
use std::time::Duration;

use bytes::Bytes;
use cutover_base::blob::Blob;
use similar::{ChangeTag, TextDiff};

use crate::compare::invisible::shown_line;
use crate::compare::verdict::Shown;

/// How long a diff may take; afterwards it is coarser and still right.
const DEADLINE: Duration = Duration::from_secs(2);

/// Values up to this are diffed whole; of larger ones a window around the first difference.
const WHOLE_BYTES_MAX: u64 = 1024 * 1024;

/// Bytes of the window before and behind the first difference: some hundred lines.
const WINDOW_BYTES: u64 = 16 * 1024;

/// Unchanged lines kept around a change.
const CONTEXT_LINES: usize = 3;

/// Lines that are shown; the whole value lies in its blob.
const LINES_MAX: usize = 400;

/// Bytes of one line that are shown.
const LINE_BYTES_MAX: usize = 2000;

/// Lines longer than this are not compared within themselves (`crates.md`: a pair of 20 MB lines
/// takes half a second).
const INLINE_BYTES_MAX: usize = 10 * 1024;

/// Bytes per line of a value that is not text.
const HEX_BYTES: usize = 16;

/// Who has a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffSide {
    /// Both.
    Both,
    /// The source alone.
    Source,
    /// The target alone.
    Target,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// Who has it.
    pub side: DiffSide,
    /// Its text, escaped, with what cannot be seen spelt out; safe for a terminal, not for HTML.
    pub text: String,
    /// The parts of `text` that differ from the line across, as byte ranges; empty when the line
    /// stands alone or is too long for it.
    pub emphasis: Vec<(usize, usize)>,
}

/// A difference to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiffText {
    /// The lines around what changed.
    pub lines: Vec<DiffLine>,
    /// Whether anything was left out but unchanged lines.
    pub truncated: bool,
}

/// The difference of two values, source first. A spilled value is read from its file; one that
/// cannot be read is shown as such.
pub fn explain(source: &Shown, target: &Shown) -> DiffText {
    let (left, right) = match (loaded(source), loaded(target)) {
        (Loaded::Small(left), Loaded::Small(right)) => (left, right),
        (left, right) => return large(&left, &right),
    };
    diff(&left, &right, false)
}

/// A value's bytes, or where they are.
enum Loaded<'v> {
    Small(Bytes),
    Large(&'v Blob),
}

fn loaded(value: &Shown) -> Loaded<'_> {
    match value {
        Shown::Absent => Loaded::Small(Bytes::from_static(b"(absent)")),
        Shown::Json(serde_json::Value::String(text)) => Loaded::Small(Bytes::from(text.clone())),
        Shown::Json(json) => {
            let text = serde_json::to_string_pretty(json).unwrap_or_else(|error| error.to_string());
            Loaded::Small(Bytes::from(text))
        }
        Shown::Bytes(blob) if blob.len > WHOLE_BYTES_MAX => Loaded::Large(blob),
        Shown::Bytes(blob) => {
            let max = usize::try_from(WHOLE_BYTES_MAX).unwrap_or(usize::MAX);
            Loaded::Small(blob.head(max).unwrap_or_else(|error| unreadable(&error)))
        }
    }
}

fn unreadable(error: &io::Error) -> Bytes {
    Bytes::from(format!("(the captured bytes cannot be read: {error})"))
}

/// Both values in a window around the first byte that differs.
fn large(left: &Loaded<'_>, right: &Loaded<'_>) -> DiffText {
    let window = || -> io::Result<(Bytes, Bytes)> {
        let at = first_difference(open(left)?, open(right)?)?;
        let from = at.saturating_sub(WINDOW_BYTES);
        Ok((part(open(left)?, from)?, part(open(right)?, from)?))
    };
    match window() {
        Ok((left, right)) => diff(&left, &right, true),
        Err(error) => diff(&unreadable(&error), &unreadable(&error), true),
    }
}

fn open(value: &Loaded<'_>) -> io::Result<Box<dyn Read + Send>> {
    match value {
        Loaded::Small(bytes) => Ok(Box::new(io::Cursor::new(bytes.clone()))),
        Loaded::Large(blob) => blob.open(),
    }
}

fn first_difference(left: Box<dyn Read + Send>, right: Box<dyn Read + Send>) -> io::Result<u64> {
    let mut left = io::BufReader::with_capacity(64 * 1024, left);
    let mut right = io::BufReader::with_capacity(64 * 1024, right);
    let mut at = 0;
    loop {
        let (one, other) = (
            io::BufRead::fill_buf(&mut left)?,
            io::BufRead::fill_buf(&mut right)?,
        );
        let len = one.len().min(other.len());
        if let Some(index) = one.iter().zip(other).position(|(a, b)| a != b) {
            return Ok(at + index as u64);
        }
        if len == 0 {
            return Ok(at);
        }
        io::BufRead::consume(&mut left, len);
        io::BufRead::consume(&mut right, len);
        at += len as u64;
    }
}

fn part(mut from: Box<dyn Read + Send>, skip: u64) -> io::Result<Bytes> {
    io::copy(&mut from.by_ref().take(skip), &mut io::sink())?;
    let mut out = Vec::new();
    from.take(WINDOW_BYTES * 2).read_to_end(&mut out)?;
    Ok(Bytes::from(out))
}

fn diff(left: &[u8], right: &[u8], truncated: bool) -> DiffText {
    if is_binary(left) || is_binary(right) {
        let (left, right) = (hex_lines(left), hex_lines(right));
        return lines(&left, &right, truncated, false);
    }
    let mut text = lines(left, right, truncated, true);
    if !truncated {
        mark_missing_newline(&mut text, left, right);
    }
    text
}

fn is_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(8192)];
    if head.contains(&0) {
        return true;
    }
    // A character that is cut at the end of the head is no sign of anything.
    let invalid = head
        .utf8_chunks()
        .map(|chunk| chunk.invalid().len())
        .sum::<usize>();
    invalid > 3 && invalid * 10 > head.len()
}

fn hex_lines(bytes: &[u8]) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut out = String::new();
    for (row, chunk) in bytes.chunks(HEX_BYTES).enumerate() {
        let _ = write!(out, "{:08x} ", row * HEX_BYTES);
        for byte in chunk {
            let _ = write!(out, " {byte:02x}");
        }
        out.push_str("  ");
        out.extend(chunk.iter().map(|byte| match byte {
            0x20..=0x7e => char::from(*byte),
            _ => '.',
        }));
        out.push('\n');
    }
    out.into_bytes()
}

fn lines(left: &[u8], right: &[u8], truncated: bool, inline: bool) -> DiffText {
    let diff = TextDiff::configure()
        .timeout(DEADLINE)
        .diff_lines(left, right);
    let short = |bytes: &[u8]| {
        bytes
            .split(|b| *b == b'\n')
            .all(|line| line.len() < INLINE_BYTES_MAX)
    };
    let inline = inline && short(left) && short(right);
    let deadline = std::time::Instant::now() + DEADLINE;
    let mut text = DiffText {
        lines: Vec::new(),
        truncated,
    };
    // Both ends of a window are cut anywhere, so only its first change means something.
    let groups = if truncated { 1 } else { usize::MAX };
    for group in diff.grouped_ops(CONTEXT_LINES).into_iter().take(groups) {
        for op in &group {
            if text.lines.len() >= LINES_MAX {
                text.truncated = true;
                return text;
            }
            if inline {
                for change in diff.iter_inline_changes_deadline(op, Some(deadline)) {
                    let parts: Vec<(bool, Vec<u8>)> = change
                        .values()
                        .iter()
                        .map(|(marked, part)| (*marked, part.to_vec()))
                        .collect();
                    push(&mut text, change.tag(), &parts);
                }
            } else {
                for change in diff.iter_changes(op) {
                    push(&mut text, change.tag(), &[(false, change.value().to_vec())]);
                }
            }
        }
    }
    text
}

fn push(text: &mut DiffText, tag: ChangeTag, parts: &[(bool, Vec<u8>)]) {
    if text.lines.len() >= LINES_MAX {
        text.truncated = true;
        return;
    }
    let side = match tag {
        ChangeTag::Equal => DiffSide::Both,
        ChangeTag::Delete => DiffSide::Source,
        ChangeTag::Insert => DiffSide::Target,
    };
    let line: Vec<u8> = parts.iter().flat_map(|(_, part)| part).copied().collect();
    let cut = line.len().min(LINE_BYTES_MAX);
    let (mut shown, places) = shown_line(&line[..cut]);
    let mut emphasis = Vec::new();
    let mut at = 0;
    for (marked, part) in parts {
        let (from, to) = (at.min(cut), (at + part.len()).min(cut));
        at += part.len();
        if *marked && places[from] < places[to] {
            emphasis.push((places[from], places[to]));
        }
    }
    if cut < line.len() {
        shown.push_str(" ...");
        text.truncated = true;
    }
    text.lines.push(DiffLine {
        side,
        text: shown,
        emphasis,
    });
}

/// The last line of a side that does not end in a newline says so, when the other side's does.
fn mark_missing_newline(text: &mut DiffText, left: &[u8], right: &[u8]) {
    let ends = |bytes: &[u8]| bytes.is_empty() || bytes.last() == Some(&b'\n');
    let sides = [
        (DiffSide::Source, left, right),
        (DiffSide::Target, right, left),
    ];
    for (side, mine, other) in sides {
        if ends(mine) || !ends(other) {
            continue;
        }
        if let Some(line) = text.lines.iter_mut().rev().find(|line| line.side == side) {
            line.text.push_str(" (no newline at the end)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: impl Into<Bytes>) -> Shown {
        Shown::Bytes(Blob::from_bytes(text))
    }

    fn check(source: &Shown, target: &Shown, wanted: &[&str]) {
        let got: Vec<String> = explain(source, target)
            .lines
            .iter()
            .map(|line| {
                let sign = match line.side {
                    DiffSide::Both => ' ',
                    DiffSide::Source => '-',
                    DiffSide::Target => '+',
                };
                format!("{sign}{}", line.text)
            })
            .collect();
        assert_eq!(got, wanted);
    }

    #[test]
    fn changed_lines_are_shown_with_what_surrounds_them() {
        check(
            &bytes("o1\no2\ne1\n"),
            &bytes("o1\ne1\no2\n"),
            &[" o1", "+e1", " o2", "-e1"],
        );
        check(
            &bytes("a\n"),
            &bytes("a"),
            &["-a", "+a (no newline at the end)"],
        );
        check(&bytes("a \n"), &bytes("a\t\n"), &["-a·", "+a\\t"]);
        check(&Shown::Absent, &Shown::Json(3.into()), &["-(absent)", "+3"]);
    }

    #[test]
    fn what_differs_within_a_line_is_marked() {
        let text = explain(&bytes("exit code 3 here\n"), &bytes("exit code 7 here\n"));
        let line = &text.lines[0];
        let marked: Vec<&str> = line
            .emphasis
            .iter()
            .map(|(a, b)| &line.text[*a..*b])
            .collect();
        assert_eq!(marked, ["3"]);
        let long = |end: &str| bytes(format!("{}{end}\n", "x".repeat(20_000)));
        let text = explain(&long("a"), &long("b"));
        assert!(text.truncated && text.lines.iter().all(|line| line.emphasis.is_empty()));
    }

    #[test]
    fn binary_is_shown_as_hex() {
        check(
            &bytes(&b"\x00\x01ab"[..]),
            &bytes(&b"\x00\x02ab"[..]),
            &[
                "-00000000  00 01 61 62  ..ab",
                "+00000000  00 02 61 62  ..ab",
            ],
        );
    }

    #[test]
    fn a_large_pair_is_shown_around_its_first_difference() {
        let file = |text: String| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &text).unwrap();
            let blob = Blob::from_file(file.path().to_owned(), text.len() as u64, "x".into());
            (file, Shown::Bytes(blob))
        };
        let same = "a line that is the same\n".repeat(200_000);
        let (_one, source) = file(format!("{same}here\n{same}"));
        let (_other, target) = file(format!("{same}there\n{same}"));
        let text = explain(&source, &target);
        assert!(text.truncated);
        let changed: Vec<&str> = text
            .lines
            .iter()
            .filter(|line| line.side != DiffSide::Both)
            .map(|line| line.text.as_str())
            .collect();
        assert_eq!(changed, ["here", "there"]);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let gone = Shown::Bytes(Blob::from_file("/nonexistent".into(), 70_000, "x".into()));
        let text = explain(&gone, &bytes("a"));
        assert!(text.lines[0].text.contains("cannot be read"), "{text:?}");
    }
}
