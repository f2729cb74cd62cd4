//! Reading a JSON body as the provider's `OpenAPI` validator does.

use std::collections::BTreeMap;

use axum::body::Body;
use serde_json::{Map, Value};

use crate::standin::e2b::error::ControlError;

/// Bytes of a control-plane body at most: metadata and environment are small.
const BODY_BYTES_MAX: usize = 4 << 20;

/// The members of a JSON body.
#[derive(Debug)]
pub(crate) struct Fields {
    members: Map<String, Value>,
}

/// Whether a request may come without a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It must have one.
    Required,
    /// None is an empty object.
    Optional,
}

impl Fields {
    /// Reads a body to its end and parses it.
    pub(crate) async fn read(body: Body, presence: Presence) -> Result<Self, ControlError> {
        let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX)
            .await
            .map_err(|error| {
                ControlError::bad_request(format!("Error when parsing request: {error}"))
            })?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return match presence {
                Presence::Optional => Ok(Self {
                    members: Map::new(),
                }),
                Presence::Required => Err(ControlError::validation(
                    "request body has an error: value is required but missing",
                )),
            };
        }
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            ControlError::validation(&format!(
                "request body has an error: failed to decode request body: {error}"
            ))
        })?;
        match value {
            Value::Object(members) => Ok(Self { members }),
            _ => Err(ControlError::validation(
                "request body has an error: doesn't match schema: value must be an object",
            )),
        }
    }

    /// A member that is there and not `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// A string that must be there.
    pub(crate) fn string(&self, name: &str) -> Result<&str, ControlError> {
        match self.get(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(mismatch(name, "value must be a string")),
            None => Err(mismatch(name, &format!("property \"{name}\" is missing"))),
        }
    }

    /// A boolean, if it is there.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ControlError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(mismatch(name, "value must be a boolean")),
        }
    }

    /// A 32-bit integer from 0, if it is there; every integer of this API has `minimum: 0`.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<i64>, ControlError> {
        let Some(value) = self.members.get(name) else {
            return Ok(None);
        };
        let Some(number) = value.as_i64() else {
            return Err(mismatch(name, "value must be an integer"));
        };
        if number < 0 {
            return Err(mismatch(name, "number must be at least 0"));
        }
        if number > i64::from(i32::MAX) {
            return Err(mismatch(name, "number must be an int32"));
        }
        Ok(Some(number))
    }

    /// The same, and it must be there.
    pub(crate) fn seconds_required(&self, name: &str) -> Result<i64, ControlError> {
        self.seconds(name)?
            .ok_or_else(|| mismatch(name, &format!("property \"{name}\" is missing")))
    }

    /// An object of strings; absent is empty.
    pub(crate) fn strings(&self, name: &str) -> Result<BTreeMap<String, String>, ControlError> {
        match self.get(name) {
            None => Ok(BTreeMap::new()),
            Some(Value::Object(members)) => members
                .iter()
                .map(|(key, value)| match value {
                    Value::String(text) => Ok((key.clone(), text.clone())),
                    _ => Err(mismatch(&format!("{name}/{key}"), "value must be a string")),
                })
                .collect(),
            Some(_) => Err(mismatch(name, "value must be an object")),
        }
    }

    /// Whether a member says anything: neither absent, `null`, `false` nor empty.
    pub(crate) fn says(&self, name: &str) -> bool {
        match self.get(name) {
            None | Some(Value::Bool(false)) => false,
            Some(Value::Object(members)) => !members.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(_) => true,
        }
    }
}

fn mismatch(pointer: &str, what: &str) -> ControlError {
    ControlError::validation(&format!(
        "request body has an error: doesn't match schema: Error at \"/{pointer}\": {what}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn message(body: &'static str, presence: Presence) -> String {
        let outcome = async {
            let fields = Fields::read(Body::from(body), presence).await?;
            fields.seconds_required("timeout")?;
            fields.strings("metadata")
        };
        outcome.await.err().map_or(String::new(), |e| e.message)
    }

    #[tokio::test]
    async fn what_does_not_fit_the_schema_is_named() {
        let required = Presence::Required;
        for (body, expected) in [
            (r#"{"timeout": 3, "metadata": {"a": "b"}}"#, ""),
            (
                r#"{"timeout": -1}"#,
                "\"/timeout\": number must be at least 0",
            ),
            (
                r#"{"timeout": "1"}"#,
                "\"/timeout\": value must be an integer",
            ),
            (r"{}", "property \"timeout\" is missing"),
            (r"[]", "value must be an object"),
            ("", "value is required but missing"),
            ("{", "failed to decode request body"),
            (
                r#"{"timeout": 1, "metadata": {"a": 1}}"#,
                "\"/metadata/a\": value must be a string",
            ),
        ] {
            let message = message(body, required).await;
            assert!(message.contains(expected), "{body}: {message}");
            assert_eq!(message.is_empty(), expected.is_empty(), "{body}");
        }
        let absent = message("", Presence::Optional).await;
        assert!(absent.contains("property \"timeout\" is missing"));
    }
}
