//! The toolbox under `/toolbox/{id}`: proxy, runner and daemon (contract sections 2 and 3).
//!
//! Comes in: requests for one sandbox. Goes out: results of its processes and files, error bodies
//! as the daemon gives them. Deliberately absent: anything that changes the sandbox as a whole.

mod charts;
mod code_run;
mod env;
mod error;
mod execute;
mod fields;
mod files;
mod git;
mod interpreter;
mod launch;
mod machine;
mod output;
mod proxy;
mod pty;
mod routes;
mod session;
mod socket;
mod system;

pub(super) use error::ToolError;
pub(super) use proxy::{handle, reachable};
pub(super) use session::begin_entrypoint;
