//! File operations of a sandbox: one server, run where the sandbox is, and one client.
//!
//! Comes in: a [`FileOp`]. Goes out: frames over a stream socket, so that neither side holds a
//! whole file and a large directory costs the server one entry at a time. A server that has
//! answered to the end can be asked for the next operation.
//! Deliberately absent: how the server gets into the sandbox. The `namespaces` engine forks it
//! inside with the asked identity, the `process` engine runs it on a thread.

mod accounts;
mod archive;
mod client;
mod conversation;
mod export;
mod frame;
mod import;
mod op;
mod place;
mod serve;
mod serve_attributes;
mod serve_watch;

pub(crate) use accounts::parse_accounts;
pub(crate) use archive::Archived;
pub(crate) use client::{
    FileHost, attributes, call, export, file_system, import, list, read, read_small, stat, text,
    watch, write,
};
pub(crate) use conversation::Conversation;
pub(crate) use op::FileOp;
pub(crate) use serve::{refuse, serve, serve_all};
