//! The scenarios of an earlier run, with the secrets that its journal does not keep.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::sha256_hex;

use crate::app::error::AppError;
use crate::run::read_stored;
use crate::scenario::model::Scenario;
use crate::scenario::{read_text, render};
use crate::transcript::StoredRun;
use crate::transcript::event::StoredScenario;

/// The scenarios of an earlier run. The journal keeps no secret: a scenario that held one is read
/// from its file again, which must be as it was.
///
/// # Errors
/// When a file is not as it was, or a scenario cannot be read by this version.
pub(crate) fn scenarios_of(run: &StoredRun) -> Result<Vec<Arc<Scenario>>, AppError> {
    let mut scenarios = Vec::new();
    let mut problems = Vec::new();
    let mut changed = Vec::new();
    for stored in &run.started.scenarios {
        let text = match whole_text(stored) {
            Ok(text) => text,
            Err(why) => {
                changed.push(why);
                continue;
            }
        };
        let whole = StoredScenario {
            text,
            ..stored.clone()
        };
        match read_stored(&whole) {
            Ok(scenario) => scenarios.push(Arc::new(scenario)),
            Err(found) => problems.extend(found),
        }
    }
    if !changed.is_empty() {
        return Err(AppError::usage(changed.join("\nerror: ")));
    }
    if !problems.is_empty() {
        return Err(AppError::usage(render(&problems)));
    }
    Ok(scenarios)
}

fn whole_text(stored: &StoredScenario) -> Result<String, String> {
    let is_whole = |text: &str| sha256_hex(text.as_bytes()) == stored.sha256;
    if stored.sha256.is_empty() || is_whole(&stored.text) {
        return Ok(stored.text.clone());
    }
    let file = Path::new(&stored.file);
    let again = fs::metadata(file).ok().and_then(|_| read_text(file).ok());
    again.filter(|text| is_whole(text)).ok_or_else(|| {
        format!(
            "the scenario {} held a secret, which the journal does not keep, and `{}` is not there \
             as it was; run anew",
            stored.name, stored.file
        )
    })
}
