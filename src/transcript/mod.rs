//! What happened, raw: transcripts in memory and the journal on disk.
//!
//! Comes in: outcomes and exchanges as the drivers gave them (already redacted). Goes out: data
//! for `normalise`, `compare` and `report`, in memory or read back from `events.ndjson`.
//! Deliberately absent: any cleaning of values, any opinion on them.

#[cfg(test)]
mod cut_tests;
pub mod event;
pub mod exchange;
pub mod folder;
pub mod journal;
mod line;
mod merge;
pub mod read;
mod rebuild;
pub mod record;
mod reread;
mod selection;
pub mod store;
pub mod stored;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::run_started as started_for_test;

pub use exchange::{Exchange, ExchangeSink};
pub use folder::{RunFolder, create_run_folder};
pub use journal::{JournalScope, JournalWriter};
pub use line::{JournalError, LINE_BYTES_MAX, Span, line_without_secrets};
pub use merge::{merge_problems, merge_runs};
pub use read::{read_journal, read_journal_lenient};
pub use record::{Ending, KnownLiteral, StepRecord, StepResult, Transcript};
pub use stored::{
    CallCount, StepFact, StepKind, StoredCase, StoredRun, StoredSandbox, StoredTranscript,
};
