//! The stage of a self-test: each case is a plant with a provider and a tamper of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use cutover_standin::engine::Engine;

use crate::driver::http::HttpClients;
use crate::plan::Case;
use crate::run::{OpenSide, Stage, StageError};
use crate::stage::selftest::Plant;
use crate::stage::sides::{SideStage, TwoSides};
use crate::stage::standin::StandinPlan;
use crate::surface::Lifecycle;

/// Opens both sides of a plant as stand-ins of its provider, the target's with its tamper.
#[derive(Debug)]
pub struct PlantStage {
    by_name: BTreeMap<String, TwoSides>,
}

impl PlantStage {
    /// A stage for these plants.
    pub fn new(plants: &[Plant], engine: &Arc<dyn Engine>, clients: &HttpClients) -> Self {
        let by_name = plants
            .iter()
            .map(|plant| {
                let plan = StandinPlan::new(plant.provider, Arc::clone(engine), clients.clone());
                let tampered = StandinPlan {
                    tamper: plant.tamper.clone(),
                    ..plan.clone()
                };
                let sides = TwoSides(BySide {
                    source: SideStage::Standin(Box::new(plan)),
                    target: SideStage::Standin(Box::new(tampered)),
                });
                (plant.name.to_owned(), sides)
            })
            .collect();
        Self { by_name }
    }
}

#[async_trait]
impl Stage for PlantStage {
    async fn open(
        &self,
        case: &Case,
        side: Side,
        lifecycle: Arc<dyn Lifecycle>,
    ) -> Result<OpenSide, StageError> {
        match self.by_name.get(&case.scenario.name) {
            Some(sides) => sides.open(case, side, lifecycle).await,
            None => Err(StageError(format!(
                "no plant is called {}",
                case.scenario.name
            ))),
        }
    }
}
