//! Plumbing that both stand-ins share, most of it because both providers' daemons are programs in Go
//! and leave it to Go's library.
//!
//! Comes in: requests and files of either stand-in. Goes out: Go's reading of paths, conditions and
//! ranges, its words for system errors and modes, requests passed on to a port inside a sandbox,
//! archives kept on disk, deadlines that fire. Deliberately absent: wire types, JSON and errors of a
//! provider, which each has of its own; imports of `e2b` and `daytona`.

mod archive;
mod byteranges;
mod conditions;
pub(crate) mod deadlines;
mod errno;
mod file_mode;
pub(crate) mod go_path;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
mod proxy;
mod range;

pub(crate) use archive::Archive;
pub(crate) use byteranges::{cut, multipart};
pub(crate) use conditions::{Conditions, last_modified};
pub(crate) use errno::errno_text;
pub(crate) use file_mode::file_mode;
pub(crate) use proxy::{outgoing, pass_on};
pub(crate) use range::{RangeAsked, Span};
