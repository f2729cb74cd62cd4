//! URLs as `new URL` reads them.

use ::url::Url;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Ports that fetch refuses to talk to, whoever listens there (the Fetch standard's list).
const BAD_PORTS: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];

/// `new URL(input)`: none if it throws.
pub fn parse(input: &str) -> Option<Url> {
    Url::parse(input).ok()
}

/// `new URL(input, base)`: none if it throws.
pub fn join(base: &Url, input: &str) -> Option<Url> {
    base.join(input).ok()
}

/// Whether two URLs have scheme, host and port in common.
pub fn same_origin(left: &Url, right: &Url) -> bool {
    left.scheme() == right.scheme() && left.host() == right.host() && left.port() == right.port()
}

/// A URL with this user and password, as a JavaScript `URL` writes it that was given them. One that can
/// hold neither (`vault:14322`, a scheme and a path) stays without; what is no URL stays as it is.
fn with_credentials(input: &str, user: &str, password: &str) -> String {
    let Some(mut url) = parse(input) else {
        return input.to_owned();
    };
    if url.set_username(user).is_ok() {
        // What took a user takes a password.
        let _ = url.set_password(Some(password));
    }
    url.into()
}

/// A proxy's address as sandboxes have it: as it was set without a token; with one, the user `x` and the
/// token as password.
pub fn proxy_address(address: &str, token: Option<&str>) -> String {
    match token {
        Some(token) => with_credentials(address, "x", token),
        None => address.to_owned(),
    }
}

/// `encodeURIComponent(text)`.
pub fn encode_component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// Whether a user or a password stands in a URL.
pub fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some_and(|password| !password.is_empty())
}

/// Whether fetch refuses to talk to its port.
pub fn has_bad_port(url: &Url) -> bool {
    url.port().is_some_and(|port| BAD_PORTS.contains(&port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_becomes_the_password_of_the_address() {
        for (vault, token, proxy) in [
            ("HTTPS://A:b@Vault", Some("t"), "https://x:t@vault/"),
            ("v", Some("t"), "v"),
            (
                "http://vault.example:14322",
                None,
                "http://vault.example:14322",
            ),
            (
                "http://vault.example:14322",
                Some("p@ss/w:rd"),
                "http://x:p%40ss%2Fw%3Ard@vault.example:14322/",
            ),
            (
                "http://vault.example:80/path?q=1",
                Some("t k%20é"),
                "http://x:t%20k%20%C3%A9@vault.example/path?q=1",
            ),
            (
                "https://a:b@vault.example",
                Some("t"),
                "https://x:t@vault.example/",
            ),
            ("vault:14322", Some("t"), "vault:14322"),
            (
                "HTTP://Vault.Example:8080",
                Some("t"),
                "http://x:t@vault.example:8080/",
            ),
        ] {
            assert_eq!(proxy_address(vault, token), proxy, "{vault} {token:?}");
        }
    }

    #[test]
    fn a_component_keeps_what_javascript_keeps() {
        assert_eq!(
            encode_component("a b/c?é-_.!~*'()"),
            "a%20b%2Fc%3F%C3%A9-_.!~*'()"
        );
    }
}
