//! Why a call has no answer of its own.

use axum::http::StatusCode;
use cutover_js::Text;

use crate::artifacts::ArtifactError;
use crate::provider::Thrown;
use crate::store::StoreError;
use crate::validate::Issues;

/// Why a call failed, and what whoever called is told.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A status, and the reason in words.
    Told {
        /// The status of the answer.
        status: StatusCode,
        /// The words.
        detail: Text,
    },
    /// The body breaks its schema.
    Invalid(Issues),
    /// Something that only the log tells.
    Internal(String),
}

impl Failure {
    pub(crate) fn told(status: StatusCode, detail: impl Into<Text>) -> Self {
        Self::Told {
            status,
            detail: detail.into(),
        }
    }

    pub(crate) fn unauthorized() -> Self {
        Self::told(StatusCode::UNAUTHORIZED, "unauthorized")
    }

    /// A session that is not there.
    pub(crate) fn no_session(session_id: &Text) -> Self {
        Self::told(
            StatusCode::NOT_FOUND,
            sentence("session {} not found", &[session_id]),
        )
    }

    /// An error that is only logged.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

impl From<ArtifactError> for Failure {
    fn from(error: ArtifactError) -> Self {
        Self::internal(error)
    }
}

impl From<Issues> for Failure {
    fn from(issues: Issues) -> Self {
        Self::Invalid(issues)
    }
}

impl From<Thrown> for Failure {
    fn from(thrown: Thrown) -> Self {
        Self::internal(thrown)
    }
}

/// A sentence with names in it: `{}` is the place of the next one. What a name holds stays as it
/// is, lone surrogates included, which no Rust text can hold.
pub(crate) fn sentence(pattern: &str, names: &[&Text]) -> Text {
    let mut names = names.iter();
    let mut whole = Text::new();
    for (at, part) in pattern.split("{}").enumerate() {
        if at > 0
            && let Some(name) = names.next()
        {
            whole.push_text(name);
        }
        whole.push_str(part);
    }
    whole
}
