//! Two sides, each on its lane.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::{Provider, Stack, Surface};
use crate::driver::SandboxDriver;
use crate::driver::http::HttpClients;
use crate::plan::Case;
use crate::run::{OpenSide, RecordedSide, Stage, StageError};
use crate::stage::backstage::{LiveBackstage, StandinBackstage};
use crate::stage::deployed::{self, DeployedSide};
use crate::stage::embedded::{self, Before, Other, OtherProvider};
use crate::stage::live::live_driver;
use crate::stage::recording::Recording;
use crate::stage::standin::{StandinPlan, driver_of, start_standin, variables_of};
use crate::surface::{Backstage, BackstageError, Lifecycle, ProviderSurface};

/// How one side is reached.
#[derive(Debug, Clone)]
pub enum SideStage {
    /// A fresh stand-in for every case and replay.
    Standin(Box<StandinPlan>),
    /// One driver to the real cloud.
    Live(Box<LiveSide>),
    /// A platform that somebody else runs.
    Deployed(Box<DeployedSide>),
    /// An earlier run.
    Recording(Arc<Recording>),
}

/// A side on a live lane.
#[derive(Debug, Clone)]
pub struct LiveSide {
    /// Asks the provider.
    pub driver: Arc<dyn SandboxDriver>,
    /// The variables of the providers' SDKs, for a platform before them.
    pub variables: BTreeMap<String, String>,
    /// The HTTP clients; shared by the run.
    pub clients: HttpClients,
    /// What stands before it at the surfaces `mcp` and `platform`.
    pub stack: Stack,
    /// The MCP server before that, where it is not ours: a program and its arguments.
    pub mcp: Option<Vec<String>>,
}

impl LiveSide {
    /// A side with a driver and nothing before it.
    pub fn new(driver: Arc<dyn SandboxDriver>) -> Self {
        Self {
            driver,
            variables: BTreeMap::new(),
            clients: HttpClients::new(),
            stack: Stack::default(),
            mcp: None,
        }
    }
}

/// The stage of a run.
#[derive(Debug, Clone)]
pub struct TwoSides(pub BySide<SideStage>);

#[async_trait]
impl Stage for TwoSides {
    async fn open(
        &self,
        case: &Case,
        side: Side,
        lifecycle: Arc<dyn Lifecycle>,
    ) -> Result<OpenSide, StageError> {
        let opened = match &self.0[side] {
            SideStage::Recording(_) => Err("a recorded side is not played".to_owned()),
            SideStage::Deployed(side) => deployed::open(side, case, lifecycle).await,
            SideStage::Live(live) => open_live(live, case, lifecycle).await,
            SideStage::Standin(plan) => open_standin(plan, case, lifecycle).await,
        };
        opened.map_err(StageError)
    }

    fn recording(&self, side: Side) -> Option<&dyn RecordedSide> {
        match &self.0[side] {
            SideStage::Recording(recording) => Some(recording.as_ref()),
            SideStage::Standin(_) | SideStage::Live(_) | SideStage::Deployed(_) => None,
        }
    }
}

async fn open_live(
    live: &LiveSide,
    case: &Case,
    lifecycle: Arc<dyn Lifecycle>,
) -> Result<OpenSide, String> {
    let driver = Arc::clone(&live.driver);
    let backstage = Arc::new(LiveBackstage::new(Arc::clone(&driver)));
    if case.surface == Surface::Provider {
        return Ok(OpenSide {
            surface: Arc::new(ProviderSurface::new(driver, lifecycle)),
            backstage,
        });
    }
    let before = Before {
        provider: driver.provider(),
        stack: live.stack.clone(),
        variables: live.variables.clone(),
        driver,
        backstage,
        other: Box::new(OtherLive(live.clone())),
        clients: live.clients.clone(),
        mcp: live.mcp.clone(),
    };
    embedded::open(case, before, lifecycle).await
}

async fn open_standin(
    plan: &StandinPlan,
    case: &Case,
    lifecycle: Arc<dyn Lifecycle>,
) -> Result<OpenSide, String> {
    let ready = ready(plan).await?;
    if case.surface == Surface::Provider {
        return Ok(OpenSide {
            surface: Arc::new(ProviderSurface::new(ready.driver, lifecycle)),
            backstage: ready.backstage,
        });
    }
    let backstage = Arc::clone(&ready.backstage);
    let before = Before {
        provider: plan.provider,
        stack: plan.stack.clone(),
        variables: ready.variables,
        driver: ready.driver,
        backstage: ready.backstage,
        other: Box::new(OtherStandin(plan.clone())),
        clients: plan.clients.clone(),
        mcp: plan.mcp.clone(),
    };
    let opened = embedded::open(case, before, lifecycle).await;
    if opened.is_err() {
        backstage.close().await;
    }
    opened
}

/// Starts a stand-in and points a driver at it.
async fn ready(plan: &StandinPlan) -> Result<OtherProvider, String> {
    let started = start_standin(plan)
        .await
        .map_err(|error| error.to_string())?;
    let driver = match driver_of(plan, started.standin.as_ref()) {
        Ok(driver) => driver,
        Err(error) => {
            started.standin.stop().await;
            return Err(error);
        }
    };
    Ok(OtherProvider {
        provider: plan.provider,
        variables: variables_of(plan, started.standin.as_ref()),
        backstage: Arc::new(StandinBackstage::new(started, Arc::clone(&driver))),
        driver,
    })
}

const fn other_of(provider: Provider) -> Provider {
    match provider {
        Provider::E2b => Provider::Daytona,
        Provider::Daytona => Provider::E2b,
    }
}

/// A stand-in of the provider that the side does not have.
#[derive(Debug)]
struct OtherStandin(StandinPlan);

#[async_trait]
impl Other for OtherStandin {
    async fn open(&self) -> Result<OtherProvider, BackstageError> {
        let mine = &self.0;
        let plan = StandinPlan {
            allow_network: mine.allow_network,
            memory_bytes_max: mine.memory_bytes_max,
            ..StandinPlan::new(
                other_of(mine.provider),
                Arc::clone(&mine.engine),
                mine.clients.clone(),
            )
        };
        ready(&plan).await.map_err(BackstageError::Failed)
    }
}

/// The cloud of the provider that the side does not have.
#[derive(Debug)]
struct OtherLive(LiveSide);

#[async_trait]
impl Other for OtherLive {
    async fn open(&self) -> Result<OtherProvider, BackstageError> {
        let provider = other_of(self.0.driver.provider());
        let variables = &self.0.variables;
        let get = |name: &str| variables.get(name).cloned();
        let (driver, _) = live_driver(provider, &self.0.clients, &get)
            .map_err(|error| BackstageError::Unsupported(format!("{provider}: {error}")))?;
        Ok(OtherProvider {
            provider,
            variables: variables.clone(),
            backstage: Arc::new(LiveBackstage::new(Arc::clone(&driver))) as Arc<dyn Backstage>,
            driver,
        })
    }
}
