//! The one place that builds HTTP clients.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder};
use url::{Host, Url};

use crate::driver::DriverError;

/// A host that does not answer a connect within this is treated as not reachable; both SDKs'
/// transports allow 30 s, and three tries of 10 s tell the same sooner.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Shorter than the idle limit of any server seen (the Daytona daemon's 70 s is the least), so
/// that a command is not sent into a connection that the server has just closed. And short, as a
/// connection is kept that long beyond the stand-in or sandbox that it led to: a run of many cases
/// would hold thousands of them.
const POOL_IDLE: Duration = Duration::from_secs(5);

/// HTTP clients, built when first needed and shared by all drivers of a run. Clones share them.
#[derive(Clone, Default)]
pub struct HttpClients {
    built: Arc<[Mutex<Option<Client>>; 3]>,
    limit: Option<Duration>,
}

/// What a URL needs of its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Plain HTTP on this machine: no CA store, no proxy.
    Loopback = 0,
    /// Plain HTTP elsewhere: no CA store.
    Plain = 1,
    /// HTTPS.
    Tls = 2,
}

impl HttpClients {
    /// Clients that are not built yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Clients of which no call waits longer than this in all, whatever its own limits are.
    #[must_use]
    pub fn within(limit: Duration) -> Self {
        Self {
            limit: Some(limit),
            ..Self::default()
        }
    }

    /// The longest that a call may take in all, if there is such a limit.
    pub(crate) const fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// The client for a URL.
    pub(crate) fn for_url(&self, url: &Url) -> Result<Client, DriverError> {
        let kind = Kind::of(url)?;
        let mut slot = self.built[kind as usize]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = slot.as_ref() {
            return Ok(client.clone());
        }
        let client = build(kind)?;
        *slot = Some(client.clone());
        Ok(client)
    }
}

impl fmt::Debug for HttpClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClients").finish_non_exhaustive()
    }
}

impl Kind {
    fn of(url: &Url) -> Result<Self, DriverError> {
        match url.scheme() {
            "https" => Ok(Self::Tls),
            "http" if is_loopback(url) => Ok(Self::Loopback),
            "http" => Ok(Self::Plain),
            other => Err(DriverError::Harness(format!(
                "`{other}:` is not a scheme a provider can be asked by; use http or https"
            ))),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn build(kind: Kind) -> Result<Client, DriverError> {
    install_crypto();
    // HTTP/1.1 only: hosted E2B cuts HTTP/2 downloads short, and a stream per
    // connection keeps a stalled command from stalling the others.
    // No redirects: they would carry `X-API-KEY` to wherever the answer points.
    // No retries inside the client: attempts are counted and recorded by `send`.
    let builder = ClientBuilder::new()
        .user_agent(concat!("cutover/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true);
    let none = std::iter::empty::<Certificate>;
    let builder = match kind {
        Kind::Loopback => builder.tls_certs_only(none()).no_proxy(),
        Kind::Plain => builder.tls_certs_only(none()),
        Kind::Tls => builder,
    };
    builder.build().map_err(|error| {
        let hint = match kind {
            Kind::Tls => "; install the package `ca-certificates` or set SSL_CERT_FILE",
            Kind::Loopback | Kind::Plain => "",
        };
        DriverError::Harness(format!(
            "no HTTP client could be built: {}{hint}",
            super::error::chain(&error)
        ))
    })
}

/// Installs the process-wide TLS provider, once. Losing a race to someone else's is fine.
pub(crate) fn install_crypto() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, kind: Kind) {
        let url = Url::parse(url).unwrap();
        assert_eq!(Kind::of(&url).unwrap(), kind, "{url}");
        HttpClients::new().for_url(&url).unwrap();
    }

    #[test]
    fn every_kind_of_url_has_its_client() {
        check("http://127.0.0.1:9/x", Kind::Loopback);
        check("http://localhost:9/x", Kind::Loopback);
        check("http://[::1]:9/x", Kind::Loopback);
        check("http://10.0.0.1/x", Kind::Plain);
    }

    #[test]
    fn another_scheme_is_refused_by_name() {
        let url = Url::parse("ftp://example.test/").unwrap();
        let error = HttpClients::new().for_url(&url).unwrap_err().to_string();
        assert!(error.contains("`ftp:`"), "{error}");
    }
}
