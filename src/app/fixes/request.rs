//! What is asked of a stored run.

use std::path::PathBuf;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct FixesRequest {
    /// The run's folder.
    pub(crate) run: PathBuf,
    /// A ledger in the place of the run's own.
    pub(crate) quirks: Option<PathBuf>,
    /// Jobs at once; a job is one case on one side in one replay.
    pub(crate) jobs: usize,
    /// Memory of one sandbox of a stand-in, in bytes.
    pub(crate) memory_bytes_max: u64,
    /// Where the replays' folders are kept; nowhere if not said.
    pub(crate) out: Option<PathBuf>,
}
