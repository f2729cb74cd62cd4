//! What a case shows that is worth showing: errors, failed expectations, fields that differ; in
//! the same words for every report.

use std::collections::{HashMap, HashSet};

use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use indexmap::IndexMap;

use crate::compare::answer::Divergence;
use crate::compare::cause::Cause;
use crate::compare::verdict::{
    CaseError, CaseVerdict, Effect, FieldVerdict, Gate, StepVerdict, Verdict,
};
use crate::report::about::About;
use crate::report::input::ReportInput;
use crate::report::lines::{Depth, Line};
use crate::report::replays;
use crate::report::sides::replay_list;

/// One thing to show of a case. The text is not yet neutralised for where it is shown, except for
/// values, which are [`crate::report::escape::visible`].
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The word that it comes to.
    pub verdict: Verdict,
    /// The fingerprint, if it is a field that differs.
    pub fingerprint: Option<String>,
    /// The step.
    pub step: String,
    /// `FILE:LINE`, or `FILE` for what stands in no line.
    pub place: String,
    /// The field's path and its kind of comparison, or the path of an expectation.
    pub what: Option<String>,
    /// What must be known of the step, at the first thing that is told of it.
    pub about: Option<Box<About>>,
    /// What the sides showed; empty for errors and expectations.
    pub lines: Vec<Line>,
    /// Sentences: messages, the quirk with its title, rules, where it enters.
    pub notes: Vec<String>,
}

/// Whether a verdict on a field is new: nothing explains it yet.
pub(crate) const fn is_new(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::NewDivergence | Verdict::UnstableSource | Verdict::UnstableTarget | Verdict::Noise
    )
}

/// Finds what a case shows; made once per report, so that a run of many cases is not searched
/// again for each of their fields.
pub(crate) struct Evidence<'a> {
    input: &'a ReportInput<'a>,
    depth: Depth,
    below: HashSet<&'a str>,
    divergences: HashMap<(&'a str, &'a str, &'a str), &'a Divergence>,
}

impl<'a> Evidence<'a> {
    pub(crate) fn of(input: &'a ReportInput<'a>) -> Self {
        Self::deep(input, Depth::REPORT)
    }

    /// As [`Evidence::of`], with more or less of each value.
    pub(crate) fn deep(input: &'a ReportInput<'a>, depth: Depth) -> Self {
        let key = |d: &'a Divergence| ((d.case.as_str(), d.step.as_str(), d.field.as_str()), d);
        Self {
            input,
            depth,
            below: input.below_surface(),
            divergences: input.conclusion.divergences.iter().map(key).collect(),
        }
    }

    /// The new things of a case, step by step: errors, failed expectations, fields, and what
    /// happened to a step that others suffer from.
    pub(crate) fn new_items(&self, case: &CaseVerdict) -> Vec<Item> {
        let mut errors = error_items(case);
        let of_a_step = |item: &Item| case.steps.iter().any(|step| step.id == item.step);
        let mut items: Vec<Item> = errors.extract_if(.., |item| !of_a_step(item)).collect();
        for (at, step) in case.steps.iter().enumerate() {
            let mut of_step: Vec<Item> =
                errors.extract_if(.., |item| item.step == step.id).collect();
            of_step.extend(unmet_items(case, step));
            let fields = step
                .fields
                .iter()
                .filter(|field| field.verdict.is_some_and(is_new));
            of_step.extend(fields.map(|field| self.field_item(case, step, field)));
            if of_step.is_empty() {
                of_step.extend(mishap_item(case, at, step));
            }
            self.add(&mut items, case, at, of_step);
        }
        items
    }

    /// The known divergences of a case.
    pub(crate) fn known_items(&self, case: &CaseVerdict) -> Vec<Item> {
        let mut items = Vec::new();
        for (at, step) in case.steps.iter().enumerate() {
            let known = Some(Verdict::KnownDivergence);
            let fields = step.fields.iter().filter(|field| field.verdict == known);
            let of_step = fields.map(|field| self.field_item(case, step, field));
            self.add(&mut items, case, at, of_step.collect());
        }
        items
    }

    /// Adds the items of a step, the first of them with what must be known of it.
    fn add(&self, items: &mut Vec<Item>, case: &CaseVerdict, at: usize, mut of_step: Vec<Item>) {
        if let Some(first) = of_step.first_mut() {
            let about = About::of(case, at, items.is_empty(), self.depth);
            first.about = Some(Box::new(about));
        }
        items.append(&mut of_step);
    }

    /// A field of a case, whatever its verdict.
    pub(crate) fn field_item(
        &self,
        case: &CaseVerdict,
        step: &StepVerdict,
        field: &FieldVerdict,
    ) -> Item {
        Item {
            verdict: field.verdict.unwrap_or(step.verdict),
            fingerprint: field.fingerprint.clone(),
            step: step.id.clone(),
            place: place(case, step.line),
            what: Some(format!("{} ({})", field.path, field.kind)),
            about: None,
            lines: replays::lines(field, self.depth),
            notes: self.field_notes(case, step, field),
        }
    }

    fn field_notes(
        &self,
        case: &CaseVerdict,
        step: &StepVerdict,
        field: &FieldVerdict,
    ) -> Vec<String> {
        let mut notes = self.meaning(case, field);
        let key = (case.case.as_str(), step.id.as_str(), &*field.path);
        let found = self.divergences.get(&key);
        if let Some(divergence) = found {
            let seen = match divergence.first_seen {
                Some(at) => format!("first seen {}", at.strftime("%Y-%m-%d %H:%M:%SZ")),
                None => "first seen in this run".to_owned(),
            };
            notes.push(format!("enters at {}; {seen}", divergence.enters_at));
        }
        if self.below.contains(case.case.as_str()) {
            notes.push("below the surface: blocks nothing".to_owned());
        }
        notes
    }

