//! The surfaces of a scenario: those that it names, or all that have everything in it.

use crate::call::Surface;
use crate::scenario::check::findings::{Findings, Namespace, Narrow};
use crate::scenario::check::scalar;
use crate::scenario::node::{Kind, Node, Position};

/// The surfaces that were named, or all on which every verb and argument exists. Steps have been
/// read before.
pub(super) fn surfaces(
    node: Option<&Node>,
    top: Position,
    findings: &mut Findings,
) -> Vec<Surface> {
    note_sessions(findings);
    match node {
        Some(node) => named(node, findings),
        None => fitting(top, findings),
    }
}

/// References to the session, which only the platform has.
fn note_sessions(findings: &mut Findings) {
    let sessions = findings
        .used
        .iter()
        .filter(|used| used.namespace == Namespace::Reference && used.name == "session");
    let narrow = sessions.map(|used| Narrow {
        at: used.at,
        what: "`${{ session }}`".to_owned(),
        surfaces: &[Surface::Mcp, Surface::Platform],
    });
    let narrow: Vec<Narrow> = narrow.collect();
    findings.narrow.extend(narrow);
}

fn fitting(top: Position, findings: &mut Findings) -> Vec<Surface> {
    let fits = |surface: &Surface| {
        let has_verb = findings
            .verbs
            .iter()
            .all(|(verb, _)| verb.surfaces.contains(surface));
        has_verb
            && findings
                .narrow
                .iter()
                .all(|narrow| narrow.surfaces.contains(surface))
    };
    let fitting: Vec<Surface> = Surface::ALL.into_iter().filter(fits).collect();
    // What a step without a verb would have is not known.
    if fitting.is_empty() && !findings.incomplete {
        findings.add(
            top,
            "no surface has all the verbs and arguments of this scenario",
        );
    }
    fitting
}

fn named(node: &Node, findings: &mut Findings) -> Vec<Surface> {
    let mut surfaces = Vec::new();
    for (name, at) in scalar::names(node, "`surfaces`", findings) {
        match Surface::ALL
            .into_iter()
            .find(|surface| surface.name() == name)
        {
            Some(surface) => surfaces.push(surface),
            None => findings.unknown(at, "surface", &name, &Surface::ALL.map(Surface::name)),
        }
    }
    if surfaces.is_empty() && matches!(&node.kind, Kind::List(items) if items.is_empty()) {
        findings.add(node.at, "`surfaces` must name at least one");
    }
    refuse_others(&surfaces, findings);
    surfaces
}

fn refuse_others(surfaces: &[Surface], findings: &mut Findings) {
    for (verb, at) in std::mem::take(&mut findings.verbs) {
        for surface in surfaces.iter().filter(|s| !verb.surfaces.contains(s)) {
            findings.add(
                at,
                format!("verb `{verb}` does not exist at surface {surface}"),
            );
        }
        findings.verbs.push((verb, at));
    }
    for narrow in std::mem::take(&mut findings.narrow) {
        let other = surfaces
            .iter()
            .find(|surface| !narrow.surfaces.contains(surface));
        if let Some(other) = other {
            let told = narrow.told();
            findings.add(narrow.at, format!("{told}; the scenario names {other} too"));
        }
    }
}
