//! Shapes that look at lines: what may differ inside a text whose other lines are all equal.
//!
//! Work and memory grow with the length of the two texts, not with the number of lines that
//! differ: each line is looked at once, by patterns that were compiled when the ledger was read
//! and that cannot backtrack.

use regex::bytes::{Captures, Regex};

use crate::compare::ledger::lines::Lines;
use crate::compare::verdict::Shown;
use crate::scenario::matcher::regex_reason;

/// Lines that are looked at for what a value is near to.
const NEAR_LINES_MAX: usize = 200;

/// Ways to weave two streams that are kept in mind.
const WAYS_MAX: usize = 64;

/// A pattern for one whole line, without its line end.
#[derive(Debug, Clone)]
pub struct LinePattern {
    text: String,
    regex: Regex,
}

/// How lines of both sides go together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineRule {
    /// Groups whose text must be equal on both sides.
    pub same: Vec<String>,
    /// Which lines may stand elsewhere on the other side.
    pub moved: Moved,
}

/// Which lines may stand elsewhere on the other side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Moved {
    /// None.
    #[default]
    None,
    /// Those that match.
    Matching,
    /// Those of standard error, which the side that keeps it apart gives after all others, and the
    /// other one where they were written. Both streams keep their own order.
    Stderr,
}

/// A value, and how many lines at its end are standard error, where that is known.
pub(super) type Tailed<'v> = (&'v Shown, Option<usize>);

impl LinePattern {
    /// Reads a pattern, which must match whole lines.
    ///
    /// # Errors
    /// When it is not a regular expression, or fits the empty line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let told =
            |error: &regex::Error| format!("not a regular expression: {}", regex_reason(error));
        Regex::new(text).map_err(|error| told(&error))?;
        let regex = Regex::new(&format!("\\A(?:{text})\\z")).map_err(|error| told(&error))?;
        if regex.is_match(b"") {
            return Err("fits the empty line, so a line that was lost would pass".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            regex,
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it has a group of this name.
    pub fn has_group(&self, name: &str) -> bool {
        self.regex.capture_names().flatten().any(|had| had == name)
    }

    fn captures<'l>(&self, line: &'l [u8]) -> Option<Captures<'l>> {
        self.regex.captures(trimmed(line))
    }
}

/// Whether every difference of two values lies in lines that match. Without a pattern a side has
/// no such line: what matches on the other side stands there alone.
pub(super) fn fits(
    (first, second): (Option<&LinePattern>, Option<&LinePattern>),
    rule: &LineRule,
    ((a, tail_a), (b, tail_b)): (Tailed<'_>, Tailed<'_>),
) -> bool {
    let (Some(a), Some(b)) = (Lines::of(a), Lines::of(b)) else {
        return false;
    };
    match (first, second) {
        (Some(first), Some(second)) => {
            in_place(first, second, rule, &a, &b)
                || match (rule.moved, tail_a, tail_b) {
                    (Moved::Matching, ..) => moved(first, second, rule, &a, &b),
                    (Moved::Stderr, Some(tail), None) => {
                        let alike = |a: &[u8], b: &[u8]| pair_fits(first, second, rule, a, b);
                        woven(first, &a, tail, &b, alike)
                    }
                    (Moved::Stderr, None, Some(tail)) => {
                        let alike = |b: &[u8], a: &[u8]| pair_fits(first, second, rule, a, b);
                        woven(second, &b, tail, &a, alike)
                    }
                    (Moved::None | Moved::Stderr, ..) => false,
                }
        }
        (Some(first), None) => added(first, &a, &b),
        (None, Some(second)) => added(second, &b, &a),
        (None, None) => false,
    }
}

/// Whether some differing line fits, though others may not.
pub(super) fn is_near(
    (first, second): (&LinePattern, &LinePattern),
    rule: &LineRule,
    (a, b): (&Shown, &Shown),
) -> bool {
    let (Some(a), Some(b)) = (Lines::of(a), Lines::of(b)) else {
        return false;
    };
    let pairs = a.iter().zip(b.iter()).take(NEAR_LINES_MAX);
    pairs
        .filter(|(a, b)| a != b)
        .any(|(a, b)| pair_fits(first, second, rule, a, b))
}

