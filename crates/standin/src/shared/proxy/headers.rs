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

    /// The names that are left of the headers of a request, and the protocol of its upgrade.
    fn left(connections: &[&str], upgrade: &str) -> (Vec<String>, Option<String>) {
        let mut headers = HeaderMap::new();
        for connection in connections {
            headers.append(CONNECTION, connection.parse().unwrap());
        }
        for (name, value) in [
            ("keep-alive", "5"),
            ("transfer-encoding", "chunked"),
            ("te", "trailers"),
            ("x-hop", "1"),
            ("x-end", "1"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        if !upgrade.is_empty() {
            headers.insert(UPGRADE, upgrade.parse().unwrap());
        }
        strip(&mut headers);
        let connection = headers.get(CONNECTION);
        assert!(connection.is_none_or(|value| value == "upgrade"));
        let upgrade = super::upgrade(&headers);
        let mut names: Vec<_> = headers.keys().map(ToString::to_string).collect();
        names.sort_unstable();
        (names, upgrade.map(|it| it.to_str().unwrap().to_owned()))
    }

    #[test]
    fn only_what_is_meant_for_the_other_end_is_passed_on() {
        let upgraded: &[&str] = &["connection", "upgrade", "x-end", "x-hop"];
        for (connections, upgrade, names) in [
            (&["keep-alive, X-Hop"][..], "", &["x-end"][..]),
            (&["Upgrade"], "websocket", upgraded),
            (&["close"], "websocket", &["x-end", "x-hop"]),
            (&["not-upgrade"], "websocket", &["x-end", "x-hop"]),
            // One header is as good as several.
            (&["keep-alive", "X-Hop"], "", &["x-end"]),
            (&["keep-alive", "Upgrade"], "websocket", upgraded),
            (
                &["upgrade", "close , x-hop"],
                "websocket",
                &["connection", "upgrade", "x-end"],
            ),
        ] {
            let protocol = names.contains(&"upgrade").then(|| upgrade.to_owned());
            let names = names.iter().map(ToString::to_string).collect();
            assert_eq!(
                left(connections, upgrade),
                (names, protocol),
                "{connections:?}"
            );
        }
    }
}
