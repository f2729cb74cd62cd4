//! Redaction at the capture boundary.
//!
//! Comes in: bytes from outside, whole or in chunks, and the secrets of the run. Goes out: the
//! same bytes with `<secret:NAME>` in the place of each secret, whatever its encoding.
//! Deliberately absent: where the bytes go; forms nobody can undo by looking (encryption, a
//! secret spelt backwards).

mod beginning;
mod form;
mod input;
mod patterns;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
mod redactor;
mod stream;
mod token;
mod unit;

pub use patterns::SECRET_CHARS_MIN;
pub use redactor::Redactor;
pub use stream::RedactStream;
