//! The MCP server of the sandbox tools: `provision`, `execute`, `read_file`, `upload_artifact`.
//!
//! Comes in: a client's JSON-RPC, over two streams or HTTP, and [`Settings`] as a value. Goes out:
//! calls to the platform, and answers byte for byte those of the original MCP server, with
//! [`Fixes`](cutover_base::fixes::Fixes) by quirk on top; see `docs/mcp.md`. With
//! [`Settings::direct`] it is the server of before, which asks E2B itself where no session is given.
//! Deliberately absent: Daytona, the process's environment, scenarios.
//!
//! The protocol's machine is the SDK's (`rmcp`); `wire` reads and writes the lines, `tools` does
//! what is asked.

mod address;
mod answer;
mod catalogue;
pub mod config;
mod direct;
mod failure;
mod fixes;
mod issues;
mod key;
mod listen;
mod member;
mod platform;
mod serve;
mod server;
mod session;
mod settings;
mod tools;
mod unfit;
mod wire;

pub use direct::DirectSettings;
pub use fixes::FIXES;
pub use listen::{PATH, bind, listen};
pub use serve::{serve, serve_until};
pub use server::Server;
pub use settings::{CALL_LIMIT, Settings};
