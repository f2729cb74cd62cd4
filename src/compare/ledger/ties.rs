//! Shapes about many steps of which neither is the more exact: which of them would explain a
//! difference would be chance.

use std::sync::Arc;

use crate::compare::ledger::entry::{Entry, Ledger, Shape, ShapeSides, SideName};
use crate::compare::ledger::place::Place;
use crate::compare::ledger::rank::Rank;
use crate::compare::steps::flatten;
use crate::scenario::model::Scenario;

/// Every shape that ties with one of an earlier entry, with what is wrong. An entry of the user's
/// own goes before a shipped one, so these never tie.
pub(super) fn ties<'l>(
    ledger: &'l Ledger,
    scenarios: &[Arc<Scenario>],
) -> Vec<(&'l Entry, &'l Shape, String)> {
    let wide: Vec<(&Entry, &Shape)> = ledger
        .entries
        .iter()
        .flat_map(|entry| entry.shapes.iter().map(move |shape| (entry, shape)))
        .filter(|(_, shape)| shape.place.is_wide())
        .collect();
    let mut found = Vec::new();
    for (index, (entry, shape)) in wide.iter().enumerate() {
        let tied = wide[..index].iter().find(|(other, earlier)| {
            other.id != entry.id
                && other.kind == entry.kind
                && other.is_own() == entry.is_own()
                && tie(earlier, shape, scenarios)
        });
        if let Some((other, earlier)) = tied {
            let message = format!(
                "speaks of `{}` as exactly as the shape of {} in line {}: make one narrower, or \
                 put both in one entry",
                shape.field.text, other.id, earlier.line
            );
            found.push((*entry, *shape, message));
        }
    }
    found
}

fn tie(a: &Shape, b: &Shape, scenarios: &[Arc<Scenario>]) -> bool {
    let (Some((from, to)), Some(others)) = (sides(a), sides(b)) else {
        return false;
    };
    let same_sides = (from, to) == others || (to, from) == others;
    a.field.text == b.field.text
        && same_sides
        && a.when == b.when
        && Rank::of(a, 0) == Rank::of(b, 0)
        && may_meet(&a.place, &b.place, scenarios)
}

fn sides(shape: &Shape) -> Option<(&SideName, &SideName)> {
    match &shape.sides {
        ShapeSides::Pair { from, to } => Some((&from.side, &to.side)),
        ShapeSides::Both { .. } => None,
    }
}

/// Whether both are about one step: of a verb always, by patterns where a scenario shows it.
fn may_meet(a: &Place, b: &Place, scenarios: &[Arc<Scenario>]) -> bool {
    match (a, b) {
        (
            Place::Verb { verb, case: None },
            Place::Verb {
                verb: other,
                case: None,
            },
        ) => verb == other,
        _ => {
            a.text() == b.text()
                || scenarios.iter().any(|scenario| {
                    flatten(&scenario.steps).iter().any(|(id, step)| {
                        let verb = step.action.verb();
                        scenario.surfaces.iter().any(|surface| {
                            let case = format!("{}/{}", surface.name(), scenario.name);
                            a.names(&case, id, verb) && b.names(&case, id, verb)
                        })
                    })
                })
        }
    }
}
