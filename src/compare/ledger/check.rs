//! Scenarios and ledger against each other, in both directions.

use std::sync::Arc;

use crate::compare::fields::comparable_paths;
use crate::compare::ledger::entry::{Entry, Ledger, Shape};
use crate::scenario::Problem;
use crate::scenario::model::{Action, Scenario, Step};
use crate::scenario::node::Position;

impl Ledger {
    /// The ledger with its orphans named: `scenarios` are all there are, selected or not.
    #[must_use]
    pub fn against(mut self, scenarios: &[Arc<Scenario>]) -> Self {
        self.orphans = orphans(&self, scenarios);
        self
    }
}

/// Entries that scenarios name under `quirks` and that are not in the ledger.
pub fn unknown_entries(ledger: &Ledger, scenarios: &[Arc<Scenario>]) -> Vec<Problem> {
    let named = scenarios
        .iter()
        .flat_map(|scenario| scenario.quirks.iter().map(move |quirk| (scenario, quirk)));
    named
        .filter(|(_, (id, _))| ledger.get(id).is_none())
        .map(|(scenario, (id, line))| {
            let file = scenario.file.display().to_string();
            let message = format!("`{id}` is not in the ledger");
            Problem::at(&file, &scenario.text, at(*line), message)
        })
        .collect()
}

/// Every disagreement of scenarios and ledger: a scenario that names an entry which is not there
/// or does not speak of it, a shape whose case, step or field does not exist, and a shape about a
/// scenario that does not name the entry. `ledger_texts` gives the source line of a shape.
pub fn check(
    ledger: &Ledger,
    scenarios: &[Arc<Scenario>],
    ledger_texts: &[super::LedgerText<'_>],
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for scenario in scenarios {
        let file = scenario.file.display().to_string();
        for (id, line) in &scenario.quirks {
            let message = match ledger.get(id) {
                None => format!("`{id}` is not in the ledger"),
                Some(entry) if !speaks_of(entry, scenario) => {
                    format!("no shape of {} is about this scenario", ledger.titled(id))
                }
                Some(_) => continue,
            };
            problems.push(Problem::at(&file, &scenario.text, at(*line), message));
        }
    }
    for entry in &ledger.entries {
        let text = ledger_texts
            .iter()
            .find(|text| text.file == entry.file)
            .map_or("", |text| text.text);
        for shape in &entry.shapes {
            let message = match mistake(shape, scenarios) {
                Some(message) => message,
                None => match unnamed(entry, shape, scenarios) {
                    Some(scenario) => format!(
                        "scenario `{scenario}` does not name {} under `quirks`",
                        entry.id
                    ),
                    None => continue,
                },
            };
            problems.push(Problem::at(&entry.file, text, at(shape.line), message));
        }
    }
    problems
}

/// Ids of entries with a shape that names no step on disk, with what is wrong: they are stale
/// whatever was run.
pub fn orphans(ledger: &Ledger, scenarios: &[Arc<Scenario>]) -> Vec<(String, String)> {
    let of_shape =
        |entry: &Entry, shape: &Shape| mistake(shape, scenarios).map(|why| (entry.id.clone(), why));
    ledger
        .entries
        .iter()
        .flat_map(|entry| {
            entry
                .shapes
                .iter()
                .filter_map(move |shape| of_shape(entry, shape))
        })
        .collect()
}

const fn at(line: usize) -> Position {
    Position { line, column: 1 }
}

fn speaks_of(entry: &Entry, scenario: &Scenario) -> bool {
    entry
        .shapes
        .iter()
        .any(|shape| shape.case.may_name(&scenario.name))
}

/// A scenario that the shape is about and that does not name the entry.
fn unnamed<'s>(entry: &Entry, shape: &Shape, scenarios: &'s [Arc<Scenario>]) -> Option<&'s str> {
    scenarios
        .iter()
        .filter(|scenario| about(shape, scenario))
        .find(|scenario| !scenario.quirks.iter().any(|(id, _)| *id == entry.id))
        .map(|scenario| scenario.name.as_str())
}

fn about(shape: &Shape, scenario: &Scenario) -> bool {
    shape.case.may_name(&scenario.name) && scenario.surfaces.contains(&shape.case.surface())
}

/// What a shape names that no scenario has.
fn mistake(shape: &Shape, scenarios: &[Arc<Scenario>]) -> Option<String> {
    let case = shape.case.text();
    let named: Vec<&Arc<Scenario>> = scenarios
        .iter()
        .filter(|scenario| about(shape, scenario))
        .collect();
    if named.is_empty() {
        return Some(format!("no scenario has the case `{case}`"));
    }
    let steps: Vec<&Step> = named
        .iter()
        .filter_map(|scenario| step_of(&scenario.steps, &shape.step))
        .collect();
    if steps.is_empty() {
        return Some(format!("no step `{}` in `{case}`", shape.step));
    }
    let paths: Vec<String> = steps
        .iter()
        .flat_map(|step| comparable_paths(step, shape.case.surface()))
        .collect();
    if paths.contains(&shape.field.text) {
        return None;
    }
    Some(format!(
        "step `{}` of `{case}` does not compare `{}`; it compares {}",
        shape.step,
        shape.field.text,
        if paths.is_empty() {
            "nothing".to_owned()
        } else {
            paths.join(", ")
        }
    ))
}

/// A step by its id, `PARENT/ID` below a `parallel`.
fn step_of<'s>(steps: &'s [Step], id: &str) -> Option<&'s Step> {
    crate::compare::steps::flatten(steps)
        .into_iter()
        .find(|(full, _)| full == id)
        .map(|(_, step)| step)
        .filter(|step| !matches!(step.action, Action::Parallel(_)))
}
