//! URLs as `new URL` reads them.

use ::url::Url;

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
pub fn with_credentials(input: &str, user: &str, password: &str) -> String {
    let Some(mut url) = parse(input) else {
        return input.to_owned();
    };
    if url.set_username(user).is_ok() {
        // What took a user takes a password.
        let _ = url.set_password(Some(password));
    }
    url.into()
}

/// Whether a user or a password stands in a URL.
pub fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some_and(|password| !password.is_empty())
}

/// Whether fetch refuses to talk to its port.
pub fn has_bad_port(url: &Url) -> bool {
    url.port().is_some_and(|port| BAD_PORTS.contains(&port))
}
