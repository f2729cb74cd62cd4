//! Users: looked up by name on every request (contract 5.2), which reads the accounts once.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::OnceCell;

use crate::e2b::error::{Code, RpcError};
use crate::e2b::sandbox::Sandbox;
use crate::engine::{Account, Identity};

/// The accounts of a sandbox for one request: read when first asked for, and once, as each read
/// goes into the sandbox twice.
#[derive(Debug, Clone)]
pub(crate) struct Accounts {
    sandbox: Arc<Sandbox>,
    read: OnceCell<Vec<Account>>,
}

impl Accounts {
    /// Reads nothing yet.
    pub(crate) fn new(sandbox: Arc<Sandbox>) -> Self {
        let read = OnceCell::new();
        Self { sandbox, read }
    }

    /// All of them.
    pub(crate) async fn all(&self) -> Result<&[Account], RpcError> {
        let read = || self.sandbox.engine.accounts();
        let accounts = self.read.get_or_try_init(read).await;
        accounts
            .map(Vec::as_slice)
            .map_err(|error| RpcError::engine(Code::Internal, "error reading accounts: ", &error))
    }

    /// An account by name.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<Account>, RpcError> {
        let mut all = self.all().await?.iter();
        Ok(all.find(|account| account.name == name).cloned())
    }
}

/// Checks the Basic user of a request; the password is ignored, other schemes are too.
pub(crate) async fn basic(
    accounts: &Accounts,
    headers: &HeaderMap,
) -> Result<Option<Account>, RpcError> {
    let Some(name) = basic_name(headers) else {
        return Ok(None);
    };
    match accounts.find(&name).await? {
        Some(account) => Ok(Some(account)),
        None => Err(RpcError::new(
            Code::Unauthenticated,
            format!("invalid username: '{name}'"),
        )),
    }
}

fn basic_name(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(credentials.trim()).ok()?;
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    decoded.split_once(':').map(|(name, _)| name.to_owned())
}

/// The rights of an account's commands.
pub(crate) fn identity(account: &Account) -> Identity {
    account.identity()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_basic_header_names_a_user() {
        for (value, expected) in [
            ("Basic dXNlcjo=", Some("user")),
            ("basic cm9vdDpzZWNyZXQ=", Some("root")),
            ("Basic Og==", Some("")),
            ("Bearer dXNlcjo=", None),
            ("Basic !!!", None),
            ("Basic dXNlcg==", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            assert_eq!(basic_name(&headers).as_deref(), expected, "{value}");
        }
    }
}
