//! The forms of volatile parts, and finding them in a text.

use std::sync::LazyLock;

use regex::bytes::{Match, Regex};

/// What a volatile part looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// 8-4-4-4-12 hexadecimal digits.
    Uuid,
    /// A time of day with or without its date, or a count of seconds since 1970.
    Time,
    /// The name of a temporary file or folder.
    TemporaryName,
    /// A number before a unit of time.
    Duration,
    /// At least seven hexadecimal digits.
    Hex,
}

/// A part of a text that has one of the forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) form: Form,
    pub(super) text: &'t [u8],
    /// Where it begins in the text, in bytes.
    pub(super) start: usize,
}

impl Form {
    /// In the order in which they are tried at one place.
    const ALL: [Self; 5] = [
        Self::Uuid,
        Self::Time,
        Self::TemporaryName,
        Self::Duration,
        Self::Hex,
    ];

    /// The name of the rule in reports.
    pub(super) const fn rule(self) -> &'static str {
        match self {
            Self::Uuid => "volatile/uuid",
            Self::Time => "volatile/time",
            Self::TemporaryName => "volatile/temporary-name",
            Self::Duration => "volatile/duration",
            Self::Hex => "volatile/hex",
        }
    }

    /// Whether values of this form are of one kind, so that one may stand for another.
    pub(super) fn are_alike(self, source: &[&[u8]], target: &[&[u8]]) -> bool {
        let all = || source.iter().chain(target);
        match self {
            Self::Uuid => true,
            Self::Time => same(all().map(|text| masked(text))),
            Self::TemporaryName => same(all().map(|text| text.len())),
            // Seven digits and no letter anywhere are a count, not a hash.
            Self::Hex => {
                same(all().map(|text| text.len()))
                    && all().any(|text| text.iter().any(u8::is_ascii_alphabetic))
            }
            Self::Duration => durations_are_alike(source, target),
        }
    }
}

/// The parts of a text that have a form, from left to right.
pub(super) fn tokens(text: &[u8]) -> impl Iterator<Item = Token<'_>> {
    static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&pattern()).ok());
    let found = TOKEN.as_ref().map(|regex| regex.captures_iter(text));
    found.into_iter().flatten().filter_map(|captures| {
        let of = |(index, form): (usize, Form)| {
            captures.get(index + 1).map(|part: Match<'_>| Token {
                form,
                text: part.as_bytes(),
                start: part.start(),
            })
        };
        Form::ALL.into_iter().enumerate().find_map(of)
    })
}

/// One alternative with one group for each form, in the order of [`Form::ALL`].
fn pattern() -> String {
    const HOUR: &str = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?";
    const ZONE: &str = r"(?: ?Z\b| ?[+-]\d{2}:?\d{2}\b| [A-Z]{3,4}\b)?";
    const WEEKDAY: &str = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?";
    const MONTH: &str = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*";
    let uuid = r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b";
    let iso = format!(r"\b\d{{4}}[-/]\d{{2}}[-/]\d{{2}}[T ]{HOUR}{ZONE}");
    // Sun Nov 29 23:07:37 UTC 2026; 29 Nov 2026 23:07; Nov 29 23:07
    let words = format!(
        r"\b(?:{WEEKDAY} +)?(?:\d{{1,2}} +)?{MONTH} +(?:\d{{1,2}},? +)?(?:\d{{4}} +)?{HOUR}(?: [AP]M\b)?{ZONE}(?: \d{{4}}\b)?"
    );
    let clock = format!(r"\b{HOUR}{ZONE}");
    // Seconds, milli-, micro- and nanoseconds since 1970, from 2017 to 2033.
    let epoch = r"\b1[5-9]\d{8}(?:\.\d+|\d{3}|\d{6}|\d{9})?\b";
    let temporary = r"(?:/var)?/tmp/[A-Za-z0-9._-]{6,}|\btmp[._-]?[A-Za-z0-9_-]{6,}";
    let number = r"(?:\d+h ?)?(?:\d+m ?)?\d+(?:\.\d+)?";
    let unit = "ns|us|µs|ms|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?";
    let hex = r"\b(?:[0-9a-f]{7,}|[0-9A-F]{7,})\b";
    format!(
        r"({uuid})|({iso}|{words}|{clock}|{epoch})|({temporary})|\b({number})(?: ?(?:{unit}))\b|({hex})"
    )
}

/// A time's format: its digits and letters made one.
fn masked(time: &[u8]) -> Vec<u8> {
    let mask = |byte: &u8| match byte {
        b'0'..=b'9' => b'0',
        b'A'..=b'Z' | b'a'..=b'z' => b'a',
        other => *other,
    };
    time.iter().map(mask).collect()
}

fn same<T: PartialEq>(mut values: impl Iterator<Item = T>) -> bool {
    let Some(first) = values.next() else {
        return true;
    };
    values.all(|value| value == first)
}

