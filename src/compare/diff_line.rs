//! One line of a difference: escaped, and of a long one the part around what differs.

use cutover_base::side::Side;

use crate::compare::invisible::shown_line;

/// Bytes of one line that are shown.
const LINE_BYTES_MAX: usize = 2000;

/// Bytes kept before what differs when the beginning of a line is left out.
const BEFORE_BYTES: usize = 200;

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

impl From<Side> for DiffSide {
    fn from(side: Side) -> Self {
        match side {
            Side::Source => Self::Source,
            Side::Target => Self::Target,
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// Who has it.
    pub side: DiffSide,
    /// Its text, escaped, with what cannot be seen spelt out; safe for a terminal, not for HTML.
    pub text: String,
    /// The parts of `text` that differ from the line across, as byte ranges; empty when the line
    /// stands alone.
    pub emphasis: Vec<(usize, usize)>,
    /// Characters of the line, as they would be shown, that are left out before `text`.
    pub before: usize,
    /// Whether anything is left out behind `text`.
    pub is_cut: bool,
}

/// The line with its emphasised byte ranges, in order. Of a long line the part that is shown is
/// the one with the first of them.
pub(crate) fn diff_line(side: DiffSide, line: &[u8], emphasis: &[(usize, usize)]) -> DiffLine {
    let first = emphasis.first().map_or(0, |(from, _)| *from);
    let is_far = line.len() > LINE_BYTES_MAX && first + BEFORE_BYTES > LINE_BYTES_MAX;
    let from = if is_far {
        whole_character(line, first.saturating_sub(BEFORE_BYTES))
    } else {
        0
    };
    let to = whole_character(line, (from + LINE_BYTES_MAX).min(line.len()));
    let (mut text, places) = shown_line(&line[from..to]);
    let place = |at: usize| places[at.clamp(from, to) - from];
    let ranges = emphasis.iter().map(|(a, b)| (place(*a), place(*b)));
    let emphasis = ranges.filter(|(a, b)| a < b).collect();
    let is_cut = to < line.len();
    if is_cut {
        text.push_str(" ...");
    }
    let before = match from {
        0 => 0,
        from => shown_line(&line[..from]).0.chars().count(),
    };
    DiffLine {
        side,
        text,
        emphasis,
        before,
        is_cut,
    }
}

/// The part of the first line that is not also at the beginning or the end of the other.
pub(crate) fn apart(line: &[u8], other: &[u8]) -> (usize, usize) {
    let pairs = line.iter().zip(other);
    let head = pairs.take_while(|(a, b)| a == b).count();
    let rest = &line[head..];
    let pairs = rest.iter().rev().zip(other[head..].iter().rev());
    let tail = pairs.take_while(|(a, b)| a == b).count();
    let end = line.len() - tail;
    // A character that differs in its last byte differs as a whole.
    let forward = line[end..]
        .iter()
        .take(3)
        .take_while(|b| is_inner(**b))
        .count();
    (whole_character(line, head), end + forward)
}

/// The place, or the beginning of the character that it cuts.
fn whole_character(line: &[u8], at: usize) -> usize {
    if !line.get(at).is_some_and(|byte| is_inner(*byte)) {
        return at;
    }
    let before = line[..at].iter().rev().take(2);
    let inner = before.take_while(|byte| is_inner(**byte)).count();
    at.saturating_sub(inner + 1)
}

const fn is_inner(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_found_in_whole_characters() {
        for (line, other, wanted) in [
            ("took 12 ms", "took 13 ms", "2"),
            ("aé", "aè", "é"),
            ("aéb", "aèb", "é"),
            ("aa", "aaa", ""),
            ("", "a", ""),
        ] {
            let (a, b) = apart(line.as_bytes(), other.as_bytes());
            assert_eq!(&line[a..b], wanted, "{line} {other}");
        }
        // What is no UTF-8 must not take it out of bounds.
        for (line, other) in [(&b"\x80\x80\x80"[..], &b"\x80\x81\x80"[..]), (b"\x80", b"")] {
            let (a, b) = apart(line, other);
            assert!(a <= b && b <= line.len());
        }
    }

    #[test]
    fn a_long_line_is_shown_around_what_differs_with_how_far_in_that_is() {
        let line = format!("{}X{}\n", "é\t".repeat(5000), "z".repeat(5000));
        let at = line.find('X').unwrap();
        let shown = diff_line(DiffSide::Source, line.as_bytes(), &[(at, at + 1)]);
        let (a, b) = shown.emphasis[0];
        assert_eq!(&shown.text[a..b], "X");
        let kept = shown.text[..a].chars().count();
        assert_eq!(shown.before + kept, "é\\t".chars().count() * 5000);
        assert!(shown.is_cut && shown.text.ends_with("z ..."));
        let short = diff_line(DiffSide::Both, b"ab\n", &[(1, 2)]);
        assert_eq!(
            (short.text.as_str(), short.before, short.is_cut),
            ("ab", 0, false)
        );
    }
}
