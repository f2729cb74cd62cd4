//! A file that is open for the client.

use axum::http::StatusCode;

use crate::e2b::error::PlainError;
use crate::engine::FileReader;

/// Bytes of a file that may be changed on its way out (self-test of the judge): it must be whole.
pub(crate) const TAMPERED_BYTES_MAX: u64 = 64 << 20;

/// A file that is open for the client.
pub(crate) struct Found {
    /// The path as it was asked for, which decides the content type.
    pub(crate) given: String,
    /// The path as resolved.
    pub(crate) path: String,
    /// The file.
    pub(crate) reader: FileReader,
}

/// What went wrong while a file was read.
pub(crate) fn broken(path: &str, error: &std::io::Error) -> PlainError {
    let message = format!("error reading file '{path}': {error}");
    PlainError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}
