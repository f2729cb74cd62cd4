//! One case: a scenario at a surface, at one point of its matrix.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::call::Surface;
use crate::scenario::model::Scenario;

/// What will be run on both sides and judged once.
#[derive(Debug, Clone)]
pub struct Case {
    /// `provider/files/roundtrip/size=1MiB`.
    pub id: String,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Where its calls enter.
    pub surface: Surface,
    /// Its point of the matrix; references `matrix.AXIS` stand for these.
    pub point: IndexMap<String, Value>,
    /// Whether the run may not be judged without it.
    pub required: bool,
    /// Capabilities that the scenario requires and the run does not have, and what its steps ask for
    /// that a side does not have.
    pub unmet: Vec<String>,
}
