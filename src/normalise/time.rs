//! Times in free text that lie within the run keep their format and lose their value.

use std::collections::BTreeMap;
use std::num::ParseIntError;
use std::sync::LazyLock;

use jiff::Timestamp;
use regex::bytes::{Captures, Regex};

use crate::normalise::moment::{Span, Written};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Ways a time is written, the more specific first, so that a date is not taken apart. Groups:
/// `w` weekday, `y mo mon d` date, `h mi s f ap` time, `z` zone, `e` seconds since 1970. A time
/// without a zone is taken as UTC, which is what both providers' sandboxes are set to.
const FORMATS: [&str; 6] = [
    // 2026-11-23T16:00:03.123Z, 2026-11-23 16:00:03.123456789 +0000
    r"(?-u)\b(?<y>\d{4})-(?<mo>\d{2})-(?<d>\d{2})[T ](?<h>\d{2}):(?<mi>\d{2}):(?<s>\d{2})(?:[.,](?<f>\d{1,9}))?(?<z> ?(?:Z|[+-]\d{2}:?\d{2}))?\b",
    // Mon Nov 23 16:00:03 UTC 2026 (date, ctime)
    r"(?-u)\b(?<w>Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<mon>[A-Z][a-z]{2}) (?<d>[ \d]\d) (?<h>\d{2}):(?<mi>\d{2}):(?<s>\d{2})(?<z> (?:UTC|GMT))? (?<y>\d{4})\b",
    // Mon, 23 Nov 2026 16:00:03 +0000 (mail, HTTP); Mon 23 Nov 2026 04:00:03 PM UTC (date, en_US)
    r"(?-u)\b(?:(?<w>Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?<d>\d{1,2}) (?<mon>[A-Z][a-z]{2}) (?<y>\d{4}) (?<h>\d{2}):(?<mi>\d{2}):(?<s>\d{2})(?<ap> [AP]M)?(?<z> (?:[+-]\d{4}|GMT|UTC))?\b",
    // Nov 23 16:00 (ls), Nov 23 16:00:03 (syslog)
    r"(?-u)\b(?<mon>[A-Z][a-z]{2}) (?<d>[ \d]\d) (?<h>\d{2}):(?<mi>\d{2})(?::(?<s>\d{2}))?\b",
    // 1795449603, 1795449603.123, 1795449603123 (ms), ...456 (us), ...789 (ns)
    r"(?-u)\b(?<e>\d{10})(?<f>\d{3}|\d{6}|\d{9})?(?:\.(?<g>\d{1,9}))?\b",
    // 16:00:03, 16:00:03.123
    r"(?-u)\b(?<h>\d{2}):(?<mi>\d{2}):(?<s>\d{2})(?:[.,](?<f>\d{1,9}))?\b",
];

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    FORMATS
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
});

/// The window in which a time counts as noise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window(Span);

impl Window {
    pub(super) fn of(started: Timestamp, ended: Timestamp) -> Self {
        Self(Span::of(started, ended))
    }

    /// The text with `<time FORMAT>` in the place of times within the window, or `None` when
    /// there is none.
    pub(super) fn replace(&self, text: &[u8]) -> Option<Vec<u8>> {
        // A time that lies outside of the run is remembered too: its parts must not be taken for
        // times of their own (`16:00:03` of yesterday).
        let mut found: BTreeMap<usize, (usize, Option<String>)> = BTreeMap::new();
        for pattern in PATTERNS.iter() {
            for groups in pattern.captures_iter(text) {
                let Some(whole) = groups.get(0) else { continue };
                let before = found.range(..whole.end()).next_back();
                if continues(text, whole.start(), whole.end())
                    || before.is_some_and(|(_, (end, _))| *end > whole.start())
                {
                    continue;
                }
                let Some(held) = self.holds(&groups) else {
                    continue;
                };
                let shown = held.then(|| placeholder(&groups, whole.start(), whole.as_bytes()));
                found.insert(whole.start(), (whole.end(), shown));
            }
        }
        let mut out: Option<Vec<u8>> = None;
        let mut copied = 0;
        for (start, (end, shown)) in found {
            let Some(shown) = shown else { continue };
            let out = out.get_or_insert_with(Vec::new);
            out.extend_from_slice(&text[copied..start]);
            out.extend_from_slice(shown.as_bytes());
            copied = end;
        }
        let mut out = out?;
        out.extend_from_slice(&text[copied..]);
        Some(out)
    }

