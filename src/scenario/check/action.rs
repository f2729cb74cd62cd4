//! What a step does, from its verb and arguments.

use std::path::Path;

use crate::call::Provider;
use crate::scenario::check::args::arguments;
use crate::scenario::check::findings::Findings;
use crate::scenario::model::Action;
use crate::scenario::node::{Node, Position};
use crate::scenario::verbs::{Call, Verb};
use crate::scenario::want::HadBy;

/// Reads the arguments of a verb. `parallel` is read by [`super::step`], which calls this.
pub(crate) fn action(
    (verb, at): (&'static Verb, Position),
    node: &Node,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<Action> {
    if !verb.is_here() {
        absent_verb(verb, at, findings);
        return None;
    }
    if verb.providers.len() < Provider::ALL.len() {
        let had_by = HadBy::Providers(verb.providers);
        findings.wants(at, format!("the verb `{verb}`"), had_by, verb.what);
    }
    let written = arguments(verb, node, folder, findings)?;
    let harness = verb.harness.and_then(|own| own(&written));
    Some(match harness {
        Some(action) => Action::Harness(verb, action),
        None => Action::Call(Call { verb, written }),
    })
}

fn absent_verb(verb: &Verb, at: Position, findings: &mut Findings) {
    let surfaces: Vec<&str> = verb.surfaces.iter().map(|s| s.name()).collect();
    let (what, names) = match surfaces.as_slice() {
        [one] => ("surface", (*one).to_owned()),
        many => ("surfaces", many.join(" and ")),
    };
    findings.add(
        at,
        format!("verb `{verb}` exists at {what} {names} only, which this build does not have"),
    );
}
