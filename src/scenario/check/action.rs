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
    if verb.providers.len() < Provider::ALL.len() {
        let had_by = HadBy::Providers(verb.providers);
        findings.wants(at, format!("the verb `{verb}`"), had_by);
    }
    let written = arguments(verb, node, folder, findings)?;
    let harness = verb.harness.and_then(|own| own(&written));
    Some(match harness {
        Some(action) => Action::Harness(verb, action),
        None => Action::Call(Call { verb, written }),
    })
}
