//! A stand-in for one case on one side in one replay, and the driver that is pointed at it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutover_standin::engine::{Engine, MEMORY_BYTES_DEFAULT};
use cutover_standin::fault::{FaultSwitch, Tamper};
use cutover_standin::server::{Standin, StandinError, StandinOptions};
use cutover_standin::{daytona, e2b};

use crate::call::{Provider, Stack};
use crate::driver::SandboxDriver;
use crate::driver::http::HttpClients;
use crate::driver::{DriverConfig, connect};
use crate::stage::watched::{Trouble, WatchedEngine};

/// How the stand-ins of one side are started.
#[derive(Debug, Clone)]
pub struct StandinPlan {
    /// Whose wire they speak.
    pub provider: Provider,
    /// What runs their sandboxes; shared by the run.
    pub engine: Arc<dyn Engine>,
    /// The drivers' HTTP clients; shared by the run.
    pub clients: HttpClients,
    /// Faults from the start, counted over all stand-ins of the side.
    pub faults: FaultSwitch,
    /// Plants differences.
    pub tamper: Option<Arc<dyn Tamper>>,
    /// Run commands the other provider's way.
    pub swap_shell: bool,
    /// Whether sandboxes reach the host's network: the operator's choice.
    pub allow_network: bool,
    /// Memory of one sandbox, in bytes.
    pub memory_bytes_max: u64,
    /// What sandboxes are made of, by name: a template or a snapshot.
    pub image: String,
    /// The Docker image of their sandboxes, where it is not the engine's own choice.
    pub docker_image: Option<String>,
    /// What stands before them at the surfaces `mcp` and `platform`.
    pub stack: Stack,
    /// The MCP server before that, where it is not ours: a program and its arguments.
    pub mcp: Option<Vec<String>>,
}

/// The image that both stand-ins have, so that a rehearsal compares providers and not images.
pub const BUILT_IN_IMAGE: &str = "litellm";

/// The variable by which a provider's image is chosen, on every lane.
pub const fn image_variable(provider: Provider) -> &'static str {
    match provider {
        Provider::E2b => "E2B_TEMPLATE",
        Provider::Daytona => "DAYTONA_SNAPSHOT",
    }
}

impl StandinPlan {
    /// Stand-ins with everything ordinary.
    pub fn new(provider: Provider, engine: Arc<dyn Engine>, clients: HttpClients) -> Self {
        Self {
            provider,
            engine,
            clients,
            faults: FaultSwitch::default(),
            tamper: None,
            swap_shell: false,
            allow_network: false,
            memory_bytes_max: MEMORY_BYTES_DEFAULT,
            image: BUILT_IN_IMAGE.to_owned(),
            docker_image: None,
            stack: Stack::default(),
            mcp: None,
        }
    }
}

/// A stand-in that runs, and what kept our own machine from doing its work.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) standin: Arc<dyn Standin>,
    pub(crate) trouble: Trouble,
}

/// Starts a stand-in on a free loopback port.
///
/// # Errors
/// When no port can be bound.
pub(crate) async fn start_standin(plan: &StandinPlan) -> Result<Started, StandinError> {
    let (engine, trouble) = WatchedEngine::new(Arc::clone(&plan.engine));
    let options = StandinOptions {
        faults: plan.faults.fork(),
        tamper: plan.tamper.clone(),
        swap_shell: plan.swap_shell,
        allow_network: plan.allow_network,
        memory_bytes_max: plan.memory_bytes_max,
        image: plan.docker_image.clone(),
        ..StandinOptions::new(Arc::new(engine))
    };
    let standin = match plan.provider {
        Provider::E2b => e2b::start(options).await,
        Provider::Daytona => daytona::start(options).await,
    }?;
    Ok(Started { standin, trouble })
}

/// The driver of a stand-in: configured by the very variables that point the official SDK at it,
/// and by the one that names the image.
pub(crate) fn driver_of(
    plan: &StandinPlan,
    standin: &dyn Standin,
) -> Result<Arc<dyn SandboxDriver>, String> {
    let env = standin.env();
    let get = |name: &str| {
        if name == image_variable(plan.provider) {
            return Some(plan.image.clone());
        }
        env.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    let config = DriverConfig::from_env(plan.provider, &get).map_err(|error| error.to_string())?;
    connect(config, &plan.clients).map_err(|error| error.to_string())
}

/// What points a platform at a stand-in. The platform asks for an image of its own, unless whoever
/// runs this has chosen one.
pub(crate) fn variables_of(plan: &StandinPlan, standin: &dyn Standin) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = standin.env().into_iter().collect();
    if plan.image != BUILT_IN_IMAGE {
        let name = image_variable(plan.provider).to_owned();
        variables.insert(name, plan.image.clone());
    }
    variables
}
