//! Which port of which sandbox a host name means.

use axum::extract::Request;

/// The domain of all previews: browsers, curl and most resolvers lead every name below it to the
/// machine itself.
const DOMAIN: &str = "localhost";

/// A preview address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daytona) struct Address {
    pub(super) port: u16,
    /// A sandbox's id, or the token of a signed address.
    pub(super) whose: String,
}

/// The host that a request is for, with its port as it was written.
pub(in crate::daytona) fn host_of(request: &Request) -> Option<&str> {
    let named = request
        .headers()
        .get("host")
        .and_then(|host| host.to_str().ok());
    named.or_else(|| {
        request
            .uri()
            .authority()
            .map(axum::http::uri::Authority::as_str)
    })
}

impl Address {
    /// Reads a host; `None` when it is no preview's.
    pub(in crate::daytona) fn read(host: &str) -> Option<Self> {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let (label, domain) = name.split_once('.')?;
        if !domain.trim_end_matches('.').eq_ignore_ascii_case(DOMAIN) {
            return None;
        }
        let (port, whose) = label.split_once('-')?;
        // A leading sign is no port, though a number may have one.
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port > 0)?;
        let whose = whose.to_ascii_lowercase();
        (!whose.is_empty()).then_some(Self { port, whose })
    }
}

/// The address of a port; `whose` is a sandbox's id or a token.
pub(in crate::daytona) fn url(port: u16, whose: &str, standin_port: u16) -> String {
    format!("http://{port}-{whose}.{DOMAIN}:{standin_port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_strictly() {
        let cases = [
            ("3000-abc.localhost:8080", Some((3000, "abc"))),
            ("3000-ABC-1.LocalHost", Some((3000, "abc-1"))),
            ("3000-abc.localhost.:1", Some((3000, "abc"))),
            ("127.0.0.1:8080", None),
            ("localhost:8080", None),
            ("3000-abc.example.com", None),
            ("0-abc.localhost", None),
            ("70000-abc.localhost", None),
            ("+1-abc.localhost", None),
            ("3000-.localhost", None),
            ("abc.localhost", None),
            ("", None),
        ];
        for (host, expected) in cases {
            let got = Address::read(host);
            let got = got
                .as_ref()
                .map(|address| (address.port, address.whose.as_str()));
            assert_eq!(got, expected, "{host}");
        }
        let made = url(80, "x", 9000);
        let host = made.strip_prefix("http://").unwrap();
        assert_eq!(Address::read(host).unwrap().port, 80);
    }
}
