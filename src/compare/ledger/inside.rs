//! Shapes that look at lines: what may differ inside a text whose other lines are all equal.
//!
//! Work and memory grow with the length of the two texts, not with the number of lines that
//! differ: each line is looked at once, by patterns that were compiled when the ledger was read
//! and that cannot backtrack.

use std::borrow::Cow;
use std::io::Read;

use cutover_base::blob::Blob;
use regex::bytes::{Captures, Regex};
use serde_json::Value;

use crate::compare::verdict::Shown;
use crate::scenario::matcher::regex_reason;

/// Longer values are compared, but no wide shape is tried on them.
pub(crate) const WIDE_BYTES_MAX: u64 = 1 << 20;

/// Lines that are looked at for what a value is near to.
const NEAR_LINES_MAX: usize = 200;

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
    /// Whether lines that match may stand elsewhere on the other side.
    pub moved: bool,
}

/// A text or a list as lines; each keeps its line end, so that a lost one is a difference.
#[derive(Debug)]
pub(super) struct Lines<'v> {
    text: Cow<'v, [u8]>,
    /// Of a list: where each element ends. Of a text: nothing, its line ends say it.
    ends: Option<Vec<usize>>,
}

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
    (a, b): (&Shown, &Shown),
) -> bool {
    let (Some(a), Some(b)) = (Lines::of(a), Lines::of(b)) else {
        return false;
    };
    match (first, second) {
        (Some(first), Some(second)) => {
            in_place(first, second, rule, &a, &b)
                || (rule.moved && moved(first, second, rule, &a, &b))
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

impl<'v> Lines<'v> {
    /// `None` for what is too long, or cannot be read. What is absent has no lines; each element
    /// of a list is one, as compact JSON.
    fn of(value: &'v Shown) -> Option<Self> {
        let text = |text| Self { text, ends: None };
        match value {
            Shown::Absent => Some(text(Cow::Borrowed(b""))),
            Shown::Bytes(blob) => bytes(blob).map(text),
            Shown::Json(Value::String(said)) => Some(text(Cow::Borrowed(said.as_bytes()))),
            Shown::Json(Value::Array(items)) => {
                let (mut all, mut ends) = (Vec::new(), Vec::new());
                for item in items {
                    serde_json::to_writer(&mut all, item).ok()?;
                    ends.push(all.len());
                }
                Some(Self {
                    text: Cow::Owned(all),
                    ends: Some(ends),
                })
            }
            Shown::Json(other) => Some(text(Cow::Owned(other.to_string().into_bytes()))),
        }
        .filter(|lines| lines.text.len() as u64 <= WIDE_BYTES_MAX)
    }

    fn iter(&self) -> Box<dyn Iterator<Item = &[u8]> + '_> {
        match &self.ends {
            None => Box::new(self.text.split_inclusive(|byte| *byte == b'\n')),
            Some(ends) => {
                let mut from = 0;
                Box::new(ends.iter().map(move |end| {
                    let line = &self.text[from..*end];
                    from = *end;
                    line
                }))
            }
        }
    }
}

fn bytes(blob: &Blob) -> Option<Cow<'_, [u8]>> {
    if blob.len > WIDE_BYTES_MAX {
        return None;
    }
    if let Some(inline) = blob.inline() {
        return Some(Cow::Borrowed(inline));
    }
    let mut read = Vec::new();
    blob.open().ok()?.read_to_end(&mut read).ok()?;
    Some(Cow::Owned(read))
}

#[cfg(test)]
mod tests {
    use super::*;

    const E2B: &str = r"/bin/bash: line (?<n>\d+): (?<what>.*)";
    const DAYTONA: &str = r"/usr/bin/bash: line (?<n>\d+): (?<what>.*)";

    fn rule(moved: bool) -> LineRule {
        LineRule {
            same: vec!["n".to_owned(), "what".to_owned()],
            moved,
        }
    }

    fn shown(text: &str) -> Shown {
        Shown::Bytes(Blob::from_bytes(text.to_owned()))
    }

    fn both(moved: bool, a: &str, b: &str) -> bool {
        let first = LinePattern::parse(E2B).unwrap();
        let second = LinePattern::parse(DAYTONA).unwrap();
        let (a, b) = (shown(a), shown(b));
        fits((Some(&first), Some(&second)), &rule(moved), (&a, &b))
    }

    #[test]
    fn lines_that_differ_match_and_all_others_are_equal() {
        for (a, b, fits) in [
            ("/bin/bash: line 1: x\n", "/usr/bin/bash: line 1: x\n", true),
            (
                "a\n/bin/bash: line 1: x\nb\n/bin/bash: line 3: y\n",
                "a\n/usr/bin/bash: line 1: x\nb\n/usr/bin/bash: line 3: y\n",
                true,
            ),
            ("/bin/bash: line 1: x", "/usr/bin/bash: line 1: x", true),
            // What a side lost, gained or says otherwise is still a difference.
            ("/bin/bash: line 1: x\n", "/usr/bin/bash: line 1: x", false),
            (
                "/bin/bash: line 1: x\n",
                "/usr/bin/bash: line 2: x\n",
                false,
            ),
            (
                "/bin/bash: line 1: x\n",
                "/usr/bin/bash: line 1: y\n",
                false,
            ),
            ("/bin/bash: line 1: x\n", "", false),
            ("/bin/bash: line 1: x\n", "\n", false),
            (
                "/bin/bash: line 1: x\nlost\n",
                "/usr/bin/bash: line 1: x\n",
                false,
            ),
            (
                "/bin/bash: line 1: x\na\n",
                "/usr/bin/bash: line 1: x\nb\n",
                false,
            ),
            (
                "/usr/bin/bash: line 1: x\n",
                "/bin/bash: line 1: x\n",
                false,
            ),
            // Only a shape that says so lets lines stand elsewhere.
            (
                "a\n/bin/bash: line 1: x\n",
                "/usr/bin/bash: line 1: x\na\n",
                false,
            ),
        ] {
            assert_eq!(both(false, a, b), fits, "{a:?} {b:?}");
            assert!(!fits || both(true, a, b), "moved: {a:?} {b:?}");
        }
    }

    #[test]
    fn moved_lines_have_partners_and_leave_the_rest_as_it_was() {
        for (a, b, fits) in [
            (
                "a\nb\n/bin/bash: line 1: x\n/bin/bash: line 2: y\n",
                "/usr/bin/bash: line 1: x\na\n/usr/bin/bash: line 2: y\nb\n",
                true,
            ),
            (
                "a\nb\n/bin/bash: line 1: x\n",
                "/usr/bin/bash: line 1: x\nb\na\n",
                false,
            ),
            (
                "a\n/bin/bash: line 1: x\n",
                "/usr/bin/bash: line 1: y\na\n",
                false,
            ),
            (
                "a\n/bin/bash: line 1: x\n/bin/bash: line 1: x\n",
                "/usr/bin/bash: line 1: x\na\n",
                false,
            ),
            ("a\n/bin/bash: line 1: x\n", "a\n", false),
        ] {
            assert_eq!(both(true, a, b), fits, "{a:?} {b:?}");
        }
    }

    #[test]
    fn lines_of_one_side_alone_stand_between_equal_ones() {
        let only = LinePattern::parse("bash: .*").unwrap();
        for (more, less, expected) in [
            ("a\nbash: x\nb\n", "a\nb\n", true),
            ("bash: x\n", "", true),
            ("a\nb\n", "a\nb\n", false),
            ("a\nbash: x\n", "a\nb\n", false),
            ("a\nother\n", "a\n", false),
            ("a\n", "a\nbash: x\n", false),
        ] {
            let (more, less) = (shown(more), shown(less));
            let rule = LineRule::default();
            let fit = fits((None, Some(&only)), &rule, (&less, &more));
            assert_eq!(fit, expected, "{less:?} {more:?}");
            let turned = fits((Some(&only), None), &rule, (&more, &less));
            assert_eq!(turned, expected);
        }
    }

    #[test]
    fn elements_of_a_list_are_lines() {
        let pattern = LinePattern::parse(r#"\{"name":"(?:.*/)?(?<base>[^"/]+)"\}"#).unwrap();
        let list = |names: &[&str]| {
            let items = names.iter().map(|name| serde_json::json!({"name": name}));
            Shown::Json(items.collect())
        };
        let rule = LineRule {
            same: vec!["base".to_owned()],
            moved: false,
        };
        let patterns = (Some(&pattern), Some(&pattern));
        let (a, b) = (list(&["x", "d/y"]), list(&["x", "y"]));
        assert!(fits(patterns, &rule, (&a, &b)));
        let b = list(&["x", "z"]);
        assert!(!fits(patterns, &rule, (&a, &b)));
        let b = list(&["x"]);
        assert!(!fits(patterns, &rule, (&a, &b)));
    }

    #[test]
    fn what_is_too_long_is_not_tried() {
        let line = "/bin/bash: line 1: x\n";
        let times = usize::try_from(WIDE_BYTES_MAX).unwrap() / line.len();
        let on_daytona = |text: &str| text.replace("/bin", "/usr/bin");
        let half = line.repeat(times / 2);
        assert!(both(false, &half, &on_daytona(&half)));
        let whole = line.repeat(times);
        let over = on_daytona(&whole);
        assert!(!both(false, &whole, &over), "{} bytes", over.len());
    }

    #[test]
    fn a_pattern_of_lines_is_checked() {
        for (bad, wanted) in [
            ("(", "unclosed group"),
            (".*", "empty line"),
            ("a?", "empty line"),
            ("a)|(b", "regular expression"),
        ] {
            let error = LinePattern::parse(bad).unwrap_err();
            assert!(error.contains(wanted), "{bad}: {error}");
        }
        assert!(LinePattern::parse("(?<x>a)").unwrap().has_group("x"));
    }
}