/// Of the same precision, and with ranges that overlap or medians within ten times.
fn durations_are_alike(source: &[&[u8]], target: &[&[u8]]) -> bool {
    let read = |side: &[&[u8]]| -> Option<Vec<(f64, usize)>> {
        side.iter().map(|text| duration(text)).collect()
    };
    let (Some(source), Some(target)) = (read(source), read(target)) else {
        return false;
    };
    let decimals = source.iter().chain(&target).map(|(_, decimals)| decimals);
    same(decimals) && {
        let sorted = |side: Vec<(f64, usize)>| {
            let mut values: Vec<f64> = side.into_iter().map(|(value, _)| value).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        near(&sorted(source), &sorted(target))
    }
}

fn near(source: &[f64], target: &[f64]) -> bool {
    let ([low, ..], [.., high]) = (source, source) else {
        return false;
    };
    let ([least, ..], [.., most]) = (target, target) else {
        return false;
    };
    let (one, other) = (source[source.len() / 2], target[target.len() / 2]);
    let overlap = low <= most && least <= high;
    overlap || one.max(other) <= 10.0 * one.min(other)
}

/// A number such as `0.03` or `1m2.5`, in the smallest of its units, and how many decimals it has.
fn duration(text: &[u8]) -> Option<(f64, usize)> {
    let text = std::str::from_utf8(text).ok()?;
    let mut rest = text;
    let mut whole = 0.0;
    for unit in ["h", "m"] {
        if let Some((count, after)) = rest.split_once(unit) {
            let count: f64 = count.trim().parse().ok()?;
            whole = (whole + count) * 60.0;
            rest = after.trim_start();
        }
    }
    let decimals = rest.split_once('.').map_or(0, |(_, digits)| digits.len());
    let last: f64 = rest.parse().ok()?;
    Some((whole + last, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Form, String)> {
        tokens(text.as_bytes())
            .map(|token| (token.form, String::from_utf8_lossy(token.text).into_owned()))
            .collect()
    }

    #[test]
    fn each_form_is_found_at_its_borders() {
        use Form::{Duration, Hex, TemporaryName, Time, Uuid};
        for (text, form, token) in [
            (
                "id=3f2a1b9c-0000-4000-8000-00000000abcd.",
                Uuid,
                "3f2a1b9c-0000-4000-8000-00000000abcd",
            ),
            ("[master 3f2a1b9] x", Hex, "3f2a1b9"),
            ("at 2026-11-29T23:07:37Z, x", Time, "2026-11-29T23:07:37Z"),
            (
                "2026-11-29T23:07:37+00:00",
                Time,
                "2026-11-29T23:07:37+00:00",
            ),
            ("2026-11-29 23:07:37.123 x", Time, "2026-11-29 23:07:37.123"),
            (
                "Sun Nov 29 23:07:37 UTC 2026",
                Time,
                "Sun Nov 29 23:07:37 UTC 2026",
            ),
            ("-rw-r--r-- Nov 29 23:07 a", Time, "Nov 29 23:07"),
            ("[23:07:37,123] x", Time, "23:07:37,123"),
            ("t=1795993657", Time, "1795993657"),
            ("t=1795993657123456789", Time, "1795993657123456789"),
            (
                "made /tmp/tmp.aB3dE6gH9j",
                TemporaryName,
                "/tmp/tmp.aB3dE6gH9j",
            ),
            ("cd tmpab12cd34", TemporaryName, "tmpab12cd34"),
            ("3 passed in 0.03s", Duration, "0.03"),
            ("added 1 package in 842ms", Duration, "842"),
            ("took 12 ms", Duration, "12"),
            ("real\t0m0.012s", Duration, "0m0.012"),
        ] {
            assert_eq!(found(text), [(form, token.to_owned())], "{text}");
        }
        for text in [
            "abc123",
            "x3f2a1b9",
            "1.2.3",
            "12 apples",
            "5 sheep",
            "v12s3",
            "/tmp/a",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn values_of_a_form_must_be_alike() {
        for (form, source, target, alike) in [
            (
                Form::Hex,
                ["3f2a1b9", "1234567"],
                ["aaaaaaa", "0000000"],
                true,
            ),
            (
                Form::Hex,
                ["3f2a1b9", "1234567"],
                ["aaaaaaaa", "00000000"],
                false,
            ),
            (
                Form::Hex,
                ["1234567", "1234568"],
                ["9999999", "8888888"],
                false,
            ),
            (
                Form::Time,
                ["23:07:37", "23:07:38"],
                ["01:02:03", "01:02:04"],
                true,
            ),
            (
                Form::Time,
                ["23:07:37", "23:07:38"],
                ["01:02:03.1", "01:02:04.1"],
                false,
            ),
            (
                Form::TemporaryName,
                ["/tmp/abcdef", "/tmp/ghijkl"],
                ["/tmp/mnopqr", "/tmp/stuvwx"],
                true,
            ),
            (
                Form::TemporaryName,
                ["/tmp/abcdef", "/tmp/ghijkl"],
                ["/tmp/mnopqrs", "/tmp/stuvwxy"],
                false,
            ),
            (Form::Duration, ["0.01", "0.03"], ["0.09", "0.20"], true),
            (Form::Duration, ["0.01", "0.03"], ["0.9", "0.2"], false),
            (Form::Duration, ["1", "2"], ["50", "60"], false),
            (Form::Duration, ["1", "90"], ["50", "60"], true),
            (
                Form::Duration,
                ["0m1.5", "0m2.5"],
                ["1m2.5", "1m3.5"],
                false,
            ),
            (Form::Duration, ["1m1.5", "1m2.5"], ["2m2.5", "2m3.5"], true),
        ] {
            let bytes = |side: [&'static str; 2]| side.map(str::as_bytes);
            let (source, target) = (bytes(source), bytes(target));
            assert_eq!(
                form.are_alike(&source, &target),
                alike,
                "{form:?} {source:?} {target:?}"
            );
        }
    }
}