    /// Whether the time lies within the window; `None` when the match is no time at all.
    fn holds(&self, groups: &Captures<'_>) -> Option<bool> {
        if let Some(seconds) = number(groups, "e") {
            let (f, g) = (fraction(groups, "f"), fraction(groups, "g"));
            let (nanos, precision) = if f.1 < g.1 { f } else { g };
            let at = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
            return Some(self.0.holds(at, precision));
        }
        written(groups).map(|written| self.0.holds_written(&written))
    }
}

/// Whether the digits go on beyond the match: `0.1795449603`, `aa:16:00:03`.
fn continues(text: &[u8], start: usize, end: usize) -> bool {
    let joins = |byte: &u8| matches!(byte, b'.' | b':');
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    before.is_some_and(joins) || text.get(end) == Some(&b':')
}

fn written(groups: &Captures<'_>) -> Option<Written> {
    let month = match group(groups, "mon") {
        Some(name) => {
            let index = MONTHS.iter().position(|month| *month == name)?;
            Some(i8::try_from(index + 1).ok()?)
        }
        None => small(groups, "mo").ok()?,
    };
    let (nanos, precision) = fraction(groups, "f");
    let hour = small(groups, "h").ok()?.unwrap_or(0);
    let hour = match group(groups, "ap").map(str::trim) {
        Some("PM") => hour % 12 + 12,
        Some(_) => hour % 12,
        None => hour,
    };
    let second = small(groups, "s").ok()?;
    Some(Written {
        year: group(groups, "y").map(str::parse).transpose().ok()?,
        month,
        day: small(groups, "d").ok()?,
        hour,
        minute: small(groups, "mi").ok()?.unwrap_or(0),
        second: second.unwrap_or(0),
        nanosecond: i32::try_from(nanos).ok()?,
        offset_seconds: offset(group(groups, "z").unwrap_or("")),
        precision_ns: if second.is_none() {
            60_000_000_000
        } else {
            precision
        },
    })
}

fn group<'a>(groups: &Captures<'a>, name: &str) -> Option<&'a str> {
    groups
        .name(name)
        .and_then(|found| std::str::from_utf8(found.as_bytes()).ok())
}

fn number(groups: &Captures<'_>, name: &str) -> Option<i64> {
    group(groups, name)?.trim().parse().ok()
}

/// A group of one or two digits, if it is there.
///
/// # Errors
/// When the digits cannot be read.
fn small(groups: &Captures<'_>, name: &str) -> Result<Option<i8>, ParseIntError> {
    group(groups, name)
        .map(|text| text.trim().parse())
        .transpose()
}

/// Nanoseconds of a decimal fraction, and what its last digit stands for.
fn fraction(groups: &Captures<'_>, name: &str) -> (i64, i64) {
    let digits = group(groups, name).unwrap_or("");
    let places = u32::try_from(digits.len()).unwrap_or(0).min(9);
    let unit = 10_i64.pow(9 - places);
    (digits.parse::<i64>().unwrap_or(0) * unit, unit)
}

fn offset(zone: &str) -> i32 {
    let zone = zone.trim();
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let Ok(number) = digits.parse::<i32>() else {
        return 0;
    };
    let seconds = number / 100 * 3600 + number % 100 * 60;
    if zone.starts_with('-') {
        -seconds
    } else {
        seconds
    }
}

