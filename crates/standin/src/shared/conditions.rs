//! Conditional requests as Go's `ServeContent` decides them for a file without an `ETag`.

use std::time::UNIX_EPOCH;

use axum::http::HeaderMap;
use axum::http::header::{
    HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use jiff::Timestamp;

/// What the conditions of a request say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Conditions<'request> {
    /// 412.
    Failed,
    /// 304.
    NotModified,
    /// The content, with this `Range` header (empty: none that holds).
    Hold(&'request str),
}

impl<'request> Conditions<'request> {
    /// Decides for a file that was changed at `modified`, seconds since the epoch. The epoch itself
    /// counts as unknown.
    pub(crate) fn decide(headers: &'request HeaderMap, modified: i64) -> Self {
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
            return Self::Failed;
        }
        let none_match = text(headers, &IF_NONE_MATCH);
        let fresh = if none_match.is_empty() {
            since(&IF_MODIFIED_SINCE).is_some_and(|at| modified <= at)
        } else {
            names_anything(none_match)
        };
        if fresh {
            return Self::NotModified;
        }
        let if_range = text(headers, &IF_RANGE);
        let ranges_hold = if_range.is_empty()
            || (!is_tag(if_range) && seconds(if_range).is_some_and(|at| at == modified));
        Self::Hold(if ranges_hold {
            text(headers, &RANGE)
        } else {
            ""
        })
    }
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

/// The date of `Last-Modified`; `None` for the epoch, which Go takes as unknown, and behind the year
/// 9999.
pub(crate) fn last_modified(modified: i64) -> Option<String> {
    let at = Timestamp::from_second(modified).ok()?;
    (modified != 0).then(|| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
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
            ("if-modified-since", DATE, Conditions::NotModified),
            ("if-modified-since", LATER, Conditions::NotModified),
            ("if-modified-since", EARLIER, Conditions::Hold("bytes=1-")),
            (
                "if-modified-since",
                "yesterday",
                Conditions::Hold("bytes=1-"),
            ),
            ("if-unmodified-since", DATE, Conditions::Hold("bytes=1-")),
            ("if-unmodified-since", EARLIER, Conditions::Failed),
            ("if-none-match", "*", Conditions::NotModified),
            ("if-none-match", "\"a\", *", Conditions::NotModified),
            ("if-none-match", "\"a\"", Conditions::Hold("bytes=1-")),
            ("if-match", "\"a\"", Conditions::Failed),
            ("if-match", "*", Conditions::Hold("bytes=1-")),
            ("if-range", DATE, Conditions::Hold("bytes=1-")),
            ("if-range", LATER, Conditions::Hold("")),
            ("if-range", "\"a\"", Conditions::Hold("")),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, "bytes=1-".parse().unwrap());
            headers.insert(name, value.parse().unwrap());
            assert_eq!(
                Conditions::decide(&headers, AT),
                expected,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn a_tag_hides_a_date() {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, "\"a\"".parse().unwrap());
        headers.insert(IF_MODIFIED_SINCE, LATER.parse().unwrap());
        assert_eq!(Conditions::decide(&headers, AT), Conditions::Hold(""));
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(last_modified(AT).as_deref(), Some(DATE));
        assert_eq!(last_modified(0), None);
        let before = Some("Wed, 31 Dec 1969 23:59:59 GMT");
        assert_eq!(last_modified(-1).as_deref(), before);
        assert_eq!(last_modified(i64::MAX), None);
    }
}
