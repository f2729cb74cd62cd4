//! One entry of `steps`.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use crate::scenario::check::action::action;
use crate::scenario::check::conditions;
use crate::scenario::check::fields::Fields;
use crate::scenario::check::findings::{Findings, Namespace};
use crate::scenario::check::scalar;
use crate::scenario::model::{Action, Step};
use crate::scenario::node::{Kind, Node, Position};
use crate::scenario::verbs::{self, HarnessAction, Verb};

/// Keys of a step beside its verb.
pub(crate) const STEP_KEYS: [&str; 8] = [
    "id",
    "expect",
    "compare",
    "normalise",
    "capture",
    "until",
    "guard",
    "defer",
];

/// How long the harness may be told to wait for a call: up to the longest limit of a provider, and
/// some more.
pub(crate) const GUARD: RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(25 * 3600);

/// Steps of one `parallel`: each holds a connection on both sides.
pub(crate) const PARALLEL_STEPS_MAX: usize = 32;

/// Where a step stands: in `steps`, or in a `parallel` of the step with this id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Its number in its list, from 1.
    pub(crate) number: usize,
    /// The id of the `parallel` around it.
    pub(crate) parent: Option<&'a str>,
    /// The scenario's folder.
    pub(crate) folder: Option<&'a Path>,
}

/// Reads a step. A step with mistakes is noted in the findings, and what can be known of it is
/// used for the checks that follow.
pub(crate) fn step(node: &Node, place: Place<'_>, findings: &mut Findings) -> Option<Step> {
    let known: Vec<&str> = STEP_KEYS
        .into_iter()
        .chain(verbs::ALL.into_iter().map(|verb| verb.name))
        .collect();
    let before = findings.count();
    let Some(fields) = open(node, &known, findings) else {
        findings.incomplete = true;
        return None;
    };
    let unknown_key = findings.count() > before;
    findings.deferred = fields
        .get("defer")
        .and_then(|node| scalar::boolean(node, "`defer`", findings))
        .unwrap_or_default();
    let defer = findings.deferred;
    let verb = the_verb(&fields, unknown_key, findings);
    let id = id(&fields, verb.map(|(verb, ..)| verb), place, findings);
    let action = verb.and_then(|(verb, at, node)| {
        findings.verbs.push((verb, at));
        findings.step_id.clone_from(&id);
        if *verb == verbs::PARALLEL {
            parallel(node, &id, place, findings)
        } else {
            action((verb, at), node, place.folder, findings)
        }
    });
    if let (Some(_), true) = (place.parent, defer) {
        findings.add(node.at, "a step of a `parallel` cannot be deferred");
    }
    if action.is_none() {
        findings.incomplete = true;
    }
    let step = Step {
        id,
        line: node.at.line,
        // A step without an action is dropped with the whole scenario; its other keys are
        // checked all the same.
        action: action
            .clone()
            .unwrap_or_else(|| Action::Parallel(Vec::new())),
        expect: conditions::expect(fields.get("expect"), findings),
        compare: conditions::compare(fields.get("compare"), findings),
        normalise: conditions::normalise(fields.get("normalise"), findings),
        capture: conditions::capture(fields.get("capture"), findings),
        until: conditions::until(fields.get("until"), findings),
        guard: guard(fields.get("guard"), findings),
        defer,
    };
    if let Some(action) = &action {
        refuse_conditions(action, &fields, findings);
        refuse_guard(action, &fields, findings);
    }
    findings.deferred = false;
    action.map(|_| step)
}

fn open<'n>(node: &'n Node, known: &[&str], findings: &mut Findings) -> Option<Fields<'n>> {
    if let Kind::Text(text) = &node.kind {
        let help = Verb::from_name(text).map(|verb| format!("write `{verb}: {{}}`"));
        findings.add_with(node.at, "the step must be a mapping, this is text", help);
        return None;
    }
    if matches!(node.kind, Kind::Null) {
        findings.add(node.at, "the step is empty");
        return None;
    }
    Fields::open(node, "step", known, findings)
}

