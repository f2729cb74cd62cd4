//! What a scenario does behind the agent's back: kill, expire, advance the clock, inject faults.

use std::time::Duration;

use async_trait::async_trait;

use crate::call::{Failure, Outcome};
use crate::driver::CallContext;
use crate::scenario::verbs::{ProviderEvent, Restart};

/// The other hand on a side's provider. What a lane cannot do is `Unsupported`, never skipped.
#[async_trait]
pub trait Backstage: Send + Sync + std::fmt::Debug {
    /// Lets something happen to a sandbox at the provider. `sandbox` is the provider's id.
    async fn event(
        &self,
        sandbox: &str,
        event: ProviderEvent,
        cx: &CallContext,
    ) -> Result<Outcome, BackstageError>;

    /// Moves the provider's clock forward.
    async fn advance(&self, by: Duration) -> Result<(), BackstageError>;

    /// Puts a fault in force, as written in the scenario; `none` ends all.
    async fn fault(&self, spec: &str) -> Result<(), BackstageError>;

    /// Restarts a part of what stands between the agent and the provider.
    async fn restart(&self, what: &Restart, cx: &CallContext) -> Result<Outcome, BackstageError> {
        let _ = cx;
        let what = match what {
            Restart::Mcp { .. } => "an MCP server to restart",
            Restart::Platform { .. } => "a platform to restart",
            Restart::Switch => "a platform whose provider could be another",
        };
        let why = format!("nothing here has {what}");
        Err(BackstageError::Unsupported(why))
    }

    /// What we ourselves have done to the side so far.
    fn ours(&self) -> Ours {
        Ours::default()
    }

    /// Stops what was started for this case. Idempotent.
    async fn close(&self);
}

/// What the harness did to a side, apart from what the scenario asks for. What follows from it
/// says nothing about the provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ours {
    /// Requests that a fault planted by the operator (`--fault`) hit.
    pub hits: u64,
    /// Sandboxes that died of such a fault.
    pub deaths: u64,
    /// Why our own machine could not do the provider's work, if it could not.
    pub machine: Option<String>,
}

/// Why something behind the scenes did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackstageError {
    /// The lane or provider has no such thing.
    #[error("{0}")]
    Unsupported(String),
    /// The provider did not do it.
    #[error(transparent)]
    Provider(Failure),
    /// It should have worked.
    #[error("{0}")]
    Failed(String),
}
