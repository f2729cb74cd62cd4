//! The vocabulary of calls: who is asked (subject), what is asked (call), what came back
//! (outcome, failure).
//!
//! Comes in: names of `base`. Goes out: plain data for every room above. Deliberately absent:
//! how a call is sent, how it is written in YAML, how two outcomes compare.

pub mod failure;
pub mod outcome;
pub mod sandbox_call;
pub mod subject;
pub mod tool_call;

pub use failure::{Failure, FailureClass};
pub use outcome::{FieldValue, Outcome};
pub use sandbox_call::{SandboxCall, SandboxRequest};
pub use subject::{Lane, Provider, SideSpec, Stack, Surface};
pub use tool_call::ToolCall;
