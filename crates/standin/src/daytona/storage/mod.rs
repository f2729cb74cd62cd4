//! The object store that the SDKs push build contexts to (contract 5.5), in the dialect of S3.
//!
//! Comes in: `HEAD`, `PUT` (whole, in parts, `aws-chunked`) and lists, path style, signed with
//! credentials that the control plane gave for an hour. Goes out: objects, for builds. Deliberately
//! absent: reading objects over the wire, other buckets, and every other operation of S3.

mod access;
mod body;
mod chunked;
mod object;
mod routes;
mod signature;
mod store;
mod xml;

pub(super) use object::Object;
pub(super) use routes::{handle, is_storage};
pub(super) use store::{BUCKET, REGION, Storage};
