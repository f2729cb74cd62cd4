//! Headers that belong to one connection and are not passed on (RFC 9110, 7.6.1).

use axum::http::header::{
    CONNECTION, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue};

/// Removes them; an upgrade that is asked for, or granted, stays.
pub(super) fn strip(headers: &mut HeaderMap) {
    let upgrade = upgrade(headers);
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.into_iter().chain([
        CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ]) {
        headers.remove(name);
    }
    if let Some(upgrade) = upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, upgrade);
    }
}

/// The protocol that a connection is to be upgraded to.
pub(super) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let asked = headers.get_all(CONNECTION).iter().any(|value| {
        let value = value.to_str().unwrap_or_default();
        value
            .split(',')
            .any(|name| name.trim().eq_ignore_ascii_case("upgrade"))
    });
    headers.get(UPGRADE).filter(|_| asked).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_for_the_other_end_is_passed_on() {
        for (connection, upgrade, left) in [
            ("keep-alive, X-Hop", "", vec!["x-end"]),
            (
                "Upgrade",
                "websocket",
                vec!["connection", "upgrade", "x-end"],
            ),
            ("close", "websocket", vec!["x-end"]),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                ("connection", connection),
                ("upgrade", upgrade),
                ("keep-alive", "5"),
                ("transfer-encoding", "chunked"),
                ("te", "trailers"),
                ("x-end", "1"),
            ] {
                headers.insert(name, value.parse().unwrap());
            }
            if connection.contains("X-Hop") {
                headers.insert("x-hop", HeaderValue::from_static("1"));
            }
            strip(&mut headers);
            let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, left, "{connection}");
        }
    }
}
