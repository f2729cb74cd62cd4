//! A platform and an MCP server in this process: what stands between an agent and the provider at
//! the surfaces `mcp` and `platform`.
//!
//! Comes in: a case, the stack of its side, and how the provider is reached. Goes out: a surface and
//! the other hand. Deliberately absent: stand-ins and what they are made of.

mod backstage;
mod endpoint;
mod faced;
mod host;
mod open;
mod provider;
mod spec;
mod watch;

pub(super) use backstage::{Other, OtherProvider};
pub(super) use open::{Before, open};
