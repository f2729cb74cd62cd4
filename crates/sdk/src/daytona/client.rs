//! The one place of this SDK that builds HTTP clients.

use std::iter;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder};

/// How many redirects axios follows.
const REDIRECTS_MAX: usize = 21;

/// How long Node keeps a connection that nobody uses.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// What the error of one redirect too many says.
pub(super) const TOO_MANY_REDIRECTS: &str = "Maximum number of redirects exceeded";

/// Clients, built when first needed: one without a store of certificates, one with.
#[derive(Debug, Default)]
pub(super) struct Clients {
    plain: OnceLock<reqwest::Client>,
    tls: OnceLock<reqwest::Client>,
}

impl Clients {
    /// The client for a scheme, `http` or `https`.
    pub(super) fn for_scheme(&self, scheme: &str) -> reqwest::Result<reqwest::Client> {
        let (slot, tls) = match scheme {
            "https" => (&self.tls, true),
            _ => (&self.plain, false),
        };
        if let Some(client) = slot.get() {
            return Ok(client.clone());
        }
        // Two that build at once share the one that came first.
        let client = build(tls)?;
        Ok(slot.get_or_init(|| client).clone())
    }
}

fn build(tls: bool) -> reqwest::Result<reqwest::Client> {
    // Losing a race to someone else's provider is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let follow = Policy::custom(|attempt| {
        if attempt.previous().len() > REDIRECTS_MAX {
            return attempt.error(TOO_MANY_REDIRECTS);
        }
        attempt.follow()
    });
    let builder = ClientBuilder::new()
        .http1_only()
        .redirect(follow)
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy()
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true);
    if tls {
        builder.build()
    } else {
        builder.tls_certs_only(iter::empty::<Certificate>()).build()
    }
}
