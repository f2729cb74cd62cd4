//! Surfaces: the ways a call can enter, behind one trait; and the way behind the scenes.
//!
//! Comes in: a resolved call. Goes out: what the caller was told, as fields of the surface.
//! A surface belongs to one case on one side in one replay and knows the scenario's names for
//! sandboxes and processes. Deliberately absent: scheduling, expectations, comparison, and how a
//! platform or an MCP server is started.

mod backstage;
mod host;
mod http_call;
mod mcp;
mod platform;
mod provider;
mod reply;
mod sessions;
mod settle;
mod tool_client;

use async_trait::async_trait;

pub use backstage::{Backstage, BackstageError, Ours};
pub use host::{Behind, NewSession, PlatformHost, WHICH};
pub use mcp::McpSurface;
pub use platform::PlatformSurface;
pub use provider::ProviderSurface;
pub use reply::{Lifecycle, Refused, Reply};
pub use tool_client::{RpcAnswer, ToolClient};

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

    /// The id of the session that calls are made for now; `None` where there are no sessions.
    fn session_id(&self) -> Option<String> {
        None
    }

    /// Whether a platform stands before the provider, where one can.
    fn has_platform(&self) -> bool {
        true
    }

    /// Destroys every sandbox that is left, and tells how that went.
    async fn close(&self, cx: &CallContext) -> Ending;
}
