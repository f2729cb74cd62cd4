//! Reading a file of a sandbox.

use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use cutover_js::{Text, Value, json, numbers, utf8};

use super::address::{Target, Where};
use super::told::{Call, File, too_large};
use crate::count::count;
use crate::failure::{Failure, sentence};
use crate::platform::Platform;
use crate::provider::SandboxProvider;
use crate::settings::Settings;
use crate::validate::{ARTIFACT_BYTES_MAX, ReadFileBody, Reading};

/// What is handed on of a file at most: UTF-16 units in the original, bytes where Q63 is repaired.
const LENGTH_MAX: u32 = 262_144;

/// Quirks that come of reading a file's bytes with a command. Each of their fixes reads them with
/// the provider's file interface instead.
const BY_COMMAND: [&str; 4] = ["Q89", "Q91", "Q92", "Q97"];

/// Quirks that come of fetching the whole file and then counting its UTF-16 units. One look at its
/// size repairs both.
const BY_LENGTH: [&str; 2] = ["Q63", "Q64"];

impl Platform {
    /// What a read may ask for.
    pub(crate) fn reading(&self) -> Reading {
        if BY_COMMAND.iter().any(|id| self.fixes.has(id)) {
            Reading::TextOrBytes
        } else {
            Reading::Text
        }
    }

    /// Reads a file as text.
    pub(crate) async fn read_file(
        &self,
        settings: &Settings,
        session_id: &Text,
        body: &ReadFileBody,
    ) -> Result<Value, Failure> {
        let name = &body.sandbox_name;
        let content = match self.find(Where { session_id, name }).await? {
            None => self.not_provisioned(name)?.into(),
            Some(address) => match self.target(&address, name)? {
                Target::Provider(provider, id) => {
                    self.read_by_provider(&provider, &id, body).await?
                }
                Target::Executor(url) => {
                    let mut cmd = Text::from("cat -- ");
                    cmd.push_str(&json::stringify_text(&body.path));
                    self.run_by_executor(settings, &url, &cmd).await?
                }
            },
        };
        self.capped(content, &body.path)
    }

    /// Reads a file as it is, up to the size of an artifact.
    pub(crate) async fn read_bytes(
        &self,
        session_id: &Text,
        body: &ReadFileBody,
    ) -> Result<Bytes, Failure> {
        let name = &body.sandbox_name;
        let Some(address) = self.find(Where { session_id, name }).await? else {
            let detail = self.not_provisioned(name)?;
            return Err(Failure::told(StatusCode::NOT_FOUND, detail));
        };
        let Target::Provider(provider, id) = self.target(&address, name)? else {
            let pattern = "sandbox '{}' is an HTTP executor, which hands out no files";
            let detail = sentence(pattern, &[name]);
            return Err(Failure::told(StatusCode::NOT_IMPLEMENTED, detail));
        };
        let file = File {
            path: &body.path,
            bytes_max: ARTIFACT_BYTES_MAX,
            advice: "",
        };
        let read = provider
            .read_bytes(&id, &body.path, file.bytes_max.into())
            .await;
        read.map_err(|thrown| {
            let call = Call {
                provider: &*provider,
                name,
                file: Some(file),
            };
            self.told(thrown, call)
        })
    }

    async fn read_by_provider(
        &self,
        provider: &Arc<dyn SandboxProvider>,
        id: &Text,
        body: &ReadFileBody,
    ) -> Result<Value, Failure> {
        let path = &body.path;
        let call = Call {
            provider: &**provider,
            name: &body.sandbox_name,
            file: Some(inline(path)),
        };
        let told = |thrown| self.told(thrown, call);
        if self.looks_at_size_first() {
            let bytes = provider
                .read_bytes(id, path, LENGTH_MAX.into())
                .await
                .map_err(told)?;
            return Ok(utf8::decode_keeping_bom(&bytes).into());
        }
        provider.read_file(id, path).await.map_err(told)
    }

    /// Whether a file's size in bytes is looked at before it is fetched.
    fn looks_at_size_first(&self) -> bool {
        BY_LENGTH.iter().any(|id| self.fixes.has(id))
    }

    /// The content, or what is said instead of one that is too large.
    fn capped(&self, content: Value, path: &Text) -> Result<Value, Failure> {
        if self.looks_at_size_first() {
            // What a provider read is within the limit, but an executor has no limit.
            let bytes = content.as_text().map_or(0, |it| it.to_string_lossy().len());
            if count(bytes) <= LENGTH_MAX.into() {
                return Ok(content);
            }
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            return Err(too_large(Some(inline(path)), bytes));
        }
        match length(&content) {
            Some(length) if length > LENGTH_MAX.into() => Ok(sentence(
                "error: file too large to return inline ({} bytes > 262144). Read a smaller slice \
                 (e.g. head/tail) or split it.",
                &[&numbers::to_js_string(length).into()],
            )
            .into()),
            _ => Ok(content),
        }
    }
}

/// A file whose text goes into an answer.
const fn inline(path: &Text) -> File<'_> {
    File {
        path,
        bytes_max: LENGTH_MAX,
        advice: "; read a part with execute",
    }
}

/// JavaScript's `content.length`, where that is a number.
fn length(content: &Value) -> Option<f64> {
    match content {
        Value::String(text) => Some(count(text.len())),
        Value::Array(items) => Some(count(items.len())),
        Value::Object(members) => match members.get("length") {
            Some(Value::Number(length)) => Some(*length),
            _ => None,
        },
        _ => None,
    }
}
