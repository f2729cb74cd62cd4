//! Ground floor: names, clock, blobs, secrets, redaction, limits, how a fault is written, the commands
//! of a shell text, and counts in sentences.
//!
//! Comes in: nothing but the standard library and bytes. Goes out: values that every other room
//! uses. Deliberately absent: any knowledge of a tool, a provider, YAML or HTTP.

pub mod blob;
pub mod by_side;
pub mod clock;
pub mod fault;
pub mod fixes;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod limits;
pub mod redact;
pub mod secret;
pub mod shell;
pub mod side;
pub mod unseen;
pub mod words;
