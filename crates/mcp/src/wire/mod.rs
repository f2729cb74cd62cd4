//! Newline-delimited JSON-RPC as the original reads and writes it.
//!
//! Comes in: lines of a client, and the SDK's answers. Goes out: the SDK's requests, and lines.
//! Deliberately absent: what a tool does.

mod inbound;
mod issue;
mod lines;
mod message;
mod outbound;
mod requests;
mod shape;
mod transport;

pub(crate) use inbound::{Carried, Refused};
pub(crate) use shape::received;
pub(crate) use transport::{LineTransport, MESSAGE_BYTES_MAX};
