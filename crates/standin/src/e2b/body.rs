//! Reading a JSON body as the provider's `OpenAPI` validator does.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::e2b::error::ControlError;

/// Bytes of a control-plane body at most: metadata and environment are small.
const BODY_BYTES_MAX: usize = 4 << 20;

/// The members of a JSON body.
#[derive(Debug)]
pub(crate) struct Fields {
    members: Map<String, Value>,
    digest: [u8; 32],
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
    pub(crate) async fn read(
        headers: &HeaderMap,
        body: Body,
        presence: Presence,
    ) -> Result<Self, ControlError> {
        let Ok(bytes) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
            // The real limit is larger and answers in plain text, which its own Python SDK cannot
            // read; the shape here is that of every other error.
            let text = "request too large";
            return Err(ControlError::new(StatusCode::PAYLOAD_TOO_LARGE, text));
        };
        let digest = Sha256::digest(&bytes).into();
        if bytes.is_empty() {
            return match presence {
                Presence::Optional => Ok(Self {
                    members: Map::new(),
                    digest,
                }),
                Presence::Required => Err(ControlError::validation(
                    "request body has an error: value is required but missing",
                )),
            };
        }
        check_content_type(headers)?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            ControlError::validation(&format!(
                "request body has an error: failed to decode request body: {error}"
            ))
        })?;
        match value {
            Value::Object(members) => Ok(Self { members, digest }),
            _ => Err(ControlError::validation(
                "request body has an error: doesn't match schema: value must be an object",
            )),
        }
    }

    /// SHA-256 of the body as it was sent.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// All members.
    pub(crate) const fn members(&self) -> &Map<String, Value> {
        &self.members
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
}

/// Only `application/json`, with any parameters, is in the provider's schema.
fn check_content_type(headers: &HeaderMap) -> Result<(), ControlError> {
    let given = headers.get(CONTENT_TYPE);
    let given = given.and_then(|value| value.to_str().ok()).unwrap_or("");
    let media = given.split(';').next().unwrap_or("").trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ControlError::validation(&format!(
        "request body has an error: header Content-Type has unexpected value: {given:?}"
    )))
}

/// 400 of a value that the schema does not allow.
pub(crate) fn mismatch(pointer: &str, what: &str) -> ControlError {
    ControlError::validation(&format!(
        "request body has an error: doesn't match schema: Error at \"/{pointer}\": {what}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn message(body: &'static str, presence: Presence) -> String {
        let headers = HeaderMap::from_iter([(
            CONTENT_TYPE,
            axum::http::HeaderValue::from_static("application/json; charset=utf-8"),
        )]);
        let outcome = async {
            let fields = Fields::read(&headers, Body::from(body), presence).await?;
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
