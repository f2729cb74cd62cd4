//! `POST /env`: changes of the daemon's own environment, which everything it starts inherits.
//! Newer than the contract's server source; shapes and meaning as the published client documents
//! them (contract 2.6, `daytona-toolbox-api-client` 0.226.1).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::machine::Machine;

/// Removes what `unset` and `unsetValuePrefix` name, then sets `set`.
pub(super) async fn update(machine: &Machine, body: Body) -> Result<Response, ToolError> {
    let wrong = |text: String| ToolError::body(format!("invalid request body: {text}"));
    let fields = Fields::read("UpdateEnvRequest", body)
        .await
        .map_err(wrong)?;
    let set = fields.texts("set").map_err(wrong)?;
    let unset = fields.list("unset").map_err(wrong)?;
    let prefix = fields.text("unsetValuePrefix").map_err(wrong)?;
    if let Some(name) = set.keys().find(|name| !is_env_name(name)) {
        let text = format!("invalid environment variable name: '{name}'");
        return Err(ToolError::bad(text));
    }
    let mut changes: BTreeMap<String, Option<String>> =
        unset.into_iter().map(|name| (name, None)).collect();
    if !prefix.is_empty() {
        let named = machine.env().into_iter();
        changes.extend(
            named
                .filter(|(name, value)| value.starts_with(&prefix) && !set.contains_key(name))
                .map(|(name, _)| (name, None)),
        );
    }
    changes.extend(set.into_iter().map(|(name, value)| (name, Some(value))));
    if !machine.sandbox.live.of(&machine.boot).env.add(changes) {
        return Err(ToolError::bad("the environment is too large"));
    }
    // The client wants a map of texts and reads none of it.
    let body = json!({"message": "Environment updated"});
    Ok(machine.json(StatusCode::OK, body))
}

/// Whether the daemon takes this name of a variable (contract 3.3).
pub(super) fn is_env_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    starts && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables() {
        for good in ["A", "_", "a_1", "PATH"] {
            assert!(is_env_name(good), "{good}");
        }
        for bad in ["", "1A", "X-Y", "A B", "É", "A="] {
            assert!(!is_env_name(bad), "{bad}");
        }
    }
}
