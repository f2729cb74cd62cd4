//! The methods of `filesystem.Filesystem`.

use serde_json::{Value, json};

use crate::e2b::envd::call::Call;
use crate::e2b::envd::filesystem::{change, look, watch};
use crate::e2b::envd::message::Message;
use crate::e2b::envd::paths;
use crate::e2b::error::RpcError;
use crate::engine::Account;

/// Answers a unary method.
pub(crate) async fn unary(call: &Call, method: &str, message: &Message) -> Result<Value, RpcError> {
    match method {
        "Stat" | "MakeDir" | "Move" | "ListDir" | "Remove" => {}
        "CreateWatcher" => return watch::create(call, message).await,
        "GetWatcherEvents" => return watch::events(call, message),
        "RemoveWatcher" => return watch::remove(call, message),
        _ => {
            return Err(RpcError::unimplemented(format!(
                "the stand-in does not implement /filesystem.Filesystem/{method}"
            )));
        }
    }
    let user = call.user().await?;
    let (sandbox, accounts) = (&call.sandbox, &call.accounts);
    match method {
        "Stat" => {
            let path = path(call, message, "path", &user)?;
            Ok(json!({"entry": look::stat(sandbox, accounts, &path).await?}))
        }
        "MakeDir" => {
            let path = path(call, message, "path", &user)?;
            change::make_dir(sandbox, &path, &user).await?;
            Ok(json!({"entry": look::stat(sandbox, accounts, &path).await?}))
        }
        "Move" => {
            let source = path(call, message, "source", &user)?;
            let destination = path(call, message, "destination", &user)?;
            change::rename(sandbox, &source, &destination, &user).await?;
            Ok(json!({"entry": look::stat(sandbox, accounts, &destination).await?}))
        }
        "ListDir" => {
            let path = path(call, message, "path", &user)?;
            let depth = message.uint32("depth")?.unwrap_or(0).max(1);
            let entries = look::list(sandbox, accounts, &path, depth).await?;
            Ok(if entries.is_empty() {
                json!({})
            } else {
                json!({"entries": entries})
            })
        }
        _ => {
            let path = path(call, message, "path", &user)?;
            change::remove(sandbox, &path).await?;
            Ok(json!({}))
        }
    }
}

fn path(call: &Call, message: &Message, name: &str, user: &Account) -> Result<String, RpcError> {
    let given = message.text(name)?.unwrap_or_default();
    paths::resolve(given, call.work_dir(), &user.home, &user.name)
        .map_err(|foreign| RpcError::invalid(foreign.message))
}
