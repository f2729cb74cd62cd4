//! What the harness itself does for a step, beside making calls.

use std::time::Duration;

use cutover_base::side::Side;

use crate::scenario::template::Template;

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
