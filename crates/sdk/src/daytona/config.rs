//! The SDK as a value.

use std::fmt;
use std::sync::Arc;

use cutover_base::secret::Secret;

use super::client::Clients;
use crate::observe::Observer;

/// Where Daytona is unless something else is set.
const API_URL: &str = "https://app.daytona.io/api";

/// What the SDK is made with.
#[derive(Clone)]
pub struct Config {
    /// The key.
    pub api_key: Secret,
    /// Where the control plane is; none means Daytona's own.
    pub api_url: Option<String>,
    /// Hears every exchange.
    pub observer: Arc<dyn Observer>,
}

/// Without the address, in which a password may stand.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({:?})", self.api_key)
    }
}

/// The SDK: `new Daytona(config)`. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Daytona(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    clients: Clients,
}

impl Daytona {
    /// Makes one. Nothing is sent yet.
    pub fn new(config: Config) -> Self {
        Self(Arc::new(Inner {
            config,
            clients: Clients::default(),
        }))
    }

    /// Where the control plane is.
    pub(super) fn api_url(&self) -> &str {
        let set = self.0.config.api_url.as_deref().filter(|it| !it.is_empty());
        set.unwrap_or(API_URL)
    }

    pub(super) fn api_key(&self) -> &str {
        self.0.config.api_key.expose()
    }

    pub(super) fn observer(&self) -> &dyn Observer {
        &*self.0.config.observer
    }

    pub(super) fn clients(&self) -> &Clients {
        &self.0.clients
    }
}
