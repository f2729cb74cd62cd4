//! Lines that are too long to show: a part of them around what differs.

use std::io::{self, BufRead, BufReader, Read};

use bytes::Bytes;

use crate::compare::diff::DiffSide;
use crate::compare::verdict::Shown;
use crate::report::escape::{NO_FINAL_NEWLINE, visible_part};
use crate::report::lines::Line;

/// Bytes shown before the first byte that differs, and from it on.
const BEFORE_BYTES: u64 = 48;
const AFTER_BYTES: u64 = 80;

/// Characters kept before what differs within a line.
const BEFORE_CHARS: usize = 30;

/// Stands for what is left out before the window of [`window`].
const LEFT_OUT: &str = "... ";

/// How many characters two texts have in common at their beginning.
pub(crate) fn equal_chars(one: &str, other: &str) -> usize {
    one.chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count()
}

/// Values around the first byte in which any differs from the first of them, with how many are
/// equal before it.
///
/// # Errors
/// When captured bytes cannot be read.
pub(crate) fn window(values: &[(DiffSide, &Shown)]) -> io::Result<Vec<Line>> {
    let mut at = None;
    if let Some(((_, first), others)) = values.split_first() {
        for (_, other) in others {
            let here = first_difference(open(first)?, open(other)?)?;
            at = Some(at.map_or(here, |least: u64| least.min(here)));
        }
    }
    let at = at.unwrap_or(0);
    let from = at.saturating_sub(BEFORE_BYTES);
    let mut lines = vec![Line::note(
        DiffSide::Both,
        &format!("the first {at} bytes are equal"),
    )];
    for (who, value) in values {
        let mut reader = open(value)?;
        io::copy(&mut reader.by_ref().take(from), &mut io::sink())?;
        let mut part = Vec::new();
        let max = at - from + AFTER_BYTES;
        reader.take(max).read_to_end(&mut part)?;
        let is_end = (part.len() as u64) < max;
        let before = usize::try_from(at - from).unwrap_or(0);
        lines.extend(part_lines(*who, &part, before, is_end, from > 0));
    }
    Ok(lines)
}

/// The line in which byte `before` of the part lies, and what follows in the part.
fn part_lines(who: DiffSide, part: &[u8], before: usize, is_end: bool, cut: bool) -> Vec<Line> {
    let (head, tail) = part.split_at(before.min(part.len()));
    let newline = head.iter().rposition(|byte| *byte == b'\n');
    let head = &head[newline.map_or(0, |at| at + 1)..];
    // The rest of a character that the window's edge cut is no sign of anything.
    let rest = head
        .iter()
        .take(3)
        .take_while(|byte| (0x80..0xc0).contains(*byte));
    let head = if cut && newline.is_none() {
        &head[rest.count()..]
    } else {
        head
    };
    let mut shown = head.to_vec();
    shown.extend_from_slice(tail);
    if !is_end
        && let Err(error) = str::from_utf8(&shown)
        && error.error_len().is_none()
    {
        shown.truncate(error.valid_up_to());
    }
    let mut text = visible_part(&shown);
    if is_end && shown.last() != Some(&b'\n') {
        text.push_str(NO_FINAL_NEWLINE);
    }
    let dots = if cut && newline.is_none() {
        LEFT_OUT
    } else {
        ""
    };
    let mut lines: Vec<_> = text.lines().map(|line| Line::new(who, line)).collect();
    if let Some(first) = lines.first_mut() {
        first.text.insert_str(0, dots);
    }
    if !is_end && let Some(last) = lines.last_mut() {
        last.text.push_str(" ...");
    }
    lines
}

fn open(value: &Shown) -> io::Result<Box<dyn Read + Send>> {
    match value {
        Shown::Absent => Ok(Box::new(io::empty())),
        Shown::Json(json) => Ok(Box::new(io::Cursor::new(Bytes::from(json.to_string())))),
        Shown::Bytes(blob) => blob.open(),
    }
}

