//! The request log: lines of JSON about the requests of a stand-in, and where they are written.
//!
//! Comes in: a line for each request, from `front`. Goes out: the same lines to a file or to
//! standard output, by a thread of the program that runs the stand-in. Deliberately absent: what
//! a line says, which is the front's.

mod queue;
mod sink;

pub use queue::{LogWriter, RequestLog};
pub use sink::LogSink;
