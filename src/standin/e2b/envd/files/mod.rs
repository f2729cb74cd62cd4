//! `/files`: contents, read and written as root (contract 4).
//!
//! Comes in: a request with a token or a signature. Goes out: bytes, or a list of what was
//! written. Deliberately absent: compression, `/files/compose`, metadata of files.

pub(crate) mod content_type;
pub(crate) mod download;
pub(crate) mod query;
pub(crate) mod range;
pub(crate) mod signature;
pub(crate) mod upload;
mod write;
