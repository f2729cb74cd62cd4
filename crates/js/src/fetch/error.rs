//! What `fetch` and the readers of its answer throw.

use std::error::Error;

use crate::Text;
use crate::json::SyntaxError;

/// An error of `fetch`. It displays as the message that JavaScript code reads; what Node keeps in
/// `cause`, which no agent sees, is its source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There is no answer: refused, unknown host, reset, a time limit, a scheme that is not HTTP, a
    /// port that fetch does not talk to, too many redirects.
    #[error("fetch failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// The answer began and did not end as it should: cut, or compressed in a broken way.
    #[error("terminated")]
    Terminated(#[source] Box<dyn Error + Send + Sync>),
    /// The caller's time limit passed.
    #[error("This operation was aborted")]
    Aborted,
    /// The address is no URL.
    #[error("Failed to parse URL from {0}")]
    Url(String),
    /// A user or a password stands in the URL.
    #[error("Request cannot be constructed from a URL that includes credentials: {0}")]
    Credentials(String),
    /// A header has a name that HTTP does not allow.
    #[error("Headers.append: \"{0}\" is an invalid header name.")]
    HeaderName(String),
    /// A header has a line break or a NUL in its value.
    #[error("Headers.append: \"{0}\" is an invalid header value.")]
    HeaderValue(String),
    /// A header has a character beyond Latin-1.
    #[error(
        "Cannot convert argument to a ByteString because the character at index {index} has a value of {unit} which is greater than 255."
    )]
    ByteString {
        /// Where it stands, in UTF-16 code units.
        index: usize,
        /// The code unit.
        unit: u16,
    },
    /// The body is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The body is longer than a string can be.
    #[error("Cannot create a string longer than 0x1fffffe8 characters")]
    TooLong,
}

impl FetchError {
    /// The message. It can hold half a character when it quotes a body that is not JSON.
    pub fn message(&self) -> Text {
        match self {
            Self::Syntax(error) => error.message().clone(),
            other => other.to_string().into(),
        }
    }

    pub(super) fn failed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(cause.into())
    }

    pub(super) fn terminated(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Terminated(cause.into())
    }
}
