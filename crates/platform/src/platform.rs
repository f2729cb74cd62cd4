//! The endpoint as a value: what it is made of, and what it remembers while it runs.

use std::sync::Arc;
use std::time::Duration;

use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::fetch;
use tokio_util::task::TaskTracker;

use crate::artifacts::ArtifactStore;
use crate::locks::Locks;
use crate::memory::Memory;
use crate::provider::Registry;
use crate::rollout::Rollout;
use crate::settings::{Choice, Settings, SettingsError};
use crate::store::Store;

/// How long a command may run, as in the original.
pub const EXECUTE_TIMEOUT: Duration = Duration::from_secs(300);

/// What an endpoint is made of.
#[derive(Debug)]
pub struct Parts {
    /// What the operator set, or what is wrong with it.
    pub settings: Result<Settings, SettingsError>,
    /// Which quirks of the original are repaired.
    pub fixes: Fixes,
    /// The providers whose keys are set.
    pub registry: Registry,
    /// Where agents and sessions are kept.
    pub store: Arc<dyn Store>,
    /// Where artifacts are kept; none means that there is no such place.
    pub artifacts: Option<Arc<dyn ArtifactStore>>,
    /// What speaks to HTTP executors.
    pub fetch: fetch::Client,
    /// The time.
    pub clock: Clock,
    /// How long a command may run; [`EXECUTE_TIMEOUT`] unless something else is wanted.
    pub execute_timeout: Duration,
    /// How sandboxes are given out.
    pub rollout: Rollout,
}

/// An endpoint.
#[derive(Debug)]
pub struct Platform {
    pub(crate) settings: Result<Settings, SettingsError>,
    pub(crate) fixes: Fixes,
    pub(crate) registry: Registry,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) artifacts: Option<Arc<dyn ArtifactStore>>,
    pub(crate) fetch: fetch::Client,
    pub(crate) clock: Clock,
    pub(crate) execute_timeout: Duration,
    pub(crate) rollout: Rollout,
    pub(crate) memory: Memory,
    pub(crate) locks: Locks,
    /// Calls that are being answered. As in the original, one goes on to its end when whoever
    /// asked has hung up, lest a sandbox that was just created belong to nobody.
    pub(crate) calls: TaskTracker,
}

/// Why an endpoint does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Something that was set breaks a rule.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A provider was chosen whose key is not set.
    #[error(
        "SANDBOX_CHOICE is `{choice}`, but {variable} is not set; set it, or leave \
         SANDBOX_CHOICE out to use LOCAL_EXECUTOR_URL"
    )]
    ChoiceWithoutKey {
        /// The provider.
        choice: &'static str,
        /// The variable of its key.
        variable: &'static str,
    },
}

impl Platform {
    /// Makes an endpoint.
    ///
    /// # Errors
    /// The original starts with any settings and fails at every request (Q22), and turns to
    /// another way of making sandboxes where the chosen provider has no key (Q21). Repaired, both
    /// are told here.
    pub fn new(parts: Parts) -> Result<Self, StartError> {
        let Parts {
            settings,
            fixes,
            registry,
            store,
            ..
        } = parts;
        match &settings {
            Err(error) if fixes.has("Q22") => return Err(error.clone().into()),
            Ok(settings) if fixes.has("Q21") => {
                let split = parts.rollout.split.map(|it| it.to);
                for choice in [settings.choice, split] {
                    check_choice(choice, &registry)?;
                }
            }
            _ => {}
        }
        Ok(Self {
            settings,
            fixes,
            registry,
            store,
            artifacts: parts.artifacts,
            fetch: parts.fetch,
            clock: parts.clock,
            execute_timeout: parts.execute_timeout,
            rollout: parts.rollout,
            memory: Memory::default(),
            locks: Locks::default(),
            calls: TaskTracker::new(),
        })
    }
}

fn check_choice(choice: Option<Choice>, registry: &Registry) -> Result<(), StartError> {
    let Some(choice) = choice.filter(|choice| registry.chosen(*choice).is_none()) else {
        return Ok(());
    };
    Err(StartError::ChoiceWithoutKey {
        choice: choice.word(),
        variable: choice.key_variable(),
    })
}
