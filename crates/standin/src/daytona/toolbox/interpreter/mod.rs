//! Interpreters that keep their state from run to run (contract 2.4; messages and texts as the
//! published clients and the public daemon have them).
//!
//! Comes in: code over a websocket. Goes out: what it printed, how it failed, whether it was too
//! slow. Deliberately absent: any language but Python, and an interpreter where the sandbox has
//! none.

mod context;
mod execute;
mod routes;
mod run;
mod worker;

pub(super) use routes::answer;
