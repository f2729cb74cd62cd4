//! Passing a request on to a port inside a sandbox, and its answer back, as both come.
//!
//! Comes in: a request that was let through, and a connection to the port. Goes out: what the program
//! there answers, streamed both ways, upgraded connections (web sockets) too. Deliberately absent: who
//! may ask; headers that a provider adds; what is said when nothing answers.

mod headers;
mod pass_on;
mod request;

pub(crate) use pass_on::pass_on;
pub(crate) use request::outgoing;
