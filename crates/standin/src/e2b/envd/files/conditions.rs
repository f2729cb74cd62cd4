//! Conditional requests as Go's `ServeContent` decides them for a file without an `ETag`
//! (contract 4.2).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use axum::http::header::{
    HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};

/// What the conditions of a request say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict<'request> {
    /// 412.
    Failed,
    /// 304.
    NotModified,
    /// The content, with this `Range` header (empty: none that holds).
    Serve(&'request str),
}

/// Decides for a file that was changed at `modified`, seconds since the epoch. The epoch itself
/// counts as unknown.
pub(crate) fn decide(headers: &HeaderMap, modified: i64) -> Verdict<'_> {
    let known = modified != 0;
    // A date that cannot be read is as good as none.
    let since = |name: &HeaderName| seconds(text(headers, name)).filter(|_| known);
    let if_match = text(headers, &IF_MATCH);
    let holds = if if_match.is_empty() {
        since(&IF_UNMODIFIED_SINCE).is_none_or(|at| modified <= at)
    } else {
        names_anything(if_match)
    };
    if !holds {
        return Verdict::Failed;
    }
    let none_match = text(headers, &IF_NONE_MATCH);
    let fresh = if none_match.is_empty() {
        since(&IF_MODIFIED_SINCE).is_some_and(|at| modified <= at)
    } else {
        names_anything(none_match)
    };
    if fresh {
        return Verdict::NotModified;
    }
    let if_range = text(headers, &IF_RANGE);
    let ranges_hold = if_range.is_empty()
        || (!is_tag(if_range) && seconds(if_range).is_some_and(|at| at == modified));
    Verdict::Serve(if ranges_hold {
        text(headers, &RANGE)
    } else {
        ""
    })
}

fn text<'headers>(headers: &'headers HeaderMap, name: &HeaderName) -> &'headers str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

fn seconds(date: &str) -> Option<i64> {
    let at = httpdate::parse_http_date(date).ok()?;
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// Whether a list of tags has `*` in it; no tag fits a file that has none.
fn names_anything(list: &str) -> bool {
    let mut tags = list.split(',').map(str::trim);
    tags.find(|tag| !tag.is_empty() && !is_tag(tag))
        .is_some_and(|rest| rest.starts_with('*'))
}

fn is_tag(text: &str) -> bool {
    text.starts_with('"') || text.starts_with("W/\"")
}

/// The date of a header; `None` for the epoch, which Go takes as unknown, and before it.
pub(crate) fn date(modified: i64) -> Option<String> {
    let seconds = u64::try_from(modified).ok().filter(|at| *at > 0)?;
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    // The format ends with the year 9999.
    (seconds < 253_402_300_800).then(|| httpdate::fmt_http_date(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 784_111_777;
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    #[test]
    fn conditions_are_decided_as_go_does() {
        for (name, value, expected) in [
            ("if-modified-since", DATE, Verdict::NotModified),
            ("if-modified-since", LATER, Verdict::NotModified),
            ("if-modified-since", EARLIER, Verdict::Serve("bytes=1-")),
            ("if-modified-since", "yesterday", Verdict::Serve("bytes=1-")),
            ("if-unmodified-since", DATE, Verdict::Serve("bytes=1-")),
            ("if-unmodified-since", EARLIER, Verdict::Failed),
            ("if-none-match", "*", Verdict::NotModified),
            ("if-none-match", "\"a\", *", Verdict::NotModified),
            ("if-none-match", "\"a\"", Verdict::Serve("bytes=1-")),
            ("if-match", "\"a\"", Verdict::Failed),
            ("if-match", "*", Verdict::Serve("bytes=1-")),
            ("if-range", DATE, Verdict::Serve("bytes=1-")),
            ("if-range", LATER, Verdict::Serve("")),
            ("if-range", "\"a\"", Verdict::Serve("")),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, "bytes=1-".parse().unwrap());
            headers.insert(name, value.parse().unwrap());
            assert_eq!(decide(&headers, AT), expected, "{name}: {value}");
        }
    }

    #[test]
    fn a_tag_hides_a_date() {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, "\"a\"".parse().unwrap());
        headers.insert(IF_MODIFIED_SINCE, LATER.parse().unwrap());
        assert_eq!(decide(&headers, AT), Verdict::Serve(""));
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(date(AT).as_deref(), Some(DATE));
        assert_eq!(date(0), None);
        assert_eq!(date(-1), None);
        assert_eq!(date(i64::MAX), None);
    }
}
