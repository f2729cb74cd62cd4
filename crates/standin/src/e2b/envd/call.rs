//! One request to one sandbox's envd.

use std::sync::Arc;

use crate::e2b::app::App;
use crate::e2b::envd::codec::Wire;
use crate::e2b::envd::users::Accounts;
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
    /// The folder of the template, which an empty path means.
    pub(crate) fn work_dir(&self) -> Option<&str> {
        self.sandbox.defaults.work_dir.as_deref()
    }

    /// Whose name the operation has: the Basic user, or the template's default.
    pub(crate) async fn user(&self) -> Result<Account, RpcError> {
        if let Some(account) = &self.basic {
            return Ok(account.clone());
        }
        let default = &self.sandbox.defaults.user;
        let found = self.accounts.find(default).await?;
        found.ok_or_else(|| {
            let text = format!("invalid default user: '{default}'");
            RpcError::new(Code::Unauthenticated, text)
        })
    }
}
