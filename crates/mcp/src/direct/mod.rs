//! The direct mode of the MCP server of before: without a session, E2B itself is asked.
//!
//! Comes in: an account of E2B, and calls of tools. Goes out: what the agent reads; every sandbox
//! that was made is ended when the server ends. Deliberately absent: the platform, fixes, and which
//! calls come here.

mod account;
mod calls;
mod held;

pub use account::DirectSettings;
pub(crate) use calls::Direct;
