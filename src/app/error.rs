//! Why a command ends early.

/// What went wrong, in the words that the user is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AppError {
    /// A mistake in usage, configuration, scenario or ledger; nothing was created.
    #[error("{0}")]
    Usage(String),
    /// A failure of the harness.
    #[error("{0}")]
    Failed(String),
    /// Nothing was selected, or nothing is left to do.
    #[error("{0}")]
    Nothing(String),
    /// A signal came.
    #[error("interrupted by SIG{name}")]
    Interrupted {
        /// Its number.
        number: i32,
        /// Its name, without `SIG`.
        name: &'static str,
    },
}

impl AppError {
    /// A mistake in usage, configuration, scenario or ledger.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// What goes wrong once something was created is no longer a mistake in usage, whatever it is:
    /// who reads "nothing was created" would not look for what is left.
    pub(crate) fn after_create(self) -> Self {
        match self {
            Self::Usage(message) => Self::Failed(message),
            other => other,
        }
    }

    /// A failure of the harness.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// Nothing was selected, or nothing is left to do.
    pub(crate) fn nothing(message: impl Into<String>) -> Self {
        Self::Nothing(message.into())
    }
}
