//! Why a registration ended without what was asked for.

/// Which end it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// It cannot be done as it was asked for; nothing was made or removed.
    #[error("{0}")]
    Refused(String),
    /// The provider, the build or the way there failed.
    #[error("{0}")]
    Failed(String),
}

impl RegisterError {
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::Refused(message.into())
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}
