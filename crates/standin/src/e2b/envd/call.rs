//! One request to one sandbox's envd.

use std::sync::Arc;

use crate::e2b::app::App;
use crate::e2b::envd::codec::Wire;
use crate::e2b::envd::users::{self, Accounts};
use crate::e2b::error::{Code, RpcError};
use crate::e2b::reply::Route;
use crate::e2b::sandbox::Sandbox;
use crate::engine::Account;

/// The `PATH` of envd itself.
pub(crate) const DAEMON_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What every operation of envd needs.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The stand-in.
    pub(crate) app: Arc<App>,
    /// The sandbox.
    pub(crate) sandbox: Arc<Sandbox>,
    /// Where the request went.
    pub(crate) route: Route,
    /// The sandbox's accounts.
    pub(crate) accounts: Accounts,
    /// The account that Basic auth names.
    pub(crate) basic: Option<Account>,
    /// How its messages are written.
    pub(crate) wire: Wire,
}

impl Call {
    /// Whose name the operation has: the Basic user, or the template's default.
    pub(crate) async fn user(&self) -> Result<Account, RpcError> {
        if let Some(account) = &self.basic {
            return Ok(account.clone());
        }
        let found = self.accounts.find(users::DEFAULT_USER).await?;
        found.ok_or_else(|| {
            let text = format!("invalid default user: '{}'", users::DEFAULT_USER);
            RpcError::new(Code::Unauthenticated, text)
        })
    }
}
