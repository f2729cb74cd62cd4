//! Who may come to the desk: someone on this machine with the key, and no web page.
//!
//! The stand-in listens on loopback, but a browser on this machine can be led there: by a name
//! that a stranger's DNS resolves to 127.0.0.1 (seen in `Host`), or by a page that sends a request
//! across origins (seen in `Origin`).

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode, Uri};

use crate::front::desk::answer::Refusal;
use crate::front::wire::Wire;

/// The header that carries the key whatever the provider.
const KEY_HEADER: &str = "x-cutover-key";

/// Lets a request pass or says why not.
pub(super) fn check(wire: &dyn Wire, headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
    let forbidden = |message: &str| Err(Refusal::new(StatusCode::FORBIDDEN, message));
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next(), uri.authority()) {
        (Some(host), None, _) => host.to_str().unwrap_or(""),
        (None, None, Some(authority)) => authority.as_str(),
        _ => "",
    };
    if !is_loopback(host) {
        return forbidden(
            "the desk answers on this machine's own names only: 127.0.0.1, localhost or [::1]",
        );
    }
    if let Some(origin) = header(ORIGIN)
        && origin != format!("http://{host}")
    {
        return forbidden("the desk answers no web page of another origin");
    }
    let ours = header_key(headers);
    let Some(given) = ours.or_else(|| wire.presented(headers)) else {
        return Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "the desk asks for the stand-in's key: in the provider's own header, or as \
             `X-Cutover-Key`",
        ));
    };
    if !same(given.as_bytes(), wire.key().as_bytes()) {
        return Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "this is not the stand-in's key; it printed the right one when it started",
        ));
    }
    Ok(())
}

fn header_key(headers: &HeaderMap) -> Option<&str> {
    headers.get(KEY_HEADER)?.to_str().ok()
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit()) => {
            name
        }
        _ => host,
    };
    let address = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    name.eq_ignore_ascii_case("localhost")
        || address
            .unwrap_or(name)
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Compares without telling by its time how far two keys agree.
fn same(given: &[u8], key: &[u8]) -> bool {
    let differs = given
        .iter()
        .zip(key)
        .fold(0, |differs, (given, key)| differs | (given ^ key));
    given.len() == key.len() && differs == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_are_its_own() {
        for (host, ours) in [
            ("127.0.0.1", true),
            ("127.0.0.1:3000", true),
            ("localhost:3000", true),
            ("LOCALHOST", true),
            ("[::1]:3000", true),
            ("127.1.2.3:1", true),
            ("", false),
            ("evil.example", false),
            ("evil.example:3000", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:3000", false),
            ("localhost:3000:x", false),
            ("10.0.0.1", false),
            ("0.0.0.0:3000", false),
            ("[::]:3000", false),
        ] {
            assert_eq!(is_loopback(host), ours, "{host}");
        }
    }

    #[test]
    fn keys_are_the_same_or_not() {
        for (given, key, expected) in [
            ("abc", "abc", true),
            ("abd", "abc", false),
            ("ab", "abc", false),
            ("abcd", "abc", false),
            ("", "abc", false),
        ] {
            assert_eq!(same(given.as_bytes(), key.as_bytes()), expected);
        }
    }
}
