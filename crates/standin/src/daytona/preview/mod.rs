//! Preview addresses: `{port}-{sandboxId or token}.localhost` (contract 1.5, 2.1, 2.2).
//!
//! Comes in: requests to such a host. Goes out: what a program inside the sandbox answers on that
//! port, streamed both ways, websockets included. Deliberately absent: a login page; who has no
//! token gets 401.

mod address;
mod door;
mod forward;
mod handle;

pub(super) use address::{Address, host_of, url};
pub(super) use door::of_toolbox;
pub(super) use handle::handle;