fn first_difference(one: Box<dyn Read + Send>, other: Box<dyn Read + Send>) -> io::Result<u64> {
    let mut one = BufReader::with_capacity(64 * 1024, one);
    let mut other = BufReader::with_capacity(64 * 1024, other);
    let mut at = 0;
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let len = left.len().min(right.len());
        if let Some(index) = left.iter().zip(right).position(|(a, b)| a != b) {
            return Ok(at + index as u64);
        }
        if len == 0 {
            return Ok(at);
        }
        one.consume(len);
        other.consume(len);
        at += len as u64;
    }
}

/// The line, cut to `max` characters around what differs in it, with how far in that is. `before`
/// characters are left out already.
pub(crate) fn narrow(line: Line, before: usize, max: usize) -> Line {
    if before == 0 && line.text.chars().count() <= max {
        return line;
    }
    let first = line.emphasis.first().map_or(0, |(from, _)| *from);
    let chars_before = line
        .text
        .char_indices()
        .filter(|(at, _)| *at < first)
        .count();
    let skip = if chars_before + BEFORE_CHARS > max {
        chars_before - BEFORE_CHARS
    } else {
        0
    };
    let mut places = line.text.char_indices().map(|(at, _)| at).skip(skip);
    let from = places.next().unwrap_or(0);
    let to = places.nth(max.saturating_sub(1)).unwrap_or(line.text.len());
    let before = match before + skip {
        0 => String::new(),
        count => format!("⟨{count} characters before⟩"),
    };
    let after = if to < line.text.len() { " ..." } else { "" };
    let shifted = |at: usize| at.clamp(from, to) - from + before.len();
    let emphasis = line
        .emphasis
        .iter()
        .map(|(a, b)| (shifted(*a), shifted(*b)));
    Line {
        who: line.who,
        emphasis: emphasis.filter(|(a, b)| a < b).collect(),
        text: format!("{before}{}{after}", &line.text[from..to]),
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::blob::Blob;

    use super::*;

    fn texts(source: &str, target: &str) -> Vec<String> {
        let shown = |text: &str| Shown::Bytes(Blob::from_bytes(text.to_owned()));
        let (source, target) = (shown(source), shown(target));
        let values = [(DiffSide::Source, &source), (DiffSide::Target, &target)];
        let lines = window(&values).unwrap();
        lines.iter().map(Line::labelled).collect()
    }

    #[test]
    fn a_long_line_is_shown_where_it_differs() {
        let same = "ä".repeat(100_000);
        let shown = "ä".repeat(24);
        assert_eq!(
            texts(&format!("{same}id\n"), &format!("{same}\n")),
            [
                "both   | ... the first 200000 bytes are equal".to_owned(),
                format!("source | ... {shown}id"),
                format!("target | ... {shown}"),
            ]
        );
        assert_eq!(
            texts("a\nb", "a\nc\n"),
            [
                "both   | ... the first 2 bytes are equal",
                "source | b⟨no newline at the end⟩",
                "target | c"
            ]
        );
    }

    #[test]
    fn a_line_is_narrowed_around_its_emphasis() {
        let line = |text: String, emphasis| Line {
            who: DiffSide::Source,
            text,
            emphasis,
        };
        let long = format!("{}X{}", "é".repeat(300), "b".repeat(300));
        let cut = narrow(line(long, vec![(600, 601)]), 0, 100);
        assert!(
            cut.text.starts_with("⟨270 characters before⟩é") && cut.text.ends_with("b ..."),
            "{}",
            cut.text
        );
        let (a, b) = cut.emphasis[0];
        assert_eq!(&cut.text[a..b], "X");
        assert_eq!(
            cut.text.chars().count(),
            "⟨270 characters before⟩".chars().count() + 104
        );
        let more = narrow(line("xX".to_owned(), vec![(1, 2)]), 5000, 100);
        assert_eq!(more.text, "⟨5000 characters before⟩xX");
        let short = line("short".to_owned(), vec![(0, 5)]);
        assert_eq!(narrow(short.clone(), 0, 5), short);
    }
}
