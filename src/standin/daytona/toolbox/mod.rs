//! The toolbox under `/toolbox/{id}`: proxy, runner and daemon (contract sections 2 and 3).
//!
//! Comes in: requests for one sandbox. Goes out: results of its processes and files, error bodies
//! as the daemon gives them. Deliberately absent: anything that changes the sandbox as a whole.

mod error;
mod execute;
mod fields;
mod files;
mod launch;
mod machine;
mod output;
mod proxy;
mod route;
pub(super) mod session;

pub(super) use proxy::handle;