    /// What explains a field that differs, and how its replays agree.
    pub(crate) fn meaning(&self, case: &CaseVerdict, field: &FieldVerdict) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(id) = &field.quirk {
            let means = match (field.effect.map(Effect::phrase), field.gate) {
                (Some(effect), Some(Gate::Block)) => format!(", {effect}, blocks"),
                (Some(effect), _) => format!(", {effect}"),
                (None, _) => String::new(),
            };
            notes.push(format!("known as {}{means}", self.input.quirk(id)));
        }
        if let Some(id) = &field.differs_from {
            notes.push(format!("differs from {}", self.input.quirk(id)));
        }
        if let Some(id) = &field.looks_like {
            notes.push(format!("looks like {}", self.input.quirk(id)));
        }
        if !field.rules.is_empty() {
            notes.push(format!("after the rules {}", field.rules.join(", ")));
        }
        // Replays that all agree say nothing.
        if field.values.iter().any(|(_, side)| side.len() > 1) {
            let BySide { source, target } = case.replays;
            notes.push(format!("replays: {source} of source, {target} of target"));
        }
        notes
    }
}

/// The ids of the ledger entries that explain fields of a case, each once.
pub(crate) fn quirks(case: &CaseVerdict) -> Vec<&str> {
    let fields = case.steps.iter().flat_map(|step| &step.fields);
    let mut ids: Vec<_> = fields.filter_map(|field| field.quirk.as_deref()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The normalisation rules that changed something in a case, each once.
pub(crate) fn rules(case: &CaseVerdict) -> Vec<&str> {
    let fields = case.steps.iter().flat_map(|step| &step.fields);
    let mut names: Vec<_> = fields.flat_map(|f| &f.rules).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// `FILE:LINE`, or `FILE` for what stands in no line.
pub(crate) fn place(case: &CaseVerdict, line: usize) -> String {
    match line {
        0 => case.file.clone(),
        line => format!("{}:{line}", case.file),
    }
}

/// Errors of a case; the same error in several replays is told once.
pub(crate) fn error_items(case: &CaseVerdict) -> Vec<Item> {
    let mut groups: IndexMap<(Side, &str, &str), (Vec<u32>, &CaseError)> = IndexMap::new();
    for error in &case.errors {
        let key = (error.side, error.step.as_str(), error.message.as_str());
        groups
            .entry(key)
            .or_insert_with(|| (Vec::new(), error))
            .0
            .push(error.replay);
    }
    let item = |(replays, error): (Vec<u32>, &CaseError)| {
        let line = case
            .steps
            .iter()
            .find(|step| step.id == error.step)
            .map_or(0, |s| s.line);
        let (verdict, class) = match error.class {
            Some(class) => (Verdict::ProviderError, format!("{class}: ")),
            None => (Verdict::HarnessError, String::new()),
        };
        Item {
            verdict,
            fingerprint: None,
            step: error.step.clone(),
            place: place(case, line),
            what: None,
            about: None,
            lines: Vec::new(),
            notes: vec![format!(
                "{}, {}: {class}{}",
                error.side,
                replay_list(&replays),
                error.message
            )],
        }
    };
    groups.into_values().map(item).collect()
}

/// What keeps a step from being judged, or what later steps suffer from, when nothing else is told
/// of the step.
fn mishap_item(case: &CaseVerdict, at: usize, step: &StepVerdict) -> Option<Item> {
    let is_blamed = |cause: &Cause| {
        let mut blames = case.steps.iter().filter_map(|step| step.blame);
        cause.at == at && blames.any(|blame| case.causes.get(blame.cause) == Some(cause))
    };
    let is_told = match step.verdict {
        Verdict::Unsupported | Verdict::NotRecorded => true,
        // What ends a side is told once, with all that was not reached for it.
        Verdict::NotReached => step.blame.is_none_or(|blame| {
            let cause = case.causes.get(blame.cause);
            !blame.certain || cause.is_none_or(|cause| !cause.kind.ends_a_side())
        }),
        _ => case.causes.iter().any(is_blamed),
    };
    // After an interruption nothing is told of each step that is left.
    let before = case.steps.iter().take(at).rev();
    let mut unexplained = before.take_while(|step| step.verdict == Verdict::NotReached);
    let repeats = step.verdict == Verdict::NotReached
        && unexplained.any(|before| before.reason == step.reason);
    if !is_told || repeats {
        return None;
    }
    let is_reason = step.verdict.is_aside() && !step.reason.is_empty();
    Some(Item {
        verdict: step.verdict,
        fingerprint: None,
        step: step.id.clone(),
        place: place(case, step.line),
        what: None,
        about: None,
        lines: Vec::new(),
        notes: is_reason.then(|| step.reason.clone()).into_iter().collect(),
    })
}

pub(crate) fn unmet_items(case: &CaseVerdict, step: &StepVerdict) -> Vec<Item> {
    let mut groups: IndexMap<(Side, usize, &str, &str), Vec<u32>> = IndexMap::new();
    for (side, replay, unmet) in &step.unmet {
        let key = (
            *side,
            unmet.line,
            unmet.path.as_str(),
            unmet.message.as_str(),
        );
        groups.entry(key).or_default().push(*replay);
    }
    let item =
        |((side, line, path, message), replays): ((Side, usize, &str, &str), Vec<u32>)| Item {
            verdict: Verdict::ExpectationFailed,
            fingerprint: None,
            step: step.id.clone(),
            place: place(case, line),
            what: Some(path.to_owned()),
            about: None,
            lines: Vec::new(),
            notes: vec![format!("{side}, {}: {message}", replay_list(&replays))],
        };
    groups.into_iter().map(item).collect()
}