/// `<time YYYY-MM-DDThh:mm:ss.fffZ>`: the text of the match with letters in the place of values.
///
/// Fractions are told apart as 3, 6 or 9 digits and no finer, because Go and Rust cut trailing
/// zeros: the same clock then shows 8 digits one time in ten.
fn placeholder(groups: &Captures<'_>, start: usize, whole: &[u8]) -> String {
    let classes = |len: usize, letter: &str| letter.repeat(len.div_ceil(3) * 3);
    let mut spans: Vec<(usize, usize, String)> = Vec::new();
    for (name, letters) in [
        ("y", "YYYY"),
        ("mo", "MM"),
        ("mon", "Mmm"),
        ("d", "DD"),
        ("w", "Www"),
        ("h", "hh"),
        ("mi", "mm"),
        ("s", "ss"),
        ("ap", " AP"),
        ("e", "ssssssssss"),
        ("f", "f"),
        ("g", "f"),
    ] {
        if let Some(found) = groups.name(name) {
            let letters = match name {
                "f" | "g" => classes(found.len(), letters),
                _ => letters.to_owned(),
            };
            spans.push((found.start() - start, found.end() - start, letters));
        }
    }
    spans.sort_by_key(|span| span.0);
    let mut out = String::from("<time ");
    let mut copied = 0;
    for (from, to, letters) in spans {
        out.push_str(&String::from_utf8_lossy(&whole[copied..from]));
        out.push_str(&letters);
        copied = to;
    }
    out.push_str(&String::from_utf8_lossy(&whole[copied..]));
    out.push('>');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: &str) {
        let window = Window::of(
            "2026-11-23T16:00:00.5Z".parse().unwrap(),
            "2026-11-23T16:00:10Z".parse().unwrap(),
        );
        let got = window
            .replace(text.as_bytes())
            .unwrap_or_else(|| text.as_bytes().to_vec());
        assert_eq!(String::from_utf8(got).unwrap(), wanted, "{text}");
    }

    #[test]
    fn all_formats_are_patterns() {
        assert_eq!(PATTERNS.len(), FORMATS.len());
    }

    #[test]
    fn times_within_the_run_lose_their_value_and_keep_their_format() {
        for (text, wanted) in [
            (
                "at 2026-11-23T16:00:03Z.",
                "at <time YYYY-MM-DDThh:mm:ssZ>.",
            ),
            (
                "2026-11-23T16:00:03.123Z",
                "<time YYYY-MM-DDThh:mm:ss.fffZ>",
            ),
            (
                "2026-11-23T17:00:03.12345678+01:00",
                "<time YYYY-MM-DDThh:mm:ss.fffffffff+01:00>",
            ),
            (
                "2026-11-23 16:00:03.123456789 +0000 UTC",
                "<time YYYY-MM-DD hh:mm:ss.fffffffff +0000> UTC",
            ),
            (
                "Mon Nov 23 16:00:03 UTC 2026\n",
                "<time Www Mmm DD hh:mm:ss UTC YYYY>\n",
            ),
            (
                "Mon, 23 Nov 2026 16:00:03 GMT",
                "<time Www, DD Mmm YYYY hh:mm:ss GMT>",
            ),
            (
                "Mon 23 Nov 2026 04:00:03 PM UTC",
                "<time Www DD Mmm YYYY hh:mm:ss AP UTC>",
            ),
            (
                "-rw-r--r-- 1 u u 3 Nov 23 16:00 a",
                "-rw-r--r-- 1 u u 3 <time Mmm DD hh:mm> a",
            ),
            ("1795449603", "<time ssssssssss>"),
            ("1795449603.25", "<time ssssssssss.fff>"),
            ("1795449603250", "<time ssssssssssfff>"),
            ("[16:00:03] up", "[<time hh:mm:ss>] up"),
            // Cut to whole seconds it lies before the start, and is still the time of the run.
            ("2026-11-23T16:00:00Z", "<time YYYY-MM-DDThh:mm:ssZ>"),
        ] {
            check(text, wanted);
        }
    }

    #[test]
    fn times_outside_of_the_run_and_other_digits_stay() {
        for text in [
            "2026-11-22T16:00:03Z",
            "2026-11-23T16:00:03+01:00",
            "Sun Nov 22 16:00:03 UTC 2026",
            "Nov 22 16:00",
            "Nov 23 15:58",
            "1795363203",
            "11795449603",
            "0.1795449603",
            "12:16:00:03:aa",
            "2026-11-23",
            "16:00",
            "Foo 23 16:00",
            "Modify: 2026-11-22 16:00:03.123456789 +0000",
            "v1.2.3 exit 137",
            "2026-13-45T16:00:03Z 99:99:99",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn precision_and_zone_stay_a_difference() {
        let window = Window::of(
            "2026-11-23T16:00:00Z".parse().unwrap(),
            "2026-11-23T16:00:10Z".parse().unwrap(),
        );
        let of = |text: &str| window.replace(text.as_bytes());
        assert_ne!(of("2026-11-23T16:00:03Z"), of("2026-11-23T16:00:03.1Z"));
        assert_ne!(of("2026-11-23T16:00:03Z"), of("2026-11-23T16:00:03+00:00"));
        assert_eq!(of("2026-11-23T16:00:03Z"), of("2026-11-23T16:00:04Z"));
    }
}