/// Line by line.
fn in_place(
    first: &LinePattern,
    second: &LinePattern,
    rule: &LineRule,
    a: &Lines<'_>,
    b: &Lines<'_>,
) -> bool {
    let (mut left, mut right) = (a.iter(), b.iter());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || pair_fits(first, second, rule, a, b) => {}
            _ => return false,
        }
    }
}

fn pair_fits(
    first: &LinePattern,
    second: &LinePattern,
    rule: &LineRule,
    a: &[u8],
    b: &[u8],
) -> bool {
    let ends_alike = a.ends_with(b"\n") == b.ends_with(b"\n");
    let (Some(left), Some(right)) = (first.captures(a), second.captures(b)) else {
        return false;
    };
    ends_alike && groups(rule, &left) == groups(rule, &right)
}

/// The lines that match taken out: what is left is equal, and each line taken out has a partner
/// with the same groups. A line in which no group of `same` takes part needs none.
fn moved(
    first: &LinePattern,
    second: &LinePattern,
    rule: &LineRule,
    a: &Lines<'_>,
    b: &Lines<'_>,
) -> bool {
    let (kept_a, taken_a) = split(first, rule, a);
    let (kept_b, taken_b) = split(second, rule, b);
    kept_a == kept_b && taken_a == taken_b
}

/// Whether `whole` is the lines of `apart`, of which the last `tail` are a stream of their own: each
/// stream in its order, and some line matches. Two equal lines of both streams leave open which
/// is which, so all ways to weave so far are kept.
fn woven(
    pattern: &LinePattern,
    apart: &Lines<'_>,
    tail: usize,
    whole: &Lines<'_>,
    alike: impl Fn(&[u8], &[u8]) -> bool,
) -> bool {
    let lines: Vec<&[u8]> = apart.iter().collect();
    if !lines.iter().any(|line| pattern.captures(line).is_some()) {
        return false;
    }
    let (out, err) = lines.split_at(lines.len().saturating_sub(tail));
    let same = |line: Option<&&[u8]>, with: &[u8]| {
        line.is_some_and(|line| *line == with || alike(line, with))
    };
    // Lines of `out` that have gone in, one for each way.
    let mut ways = vec![0];
    let mut count = 0;
    for line in whole.iter() {
        let mut next = Vec::new();
        for gone in ways {
            if same(err.get(count - gone), line) {
                next.push(gone);
            }
            if same(out.get(gone), line) {
                next.push(gone + 1);
            }
        }
        next.sort_unstable();
        next.dedup();
        if next.is_empty() || next.len() > WAYS_MAX {
            return false;
        }
        ways = next;
        count += 1;
    }
    count == lines.len()
}

type Groups<'l> = Vec<Option<&'l [u8]>>;

fn split<'l>(
    pattern: &LinePattern,
    rule: &LineRule,
    lines: &'l Lines<'_>,
) -> (Vec<&'l [u8]>, Vec<Groups<'l>>) {
    let (mut kept, mut taken) = (Vec::new(), Vec::new());
    for line in lines.iter() {
        match pattern.captures(line) {
            None => kept.push(line),
            Some(captures) => taken.push(groups(rule, &captures)),
        }
    }
    taken.retain(|groups| groups.iter().any(Option::is_some));
    taken.sort_unstable();
    (kept, taken)
}

/// `more` is `less` and, between its lines, lines that match.
fn added(pattern: &LinePattern, more: &Lines<'_>, less: &Lines<'_>) -> bool {
    let mut rest = less.iter().peekable();
    let mut any = false;
    for line in more.iter() {
        if rest.peek() == Some(&line) {
            rest.next();
        } else if pattern.captures(line).is_some() {
            any = true;
        } else {
            return false;
        }
    }
    any && rest.next().is_none()
}

fn groups<'l>(rule: &LineRule, captures: &Captures<'l>) -> Groups<'l> {
    let text = |name: &String| captures.name(name).map(|found| found.as_bytes());
    rule.same.iter().map(text).collect()
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}
