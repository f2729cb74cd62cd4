//! Plumbing that both stand-ins share, because behind both providers stands the same program: Go's
//! HTTP library.
//!
//! Comes in: requests and files of either stand-in. Goes out: Go's reading of conditions and ranges,
//! requests passed on to a port inside a sandbox, archives kept on disk. Deliberately absent: wire
//! types, JSON and error texts, which each provider has of its own; imports of `e2b` and `daytona`.

mod archive;
mod byteranges;
mod conditions;
mod proxy;
mod range;

pub(crate) use archive::Archive;
pub(crate) use byteranges::{cut, multipart};
pub(crate) use conditions::{Conditions, last_modified};
pub(crate) use proxy::{outgoing, pass_on};
pub(crate) use range::{RangeAsked, Span};
