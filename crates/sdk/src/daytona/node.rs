//! What Node says of a connection that failed.

use std::error::Error;
use std::io;

use url::{Host, Url};

use super::client::TOO_MANY_REDIRECTS;

/// A failure without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// A time limit of ours or of the system passed.
    TimedOut,
    /// Anything else, in Node's words.
    Said(String),
}

/// What Node says of a request to a URL that got no answer.
pub(super) async fn fault(error: &reqwest::Error, url: &Url) -> Fault {
    if error.is_redirect() {
        return Fault::Said(TOO_MANY_REDIRECTS.to_owned());
    }
    let io = source::<io::Error>(error);
    let kind = io.map(io::Error::kind);
    if error.is_connect() {
        return connecting(error, kind, url).await;
    }
    match kind {
        Some(io::ErrorKind::ConnectionReset) => Fault::Said("read ECONNRESET".to_owned()),
        Some(io::ErrorKind::BrokenPipe) => Fault::Said("write EPIPE".to_owned()),
        Some(io::ErrorKind::TimedOut) => Fault::TimedOut,
        _ if source::<io::Error>(error).is_none() && is_garbled(error) => {
            Fault::Said("Parse Error: Expected HTTP/".to_owned())
        }
        // The server closed the connection before it had answered.
        _ => Fault::Said("socket hang up".to_owned()),
    }
}

async fn connecting(error: &reqwest::Error, kind: Option<io::ErrorKind>, url: &Url) -> Fault {
    let code = match kind {
        Some(io::ErrorKind::ConnectionRefused) => "ECONNREFUSED",
        Some(io::ErrorKind::HostUnreachable) => "EHOSTUNREACH",
        Some(io::ErrorKind::NetworkUnreachable) => "ENETUNREACH",
        Some(io::ErrorKind::TimedOut) => return Fault::TimedOut,
        Some(io::ErrorKind::ConnectionReset) => {
            return Fault::Said("read ECONNRESET".to_owned());
        }
        _ => return Fault::Said(unknown(error, url).await),
    };
    let addresses = addresses(url).await;
    Fault::Said(match addresses.as_slice() {
        [one] => format!("connect {code} {one}"),
        // Node tries each of them and puts what went wrong into an error without a message, of
        // which only the name is left.
        _ => "AggregateError".to_owned(),
    })
}

/// A connection that failed for no reason of the network: no such host, or no trust.
async fn unknown(error: &reqwest::Error, url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    if matches!(url.host(), Some(Host::Domain(_))) && addresses(url).await.is_empty() {
        return format!("getaddrinfo ENOTFOUND {host}");
    }
    innermost(error).to_string()
}

/// The addresses of a URL's host.
async fn addresses(url: &Url) -> Vec<String> {
    let port = url.port_or_known_default().unwrap_or_default();
    match url.host() {
        Some(Host::Ipv4(address)) => vec![format!("{address}:{port}")],
        Some(Host::Ipv6(address)) => vec![format!("{address}:{port}")],
        Some(Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, port)).await;
            let found = found.into_iter().flatten();
            found.map(|it| format!("{}:{port}", it.ip())).collect()
        }
        None => Vec::new(),
    }
}

/// Whether what came was no HTTP.
fn is_garbled(error: &reqwest::Error) -> bool {
    // The library keeps its own kinds to itself, and tells them in these words alone.
    innermost(error).to_string().starts_with("invalid HTTP")
}

fn source<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut error = Some(error);
    while let Some(it) = error {
        if let Some(found) = it.downcast_ref::<T>() {
            return Some(found);
        }
        error = it.source();
    }
    None
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}
