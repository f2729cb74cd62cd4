//! E2B's answers, as far as they are looked at (contract 7.1).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A template that has the name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alias {
    #[serde(rename = "templateID")]
    pub(crate) template_id: String,
}

/// A tag and the build that has it.
#[derive(Debug, Deserialize)]
pub(crate) struct Tag {
    pub(crate) tag: String,
    #[serde(rename = "buildID")]
    pub(crate) build_id: String,
}

/// A build that waits for its files.
#[derive(Debug, Deserialize)]
pub(crate) struct Requested {
    #[serde(rename = "templateID")]
    pub(crate) template_id: String,
    #[serde(rename = "buildID")]
    pub(crate) build_id: String,
}

/// Where files are put.
#[derive(Debug, Deserialize)]
pub(crate) struct FileUpload {
    pub(crate) present: bool,
    pub(crate) url: Option<String>,
    pub(crate) headers: Option<BTreeMap<String, String>>,
}

/// How far a build is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    #[serde(rename = "status")]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) log_entries: Vec<LogEntry>,
    #[serde(default)]
    pub(crate) reason: Value,
}

/// What a build says.
#[derive(Debug, Deserialize)]
pub(crate) struct LogEntry {
    pub(crate) message: String,
}

/// Which build has been given tags.
#[derive(Debug, Deserialize)]
pub(crate) struct Assigned {
    #[serde(rename = "buildID")]
    pub(crate) build_id: String,
}

impl Status {
    /// Whether it changes no more.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.state.as_str(), "ready" | "error")
    }

    /// Why it failed, and the step that did.
    pub(crate) fn why(&self) -> String {
        let text = |it: &Value| it.as_str().map(str::to_owned);
        let message = text(&self.reason).or_else(|| text(self.reason.get("message")?));
        let message = message.unwrap_or_else(|| "Build failed".to_owned());
        match self.reason.get("step").and_then(Value::as_str) {
            Some(step) => format!("{message} (step {step})"),
            None => message,
        }
    }
}