/// The step's one verb. A step without one whose keys had a mistake probably has it misspelt,
/// which was said already.
fn the_verb<'n>(
    fields: &Fields<'n>,
    unknown_key: bool,
    findings: &mut Findings,
) -> Option<(&'static Verb, Position, &'n Node)> {
    let mut verbs = verbs::ALL
        .into_iter()
        .filter_map(|verb| fields.entry(verb.name).map(|(at, node)| (verb, at, node)));
    let first = verbs.next();
    let rest: Vec<_> = verbs.collect();
    let Some(first) = first else {
        if !unknown_key {
            findings.add_with(
                fields.at,
                "the step has no verb",
                Some("such as `execute: \"...\"` or `read_file: /path`".to_owned()),
            );
        }
        return None;
    };
    if rest.is_empty() {
        return Some(first);
    }
    // In the order of the file, whatever the order of the verbs' table.
    let mut all: Vec<_> = rest.iter().map(|(verb, at, _)| (*at, *verb)).collect();
    all.push((first.1, first.0));
    all.sort_by_key(|(at, _)| *at);
    let names: Vec<String> = all.iter().map(|(_, verb)| format!("`{verb}`")).collect();
    let second = all.get(1).map_or(fields.at, |(at, _)| *at);
    findings.add(
        second,
        format!("a step has one verb, this has {}", names.join(" and ")),
    );
    None
}

fn id(
    fields: &Fields<'_>,
    verb: Option<&Verb>,
    place: Place<'_>,
    findings: &mut Findings,
) -> String {
    let (own, at) = match fields.get("id") {
        Some(node) => (scalar::name(node, "`id`", findings), node.at),
        None => (None, fields.at),
    };
    let own = own.unwrap_or_else(|| {
        let verb = verb.map_or("step", |verb| verb.name);
        format!("{:02}-{verb}", place.number)
    });
    let id = match place.parent {
        Some(parent) => format!("{parent}/{own}"),
        None => own,
    };
    findings.define(Namespace::Step, &id, at);
    id
}

fn parallel(node: &Node, id: &str, place: Place<'_>, findings: &mut Findings) -> Option<Action> {
    let Kind::List(items) = &node.kind else {
        findings.wrong_type(node, "`parallel`", "a list of steps");
        return None;
    };
    if place.parent.is_some() {
        findings.add(node.at, "a `parallel` cannot stand in another");
        return None;
    }
    if items.is_empty() || items.len() > PARALLEL_STEPS_MAX {
        findings.add(
            node.at,
            format!("`parallel` must have from 1 to {PARALLEL_STEPS_MAX} steps"),
        );
        return None;
    }
    let outer = findings.deferred;
    let mut steps = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = Place {
            number: index + 1,
            parent: Some(id),
            folder: place.folder,
        };
        steps.extend(step(item, place, findings));
        findings.deferred = outer;
    }
    (steps.len() == items.len()).then_some(Action::Parallel(steps))
}

fn guard(node: Option<&Node>, findings: &mut Findings) -> Option<Duration> {
    scalar::duration_within(node?, "`guard`", (*GUARD.start(), *GUARD.end()), findings)
}

/// What is never given up, or is no call itself, has nothing to guard.
fn refuse_guard(action: &Action, fields: &Fields<'_>, findings: &mut Findings) {
    let why = match action {
        Action::Parallel(_) => "a `parallel` is not guarded; its steps are",
        Action::Call(call) if *call.verb == verbs::PROVISION => {
            "`provision` has a limit of its own: a sandbox that was asked for is always awaited"
        }
        Action::Call(_) | Action::Harness(..) => return,
    };
    if let Some((at, _)) = fields.entry("guard") {
        findings.add(at, why);
    }
}

/// A verb that gives no outcome has nothing to expect, compare or capture.
fn refuse_conditions(action: &Action, fields: &Fields<'_>, findings: &mut Findings) {
    let has_outcome = matches!(
        action,
        Action::Call(_) | Action::Harness(_, HarnessAction::AtProvider { .. })
    );
    if has_outcome {
        return;
    }
    for key in ["expect", "compare", "normalise", "capture", "until"] {
        if let Some((at, _)) = fields.entry(key) {
            let verb = action.verb();
            findings.add(
                at,
                format!("`{verb}` has no outcome, so `{key}` has no meaning here"),
            );
        }
    }
}
