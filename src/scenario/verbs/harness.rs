//! What the harness itself does for a step, beside making calls.

use std::time::Duration;

use cutover_base::side::Side;
use indexmap::IndexMap;

use crate::scenario::template::{Bindings, Template, Unresolved};

/// Something that the harness does.
#[derive(Debug, Clone)]
pub enum HarnessAction {
    /// Waits, in real time.
    Pause(Duration),
    /// Lets something happen to a sandbox at the provider, behind the agent's back.
    AtProvider {
        /// The scenario's name for the sandbox.
        sandbox: Template,
        /// What happens.
        event: ProviderEvent,
    },
    /// Moves the stand-in's clock forward.
    Advance(Duration),
    /// Puts a fault of the stand-in in force.
    Fault {
        /// The fault, e.g. `503:10%`; `none` ends all.
        spec: String,
        /// The side; both when not said.
        side: Option<Side>,
    },
    /// Restarts a part of what stands between the agent and the provider.
    Restart(Restart<Template>),
}

/// What is restarted; variables that are named are set, or with `None` unset, and all others stay
/// as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restart<Text = String> {
    /// The MCP server.
    Mcp {
        /// Its variables.
        env: IndexMap<String, Option<Text>>,
    },
    /// The platform.
    Platform {
        /// Its variables.
        env: IndexMap<String, Option<Text>>,
    },
    /// The platform, which then has the other provider.
    Switch,
}

impl Restart<Template> {
    /// The restart with every reference replaced.
    ///
    /// # Errors
    /// Names the first reference that has no value.
    pub fn resolve(&self, bindings: &Bindings) -> Result<Restart, Unresolved> {
        let resolved = |env: &IndexMap<String, Option<Template>>| {
            let env = env.iter().map(|(name, value)| {
                let value = value.as_ref().map(|text| text.resolve(bindings));
                Ok((name.clone(), value.transpose()?))
            });
            env.collect::<Result<_, Unresolved>>()
        };
        Ok(match self {
            Self::Mcp { env } => Restart::Mcp {
                env: resolved(env)?,
            },
            Self::Platform { env } => Restart::Platform {
                env: resolved(env)?,
            },
            Self::Switch => Restart::Switch,
        })
    }
}

/// What `at_provider` does behind the agent's back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderEvent {
    /// Let its machine fail (stand-ins).
    Kill,
    /// Delete the sandbox, as its owner elsewhere might.
    Delete,
    /// Stop it (Daytona).
    Stop,
    /// Pause it (E2B).
    Pause,
    /// Let its lifetime end (stand-ins).
    Expire,
    /// List the account's sandboxes.
    List,
}
