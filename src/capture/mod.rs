//! From real use to scenarios: what an agent called, seen on its way or read from a log.
//!
//! Comes in: the bytes between an MCP host and its server, or a log of tool calls. Goes out: the
//! text of scenarios, with what was held back, what cannot be replayed and why; every byte that
//! passes is passed on as it is. Deliberately absent: playing anything, arguments, printing.

pub(crate) mod effect;
pub(crate) mod import;
pub(crate) mod keep;
pub(crate) mod relay;
pub(crate) mod secrets;
pub(crate) mod story;
pub(crate) mod tool_use;
