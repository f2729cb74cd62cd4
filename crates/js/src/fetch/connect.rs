//! The one place of this crate that builds HTTP clients.

use std::iter;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Certificate, ClientBuilder};
use url::Url;

use super::FetchError;

/// How long undici waits for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long undici keeps a connection that nobody uses.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// Clients, built when first needed: one without a store of certificates, one with.
#[derive(Debug, Default)]
pub(super) struct Connections {
    plain: Mutex<Option<reqwest::Client>>,
    tls: Mutex<Option<reqwest::Client>>,
}

impl Connections {
    /// The client for a URL, which must be `http` or `https`.
    pub(super) fn for_url(&self, url: &Url) -> Result<reqwest::Client, FetchError> {
        let (slot, tls) = match url.scheme() {
            "https" => (&self.tls, true),
            "http" => (&self.plain, false),
            other => return Err(FetchError::failed(format!("unknown scheme `{other}`"))),
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let client = build(tls).map_err(FetchError::failed)?;
        *slot = Some(client.clone());
        Ok(client)
    }
}

/// A client that neither follows, nor repeats, nor asks a proxy, nor adds a header.
fn build(tls: bool) -> reqwest::Result<reqwest::Client> {
    // Losing a race to someone else's provider is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = ClientBuilder::new()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true);
    if tls {
        builder.build()
    } else {
        builder.tls_certs_only(iter::empty::<Certificate>()).build()
    }
}
