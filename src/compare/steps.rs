//! The steps of a scenario as transcripts name them.

use crate::scenario::model::{Action, Step};

/// All steps in order; those of a `parallel` follow it as `PARENT/ID`. A child whose id already
/// holds its parent's keeps it.
pub(crate) fn flatten(steps: &[Step]) -> Vec<(String, &Step)> {
    let mut out = Vec::new();
    for step in steps {
        out.push((step.id.clone(), step));
        if let Action::Parallel(children) = &step.action {
            for (id, child) in flatten(children) {
                let prefix = format!("{}/", step.id);
                let id = if id.starts_with(&prefix) {
                    id
                } else {
                    prefix + &id
                };
                out.push((id, child));
            }
        }
    }
    out
}
