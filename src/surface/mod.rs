//! Surfaces: the ways a call can enter, behind one trait; and the way behind the scenes.
//!
//! Comes in: a resolved call. Goes out: what the caller was told, as fields of the surface.
//! A surface belongs to one case on one side in one replay and knows the scenario's names for
//! sandboxes and processes. Deliberately absent: scheduling, expectations, comparison. In this
//! version only surface provider is there; `mcp` and `platform` need the platform endpoint.

mod backstage;
mod provider;
mod reply;

use async_trait::async_trait;

pub use backstage::{Backstage, BackstageError, Ours};
pub use provider::ProviderSurface;
pub use reply::{Lifecycle, Refused, Reply};

use crate::call::{Surface, ToolCall};
use crate::driver::CallContext;
use crate::transcript::{Ending, StepResult};

/// One way in.
#[async_trait]
pub trait CallSurface: Send + Sync + std::fmt::Debug {
    /// Which way.
    fn surface(&self) -> Surface;

    /// Makes one call. Never fails as such: every way to fail is a kind of result.
    async fn call(&self, call: &ToolCall, cx: &CallContext) -> Reply;

    /// The home folder in the case's sandboxes, which are all made of one image.
    ///
    /// # Errors
    /// What the step came to that asked for it.
    async fn home(&self, cx: &CallContext) -> Result<String, StepResult>;

    /// The provider's id of a sandbox, by the scenario's name.
    fn sandbox_id(&self, name: &str) -> Option<String>;

    /// Destroys every sandbox that is left, and tells how that went.
    async fn close(&self, cx: &CallContext) -> Ending;
}
