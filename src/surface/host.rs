//! The platform of one case on one side, as its surfaces see it.

use std::sync::Arc;

use async_trait::async_trait;
use cutover_base::secret::Secret;

use crate::call::Failure;
use crate::driver::CallContext;
use crate::surface::{Refused, ToolClient};
use crate::transcript::{Ending, KnownLiteral};

/// The command that tells which sandbox of which provider it runs in.
pub const WHICH: &str = r#"printf 'e2b=%s daytona=%s' "$E2B_SANDBOX_ID" "$DAYTONA_SANDBOX_ID""#;

/// Runs a platform, or stands for one that runs elsewhere, and knows what it does behind its
/// answers.
#[async_trait]
pub trait PlatformHost: Send + Sync + std::fmt::Debug {
    /// Where the platform answers now; no slash at the end.
    fn base(&self) -> String;

    /// What whoever asks it must know.
    fn token(&self) -> Secret;

    /// Whether it is ours: that it cannot be reached is then our own failure.
    fn is_ours(&self) -> bool;

    /// Whether calls belong to sessions of the platform; they do but for `lap-direct`.
    fn has_sessions(&self) -> bool {
        true
    }

    /// The client of the MCP server that runs now; none at surface platform.
    fn tools(&self) -> Option<Arc<ToolClient>>;

    /// Makes a session and gives its id.
    ///
    /// # Errors
    /// Why there is none.
    async fn create_session(&self, session: NewSession<'_>) -> Result<String, String>;

    /// The provider's id of the sandbox that a session calls by this name.
    fn sandbox_id(&self, session: &str, name: &str) -> Option<String>;

    /// What the platform calls the sandbox that the scenario calls `name`: the same, unless the session
    /// is shared with others.
    fn name_there(&self, name: &str) -> String {
        name.to_owned()
    }

    /// A text of the platform with the scenario's names for the platform's own.
    fn as_shown(&self, text: String) -> String {
        text
    }

    /// A sandbox is about to be asked for, by the scenario's name.
    ///
    /// # Errors
    /// When it may not be asked for; it is then not.
    fn provisioning(&self, name: &str) -> Result<(), Refused> {
        let _ = name;
        Ok(())
    }

    /// What a platform that is not ours said of a new sandbox: the text that [`WHICH`] printed in it,
    /// if it printed one.
    ///
    /// # Errors
    /// When the sandbox is not one of the side's provider.
    fn adopt(
        &self,
        session: &str,
        name: &str,
        told: Option<&str>,
    ) -> Result<Option<KnownLiteral>, String> {
        let _ = (session, name, told);
        Ok(None)
    }

    /// A call begins: what passes between platform and provider belongs to it now.
    fn begin(&self, cx: &CallContext);

    /// What happened behind the answer since a call began.
    async fn behind(&self, cx: &CallContext) -> Behind;

    /// Stops the platform and destroys every sandbox that is left.
    async fn close(&self, cx: &CallContext) -> Ending;
}

/// A session that is to be made.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewSession<'a> {
    /// Its status, if not the platform's default.
    pub status: Option<&'a str>,
    /// The agent that it belongs to, any JSON.
    pub agent: Option<&'a serde_json::Value>,
}

/// What happened between platform and provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behind {
    /// The first failure in which the provider did not do its work, and which no `fault` of the
    /// scenario caused.
    pub failure: Option<Failure>,
    /// Why no sandbox may be asked for any more, where one was.
    pub stopped: Option<String>,
    /// What kept us from writing down what happened.
    pub unwritten: Option<String>,
    /// Sandboxes that came into being.
    pub literals: Vec<KnownLiteral>,
}
