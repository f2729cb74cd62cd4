//! What of the cases that there are is run, for the journal: a GO says what it rests on.

use std::collections::BTreeSet;

use cutover_base::by_side::BySide;

use crate::app::corpus::{Corpus, Select};
use crate::app::error::AppError;
use crate::call::SideSpec;
use crate::plan::Plan;
use crate::transcript::event::StoredSelection;

/// What `plan` leaves out of everything there is. `rerun` is the run whose cases are run again.
///
/// # Errors
/// When the selection itself is a mistake.
pub(crate) fn selection(
    corpus: &Corpus,
    select: &Select,
    sides: &BySide<SideSpec>,
    plan: &Plan,
    rerun: Option<&str>,
) -> Result<StoredSelection, AppError> {
    let mut all: BTreeSet<String> = corpus.every_case(select, sides)?;
    let beside = corpus.beside();
    if let Ok(Some(whole)) = &beside {
        all.extend(whole.every_case(select, sides)?);
    }
    for case in &plan.cases {
        all.remove(&case.id);
    }
    Ok(StoredSelection {
        by: by(select, rerun),
        left_out: all.into_iter().collect(),
        // Mistakes in files that were not asked for stop nothing, but nothing is known of them.
        uncounted: beside.is_err(),
    })
}

/// The options that select, as they are typed.
fn by(select: &Select, rerun: Option<&str>) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    said.extend(select.paths.iter().map(|path| path.display().to_string()));
    for (option, values) in [
        ("--only", &select.only),
        ("--skip", &select.skip),
        ("--tag", &select.tags),
    ] {
        said.extend(values.iter().map(|value| format!("{option} {value}")));
    }
    said.extend(select.shard.iter().map(|shard| format!("--shard {shard}")));
    said.extend(rerun.map(|run| format!("--rerun {run}")));
    said
}
