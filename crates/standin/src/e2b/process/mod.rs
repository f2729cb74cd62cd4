//! Processes that envd started: who is alive, who listens, how they end (contract 3.2, 5).
//!
//! Comes in: a process of the engine. Goes out: chunks to every attached stream, and how it
//! ended. Deliberately absent: HTTP and JSON (`envd`).

pub(crate) mod ending;
pub(crate) mod live;
pub(crate) mod supervise;
pub(crate) mod table;
