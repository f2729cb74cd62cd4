//! A scenario that a journal keeps, read again.

use std::path::Path;

use crate::scenario::model::Scenario;
use crate::scenario::{Problem, parse_one};
use crate::transcript::event::StoredScenario;

/// Reads a scenario from its stored text, under the name and file that it had then.
///
/// # Errors
/// Every problem with its place, when this version cannot read what an earlier one could.
pub fn read_stored(stored: &StoredScenario) -> Result<Scenario, Vec<Problem>> {
    parse_one(&stored.name, Path::new(&stored.file), &stored.text)
}
