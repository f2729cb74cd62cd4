//! The four tools.
//!
//! Comes in: the name of a tool and its arguments, as JavaScript values. Goes out: what the agent
//! reads. Deliberately absent: JSON-RPC. No argument is checked here, as in the original: what is
//! missing is left out of the platform's request, and the platform says what it makes of it.

mod bytes;
mod dispatch;
mod in_band;
mod mime;
mod provision;
mod shared;
mod text;
mod upload;

pub(crate) use dispatch::call;
pub(crate) use shared::Tools;
