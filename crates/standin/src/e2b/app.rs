//! What every request of the stand-in needs.

use std::net::SocketAddr;
use std::sync::Arc;

use cutover_base::clock::Clock;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::e2b::build::{Templates, Workshop};
use crate::e2b::idempotency::IdempotencyKeys;
use crate::e2b::registry::Registry;
use crate::e2b::slots::Slots;
use crate::e2b::snapshots::Snapshots;
use crate::engine::Engine;
use crate::fault::Tamper;

/// The stand-in's own state, shared by its requests and its tasks.
#[derive(Debug)]
pub(crate) struct App {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// What runs the sandboxes.
    pub(crate) engine: Arc<dyn Engine>,
    /// Its time.
    pub(crate) clock: Clock,
    /// When it was started.
    pub(crate) started_at: Timestamp,
    /// The key it accepts.
    pub(crate) key: String,
    /// Plants differences.
    pub(crate) tamper: Option<Arc<dyn Tamper>>,
    /// Whether commands run Daytona's way (self-test of the judge).
    pub(crate) swap_shell: bool,
    /// Whether sandboxes may reach the host's network.
    pub(crate) allow_network: bool,
    /// Memory of one sandbox, in bytes.
    pub(crate) memory_bytes_max: u64,
    pub(crate) image: Option<String>,
    /// The sandboxes.
    pub(crate) registry: Registry,
    /// Room for more of them.
    pub(crate) slots: Slots,
    /// The snapshots.
    pub(crate) snapshots: Snapshots,
    /// The templates that were built here.
    pub(crate) templates: Templates,
    /// What builds them.
    pub(crate) workshop: Workshop,
    /// The creates that may be asked for again.
    pub(crate) creates: IdempotencyKeys,
    /// Every task of the stand-in; `stop` waits for them.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the stand-in stops.
    pub(crate) stopping: CancellationToken,
}
