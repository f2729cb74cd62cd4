//! `/files`: contents, read and written as root (contract 4).
//!
//! Comes in: a request with a token or a signature. Goes out: bytes, whole or in parts, plain or
//! in gzip, or a list of what was written. Deliberately absent: entries of directories
//! (`filesystem`).

pub(crate) mod compose;
pub(crate) mod content;
pub(crate) mod content_type;
pub(crate) mod disposition;
pub(crate) mod download;
pub(crate) mod encoding;
mod found;
pub(crate) mod gzip;
pub(crate) mod multipart;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
pub(crate) mod query;
pub(crate) mod signature;
pub(crate) mod upload;
mod write;
