//! Differences for showing: lines with what surrounds them, bounded in time and size.

use std::io::{self, Read};
use std::time::Duration;

use bytes::Bytes;
use cutover_base::blob::Blob;
use similar::{Change, ChangeTag, DiffOp, TextDiff};

pub use crate::compare::diff_line::{DiffLine, DiffSide};
use crate::compare::diff_line::{apart, diff_line};
use crate::compare::verdict::Shown;

/// How long a diff may take; afterwards it is coarser and still right.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// Values up to this are diffed whole; of larger ones a window around the first difference.
const WHOLE_BYTES_MAX: u64 = 1024 * 1024;

/// Bytes of the window before and behind the first difference: some hundred lines.
const WINDOW_BYTES: u64 = 16 * 1024;

/// Unchanged lines kept around a change.
pub(crate) const CONTEXT_LINES: usize = 3;

/// Lines that are shown; the whole value lies in its blob.
pub(crate) const LINES_MAX: usize = 400;

/// Lines longer than this are not compared within themselves: a pair of 20 MB lines takes half a
/// second.
const INLINE_BYTES_MAX: usize = 10 * 1024;

/// Bytes per line of a value that is not text.
const HEX_BYTES: usize = 16;

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

/// The value as text, no more than a diff takes whole, and whether there is more of it.
pub(crate) fn head(value: &Shown) -> (Bytes, bool) {
    match loaded(value) {
        Loaded::Small(bytes) => (bytes, false),
        Loaded::Large(blob) => {
            let max = usize::try_from(WHOLE_BYTES_MAX).unwrap_or(usize::MAX);
            let head = blob.head(max).unwrap_or_else(|error| unreadable(&error));
            (head, true)
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

pub(crate) fn is_binary(bytes: &[u8]) -> bool {
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
                    let mut line = Vec::new();
                    let mut emphasis = Vec::new();
                    for (marked, part) in change.values() {
                        if *marked {
                            emphasis.push((line.len(), line.len() + part.len()));
                        }
                        line.extend_from_slice(part);
                    }
                    push(&mut text, change.tag(), &line, &emphasis);
                }
            } else {
                for change in diff.iter_changes(op) {
                    let across = across(&diff, op, &change);
                    let apart = across.map(|other| apart(change.value(), other));
                    push(&mut text, change.tag(), change.value(), apart.as_slice());
                }
            }
        }
    }
    text
}

/// The line that stands across a replaced one.
fn across<'d>(
    diff: &'d TextDiff<'_, '_, [u8]>,
    op: &DiffOp,
    change: &Change<&[u8]>,
) -> Option<&'d [u8]> {
    let DiffOp::Replace {
        old_index,
        old_len,
        new_index,
        new_len,
    } = *op
    else {
        return None;
    };
    match change.tag() {
        ChangeTag::Delete => {
            let nth = change.old_index()? - old_index;
            let other = (nth < new_len).then_some(new_index + nth)?;
            diff.new_slice(other)
        }
        ChangeTag::Insert => {
            let nth = change.new_index()? - new_index;
            let other = (nth < old_len).then_some(old_index + nth)?;
            diff.old_slice(other)
        }
        ChangeTag::Equal => None,
    }
}

fn push(text: &mut DiffText, tag: ChangeTag, line: &[u8], emphasis: &[(usize, usize)]) {
    if text.lines.len() >= LINES_MAX {
        text.truncated = true;
        return;
    }
    let side = match tag {
        ChangeTag::Equal => DiffSide::Both,
        ChangeTag::Delete => DiffSide::Source,
        ChangeTag::Insert => DiffSide::Target,
    };
    let line = diff_line(side, line, emphasis);
    text.truncated |= line.is_cut;
    text.lines.push(line);
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
