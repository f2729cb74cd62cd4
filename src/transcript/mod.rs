//! What happened, raw: transcripts in memory and the journal on disk.
//!
//! Comes in: outcomes and exchanges as the drivers gave them (already redacted). Goes out: data
//! for `normalise`, `compare` and `report`. Deliberately absent: any cleaning of values, any
//! opinion on them.

pub mod event;
pub mod exchange;
pub mod record;

pub use exchange::{Exchange, ExchangeSink};
pub use record::{Ending, KnownLiteral, StepRecord, StepResult, Transcript};
