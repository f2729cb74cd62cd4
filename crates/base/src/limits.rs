//! Bounds that more than one room must agree on. Each says why it is what it is.

/// Bytes of one captured value kept in memory; what is beyond goes to a file (`base::blob`).
/// 64 KiB holds nearly every real tool output, and 8 jobs with a few values each stay under the
/// 64 MiB of memory that captures may take.
pub const BLOB_INLINE_BYTES_MAX: usize = 64 * 1024;
