//! Scenarios and ledger against each other, in both directions.

use std::sync::Arc;

use crate::compare::fields::comparable_paths;
use crate::compare::ledger::entry::{Entry, Ledger, Shape};
use crate::compare::ledger::pattern::CasePattern;
use crate::compare::ledger::place::{Place, StepPattern};
use crate::compare::ledger::ties::ties;
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
            problems.push(told(entry, shape, message, ledger_texts));
        }
    }
    for (entry, shape, message) in ties(ledger, scenarios) {
        problems.push(told(entry, shape, message, ledger_texts));
    }
    problems
}

fn told(
    entry: &Entry,
    shape: &Shape,
    message: String,
    ledger_texts: &[super::LedgerText<'_>],
) -> Problem {
    let text = ledger_texts
        .iter()
        .find(|text| text.file == entry.file)
        .map_or("", |text| text.text);
    let at = Position {
        line: shape.line,
        column: shape.column,
    };
    Problem::at(&entry.file, text, at, message)
}

/// Ids of entries with a shape that names no step on disk, with what is wrong: they are stale
/// whatever was run. What is about many steps is never stale.
pub fn orphans(ledger: &Ledger, scenarios: &[Arc<Scenario>]) -> Vec<(String, String)> {
    let narrow = |shape: &&Shape| !shape.place.is_wide();
    let of_entry = |entry: &Entry| -> Vec<(String, String)> {
        let wrong = entry.shapes.iter().filter(narrow);
        wrong
            .filter_map(|shape| mistake(shape, scenarios))
            .map(|why| (entry.id.clone(), why))
            .collect()
    };
    ledger.entries.iter().flat_map(of_entry).collect()
}

const fn at(line: usize) -> Position {
    Position { line, column: 1 }
}

/// The cases that a shape is about in particular; one about many steps is about none.
fn particular(shape: &Shape) -> Option<&CasePattern> {
    match &shape.place {
        Place::Steps { case, .. } if !shape.place.is_wide() => Some(case),
        _ => None,
    }
}

fn speaks_of(entry: &Entry, scenario: &Scenario) -> bool {
    let mut cases = entry.shapes.iter().filter_map(particular);
    cases.any(|case| has(scenario, case))
}

/// A scenario that the shape is about in particular, and that does not name the entry. A user's
/// own entry is named nowhere: the scenario may be one that is not the user's to write.
fn unnamed<'s>(entry: &Entry, shape: &Shape, scenarios: &'s [Arc<Scenario>]) -> Option<&'s str> {
    let case = particular(shape).filter(|_| !entry.is_own())?;
    scenarios
        .iter()
        .filter(|scenario| has(scenario, case))
        .find(|scenario| !scenario.quirks.iter().any(|(id, _)| *id == entry.id))
        .map(|scenario| scenario.name.as_str())
}

/// Whether the scenario has such a case, at a surface on which it runs.
fn has(scenario: &Scenario, case: &CasePattern) -> bool {
    let mut surfaces = scenario.surfaces.iter();
    surfaces.any(|surface| case.may_name_at(*surface, &scenario.name))
}

/// What a shape names that no scenario has. A shape about a verb, or about all cases or all
/// steps, waits for what is not written yet.
fn mistake(shape: &Shape, scenarios: &[Arc<Scenario>]) -> Option<String> {
    let Place::Steps { case, step } = &shape.place else {
        return None;
    };
    if case.is_everywhere() {
        return None;
    }
    let text = case.text();
    let named: Vec<&Arc<Scenario>> = scenarios
        .iter()
        .filter(|scenario| has(scenario, case))
        .collect();
    if named.is_empty() {
        return Some(format!("no scenario has the case `{text}`"));
    }
    let steps: Vec<&Step> = named
        .iter()
        .flat_map(|scenario| steps_of(&scenario.steps, step))
        .collect();
    if steps.is_empty() {
        return Some(format!("no step `{}` in `{text}`", step.text()));
    }
    let surfaces = case.surfaces();
    let paths: Vec<String> = steps
        .iter()
        .flat_map(|step| {
            let of_step = surfaces.iter().flat_map(|on| comparable_paths(step, *on));
            of_step.collect::<Vec<_>>()
        })
        .collect();
    if paths.contains(&shape.field.text) {
        return None;
    }
    Some(format!(
        "step `{}` of `{text}` does not compare `{}`; it compares {}",
        step.text(),
        shape.field.text,
        if paths.is_empty() {
            "nothing".to_owned()
        } else {
            paths.join(", ")
        }
    ))
}

/// Steps of which a pattern may be about several; each by its id, `PARENT/ID` below a `parallel`.
fn steps_of<'s>(steps: &'s [Step], pattern: &StepPattern) -> Vec<&'s Step> {
    crate::compare::steps::flatten(steps)
        .into_iter()
        .filter(|(full, _)| pattern.matches(full))
        .map(|(_, step)| step)
        .filter(|step| !matches!(step.action, Action::Parallel(_)))
        .collect()
}
