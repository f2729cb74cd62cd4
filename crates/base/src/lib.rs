//! Ground floor: names, clock, blobs, secrets, redaction, limits, and how a fault is
//! written.
//!
//! Comes in: nothing but the standard library and bytes. Goes out: values that every other room
//! uses. Deliberately absent: any knowledge of a tool, a provider, YAML or HTTP.

pub mod blob;
pub mod by_side;
pub mod clock;
pub mod fault;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod limits;
pub mod redact;
pub mod secret;
pub mod side;
pub mod unseen;
