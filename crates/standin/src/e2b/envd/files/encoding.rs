//! Content codings: which one a client prefers, and which one it has used (contract 4.2, 4.3).

use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    RANGE,
};

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As it is.
    Identity,
    /// `gzip`.
    Gzip,
}

/// Neither coding suits the client: 406.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotAcceptable {
    /// `Accept-Encoding` leaves nothing that envd has.
    Coding,
    /// A range or a condition needs identity, which the client refuses.
    Identity,
}

impl NotAcceptable {
    /// What envd says of it.
    pub(crate) const fn message(&self) -> &'static str {
        match self {
            Self::Coding => {
                "error parsing Accept-Encoding: no acceptable encoding found, supported: [gzip]"
            }
            Self::Identity => "identity encoding not acceptable for Range or conditional request",
        }
    }
}

/// The coding of a download.
pub(crate) fn wanted(headers: &HeaderMap) -> Result<Coding, NotAcceptable> {
    let accepted = accepted(headers);
    let preferred = preferred(&accepted).ok_or(NotAcceptable::Coding)?;
    let plain_only = [RANGE, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE];
    if plain_only
        .iter()
        .any(|name| !text(headers, name).is_empty())
    {
        return if identity_is_refused(&accepted) {
            Err(NotAcceptable::Identity)
        } else {
            Ok(Coding::Identity)
        };
    }
    Ok(preferred)
}

/// The coding of an upload; the error is the header as it was sent.
pub(crate) fn used(headers: &HeaderMap) -> Result<Coding, String> {
    let sent = text(headers, &CONTENT_ENCODING);
    match parse(sent).0.as_str() {
        "" if sent.is_empty() => Ok(Coding::Identity),
        "identity" => Ok(Coding::Identity),
        "gzip" => Ok(Coding::Gzip),
        _ => Err(sent.to_owned()),
    }
}

fn text<'headers>(headers: &'headers HeaderMap, name: &HeaderName) -> &'headers str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// A coding in lower case and its quality; one that is no number counts as 1.
fn parse(part: &str) -> (String, f64) {
    let mut pieces = part.split(';').map(str::trim);
    let coding = pieces.next().unwrap_or_default().to_ascii_lowercase();
    let mut quality = 1.0;
    for piece in pieces {
        if let Some((name, value)) = piece.split_at_checked(2)
            && name.eq_ignore_ascii_case("q=")
            && let Ok(value) = value.parse::<f64>()
        {
            quality = value;
        }
    }
    (coding, quality)
}

/// What the client names, the dearest first, in its own order where that is equal.
fn accepted(headers: &HeaderMap) -> Vec<(String, f64)> {
    let header = text(headers, &ACCEPT_ENCODING);
    if header.is_empty() {
        return Vec::new();
    }
    let mut codings: Vec<(String, f64)> = header.split(',').map(parse).collect();
    codings.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    codings
}

fn is_zero(quality: f64) -> bool {
    quality.abs() < f64::EPSILON
}

/// Named with quality 0, or not named while `*` has quality 0.
fn identity_is_refused(accepted: &[(String, f64)]) -> bool {
    let quality_of = |name: &str| {
        let found = accepted.iter().find(|(coding, _)| coding == name);
        found.map(|(_, quality)| *quality)
    };
    quality_of("identity")
        .or(quality_of("*"))
        .is_some_and(is_zero)
}

/// The first that envd knows; unknown ones are passed over.
fn preferred(accepted: &[(String, f64)]) -> Option<Coding> {
    let identity_refused = identity_is_refused(accepted);
    for (coding, quality) in accepted {
        if is_zero(*quality) {
            continue;
        }
        match coding.as_str() {
            "gzip" => return Some(Coding::Gzip),
            "*" if identity_refused => return Some(Coding::Gzip),
            "identity" | "*" => return Some(Coding::Identity),
            _ => {}
        }
    }
    (!identity_refused).then_some(Coding::Identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_first_known_coding_of_the_highest_quality_is_taken() {
        use Coding::{Gzip, Identity};
        for (accept, expected) in [
            ("", Ok(Identity)),
            ("gzip, deflate", Ok(Gzip)),
            ("GZIP", Ok(Gzip)),
            ("identity, gzip", Ok(Identity)),
            ("gzip;q=0.5, identity", Ok(Identity)),
            ("zstd, br", Ok(Identity)),
            ("zstd, gzip;q=0.1", Ok(Gzip)),
            ("*", Ok(Identity)),
            ("identity;q=0, *", Ok(Gzip)),
            ("*;q=0, gzip", Ok(Gzip)),
            ("gzip;q=wrong", Ok(Gzip)),
            ("gzip;q=1;q=0", Ok(Identity)),
            ("g zip", Ok(Identity)),
            ("*;q=0", Err(NotAcceptable::Coding)),
            ("identity;q=0", Err(NotAcceptable::Coding)),
            ("gzip;q=0, identity;q=0", Err(NotAcceptable::Coding)),
        ] {
            let headers = headers(&[("accept-encoding", accept)]);
            assert_eq!(wanted(&headers), expected, "{accept}");
        }
    }

    #[test]
    fn a_range_or_a_condition_needs_identity() {
        for name in ["range", "if-none-match", "if-modified-since", "if-range"] {
            let plain = headers(&[("accept-encoding", "gzip"), (name, "x")]);
            assert_eq!(wanted(&plain), Ok(Coding::Identity), "{name}");
            let refused = headers(&[("accept-encoding", "gzip, *;q=0"), (name, "x")]);
            assert_eq!(wanted(&refused), Err(NotAcceptable::Identity), "{name}");
        }
        let other = headers(&[("accept-encoding", "gzip"), ("if-match", "x")]);
        assert_eq!(wanted(&other), Ok(Coding::Gzip));
    }

    #[test]
    fn an_upload_says_what_it_is() {
        for (sent, expected) in [
            ("", Ok(Coding::Identity)),
            ("identity", Ok(Coding::Identity)),
            ("GZip", Ok(Coding::Gzip)),
            ("br", Err("br".to_owned())),
            ("gzip, gzip", Err("gzip, gzip".to_owned())),
        ] {
            assert_eq!(used(&headers(&[("content-encoding", sent)])), expected);
        }
        assert_eq!(used(&HeaderMap::new()), Ok(Coding::Identity));
    }
}
