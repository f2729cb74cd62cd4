//! Two sides, each on its lane.

use std::sync::Arc;

use async_trait::async_trait;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::Surface;
use crate::driver::SandboxDriver;
use crate::plan::Case;
use crate::run::{OpenSide, Stage, StageError};
use crate::stage::backstage::{LiveBackstage, StandinBackstage};
use crate::stage::recording::Recording;
use crate::stage::standin::{StandinPlan, driver_of, start_standin};
use crate::surface::{Lifecycle, ProviderSurface};
use crate::transcript::Transcript;

/// How one side is reached.
#[derive(Debug, Clone)]
pub enum SideStage {
    /// A fresh stand-in for every case and replay.
    Standin(Box<StandinPlan>),
    /// One driver to the real cloud.
    Live(Arc<dyn SandboxDriver>),
    /// An earlier run.
    Recording(Arc<Recording>),
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
        if case.surface != Surface::Provider {
            return Err(StageError(format!(
                "surface {} needs the platform endpoint, which this build does not have",
                case.surface
            )));
        }
        match &self.0[side] {
            SideStage::Recording(_) => Err(StageError("a recorded side is not played".to_owned())),
            SideStage::Live(driver) => Ok(OpenSide {
                surface: Arc::new(ProviderSurface::new(Arc::clone(driver), lifecycle)),
                backstage: Arc::new(LiveBackstage::new(Arc::clone(driver))),
            }),
            SideStage::Standin(plan) => {
                let started = start_standin(plan)
                    .await
                    .map_err(|error| StageError(error.to_string()))?;
                let driver = match driver_of(plan, started.standin.as_ref()) {
                    Ok(driver) => driver,
                    Err(error) => {
                        started.standin.stop().await;
                        return Err(StageError(error));
                    }
                };
                Ok(OpenSide {
                    surface: Arc::new(ProviderSurface::new(Arc::clone(&driver), lifecycle)),
                    backstage: Arc::new(StandinBackstage::new(started, driver)),
                })
            }
        }
    }

    fn is_recorded(&self, side: Side) -> bool {
        matches!(self.0[side], SideStage::Recording(_))
    }

    fn recorded(&self, case: &Case, side: Side) -> Option<Vec<Transcript>> {
        match &self.0[side] {
            SideStage::Recording(recording) => Some(recording.transcripts(case, side)),
            SideStage::Standin(_) | SideStage::Live(_) => None,
        }
    }
}
