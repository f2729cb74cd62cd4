//! Classes of failure, provider-neutral.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of failure a call met. The driver decides by status and body.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The file, process or other named thing is not there.
    NotFound,
    /// The sandbox does not exist any more.
    SandboxGone,
    /// The sandbox is paused, stopped or archived: it does no work until it is resumed.
    SandboxStopped,
    /// The provider stopped the call at its time limit.
    Timeout,
    /// The sandbox's user may not do this.
    Permission,
    /// A file was needed, the path is a directory.
    IsDirectory,
    /// Larger than a limit of the provider.
    TooLarge,
    /// The provider refused the arguments.
    Invalid,
    /// A quota of the account is used up.
    Quota,
    /// Too many requests.
    RateLimited,
    /// The key is missing, wrong or not allowed to do this.
    Unauthorized,
    /// The provider could not be reached or is not serving.
    Unavailable,
    /// The provider failed, or answered what its contract does not allow.
    Internal,
}

impl FailureClass {
    /// All classes, outcome classes first.
    pub const ALL: [Self; 13] = [
        Self::NotFound,
        Self::SandboxGone,
        Self::SandboxStopped,
        Self::Timeout,
        Self::Permission,
        Self::IsDirectory,
        Self::TooLarge,
        Self::Invalid,
        Self::Quota,
        Self::RateLimited,
        Self::Unauthorized,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The word used in YAML and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::SandboxGone => "sandbox_gone",
            Self::SandboxStopped => "sandbox_stopped",
            Self::Timeout => "timeout",
            Self::Permission => "permission",
            Self::IsDirectory => "is_directory",
            Self::TooLarge => "too_large",
            Self::Invalid => "invalid",
            Self::Quota => "quota",
            Self::RateLimited => "rate_limited",
            Self::Unauthorized => "unauthorized",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Whether the provider did not do its work. Such a failure is an error and never parity,
    /// unless the step expects it; all others are outcomes and are compared.
    pub const fn is_error(self) -> bool {
        matches!(
            self,
            Self::Quota
                | Self::RateLimited
                | Self::Unauthorized
                | Self::Unavailable
                | Self::Internal
        )
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A failure as the provider told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{class}: {message}")]
pub struct Failure {
    /// Its class.
    pub class: FailureClass,
    /// The provider's own words, redacted.
    pub message: String,
}

impl Failure {
    /// A failure of this class with these words.
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
        }
    }
}
