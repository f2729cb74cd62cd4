//! Who is compared where both sides are stand-ins.

use std::collections::BTreeSet;

use cutover_base::by_side::BySide;

use crate::call::{Lane, Provider, SideSpec, Stack};
use crate::compare::subjects::Subjects;
use crate::run::conclude::subjects;
use crate::transcript::event::StoredSubject;

/// E2B and Daytona, each as a stand-in with the stack of the migration's pull request.
pub fn default_sides() -> BySide<SideSpec> {
    let providers = BySide {
        source: Provider::E2b,
        target: Provider::Daytona,
    };
    providers.map(|provider| SideSpec {
        provider,
        lane: Lane::Standin,
        stack: Stack::default(),
    })
}

/// The subjects of two stand-ins.
pub fn standin_subjects(
    specs: BySide<&SideSpec>,
    engine: &str,
    met: &BTreeSet<String>,
) -> Subjects {
    let stored = specs.map(|spec| StoredSubject {
        provider: spec.provider.name().to_owned(),
        lane: spec.lane.to_string(),
        stack: spec.stack.to_string(),
        ..StoredSubject::default()
    });
    let met = met.iter().cloned().collect();
    subjects(stored.as_ref(), Some(engine), met)
}
