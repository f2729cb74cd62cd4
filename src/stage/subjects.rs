//! Who is compared where both sides are stand-ins.

use std::collections::BTreeSet;

use crate::call::{Lane, Provider, SideSpec, Stack};
use crate::compare::subjects::Subjects;
use crate::run::conclude::subjects;
use crate::transcript::event::StoredSubject;

/// E2B and Daytona, each as a stand-in with the stack of the migration's pull request.
pub fn default_sides() -> (SideSpec, SideSpec) {
    let side = |provider| SideSpec {
        provider,
        lane: Lane::Standin,
        stack: Stack::default(),
    };
    (side(Provider::E2b), side(Provider::Daytona))
}

/// The subjects of two stand-ins.
pub fn standin_subjects(
    source: &SideSpec,
    target: &SideSpec,
    engine: &str,
    met: &BTreeSet<String>,
) -> Subjects {
    let stored = |spec: &SideSpec| StoredSubject {
        provider: spec.provider.name().to_owned(),
        lane: spec.lane.to_string(),
        stack: spec.stack.to_string(),
        ..StoredSubject::default()
    };
    let met = met.iter().cloned().collect();
    subjects(&stored(source), &stored(target), Some(engine), met)
}
