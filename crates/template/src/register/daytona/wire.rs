//! Daytona's answers, as far as they are looked at (contract 5.1, 5.2, 5.5).

use std::fmt;

use serde::Deserialize;

/// A snapshot.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) error_reason: Option<String>,
    pub(crate) cpu: Option<f64>,
    pub(crate) mem: Option<f64>,
    pub(crate) disk: Option<f64>,
    pub(crate) build_info: Option<BuildInfo>,
}

/// What a snapshot was built from.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuildInfo {
    pub(crate) dockerfile_content: Option<String>,
    #[serde(default)]
    pub(crate) context_hashes: Option<Vec<String>>,
}

/// The address of a build's log.
#[derive(Debug, Deserialize)]
pub(crate) struct LogAddress {
    pub(crate) url: String,
}

/// Where contexts are put, and with what.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushAccess {
    pub(crate) access_key: String,
    pub(crate) secret: String,
    pub(crate) session_token: String,
    pub(crate) storage_url: String,
    pub(crate) organization_id: String,
    pub(crate) bucket: String,
    pub(crate) region: Option<String>,
}

impl fmt::Debug for PushAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushAccess").finish_non_exhaustive()
    }
}

impl PushAccess {
    /// The region that requests are signed for; where nothing is said the one of the older SDKs.
    pub(crate) fn region(&self) -> &str {
        self.region.as_deref().unwrap_or("us-east-1")
    }
}

impl Snapshot {
    /// Whether it will not change by itself.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(
            self.state.as_str(),
            "active" | "inactive" | "error" | "build_failed"
        )
    }

    pub(crate) fn is_active(&self) -> bool {
        self.state == "active"
    }

    /// Why it failed, in the provider's words.
    pub(crate) fn reason(&self) -> &str {
        match self.error_reason.as_deref() {
            None | Some("") => "no reason given",
            Some(reason) => reason,
        }
    }
}
