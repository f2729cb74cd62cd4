//! What a GO rests on. One function for each kind of limit, all called in [`of`].

use cutover_base::words::{by_count, counted};
use indexmap::IndexMap;

use crate::compare::answer::{Divergence, Standing};
use crate::compare::conclude::RunFacts;
use crate::compare::ledger::{Entry, Ledger};
use crate::compare::limit::{Limit, LimitKind};
use crate::compare::verdict::{
    CaseVerdict, Effect, FieldVerdict, Gate, StepVerdict, VOLATILE, Verdict,
};
use crate::transcript::Ending;

/// What the kinds of limits are found in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    /// Every case of the run.
    pub(super) cases: &'a [CaseVerdict],
    /// Divergences that an agent feels: those at the outermost judged surface.
    pub(super) felt: &'a [&'a Divergence],
    /// Differences of nature; none of a shard.
    pub(super) standing: &'a [Standing],
    pub(super) ledger: &'a Ledger,
    pub(super) facts: &'a RunFacts,
}

/// Every limit, worst first. A kind that others find adds its function to this list.
pub(super) fn of(seen: &Seen<'_>) -> Vec<Limit> {
    let mut limits = known(seen);
    limits.extend(volatile(seen));
    limits.extend(selection(seen));
    limits.extend(standing(seen));
    limits.extend(unverified(seen));
    limits.sort_by_key(Limit::rank);
    limits
}

/// Known divergences that are allowed and that an agent would feel as less or other than before.
fn known(seen: &Seen<'_>) -> Vec<Limit> {
    let allowed = seen.felt.iter().filter(|found| {
        found.verdict == Verdict::KnownDivergence && is_limit(found.gate, found.effect)
    });
    by_quirk(allowed.copied())
        .into_iter()
        .map(|(id, places)| {
            let entry = seen.ledger.get(id);
            let reason = entry.map_or("", |entry| entry.reason.trim_end_matches('.'));
            let effect = worst(&places);
            Limit {
                kind: LimitKind::KnownDivergence,
                effect,
                quirk: Some(id.to_owned()),
                what: format!("{}: {}", seen.ledger.titled(id), effect_text(effect)),
                more: format!("{reason}; {}", shown_by(&places)),
                advice: entry.map_or_else(String::new, advice),
            }
        })
        .collect()
}

/// Whether something may pass and an agent feels it all the same.
fn is_limit(gate: Option<Gate>, effect: Option<Effect>) -> bool {
    gate == Some(Gate::Allow) && Effect::is_felt(effect)
}

/// Fields that agree only without parts which are new in every replay.
fn volatile(seen: &Seen<'_>) -> Option<Limit> {
    let mut rules: Vec<&str> = Vec::new();
    let mut places: Vec<String> = Vec::new();
    for (case, step, field) in volatile_fields(seen.cases) {
        places.push(format!("{} step `{}` `{}`", case.case, step.id, field.path));
        for rule in field.rules.iter().filter(|rule| rule.starts_with(VOLATILE)) {
            if !rules.contains(&rule.as_str()) {
                rules.push(rule);
            }
        }
    }
    if places.is_empty() {
        return None;
    }
    Some(Limit {
        kind: LimitKind::Volatile,
        effect: None,
        quirk: None,
        what: format!(
            "{} {} only without parts that are new in every replay ({})",
            counted(places.len(), "field"),
            by_count(places.len(), "agrees", "agree"),
            rules.join(", ")
        ),
        more: places.join(", "),
        advice: "see that these parts may change by themselves, or count them as noise with \
                 `--volatile refuse`"
            .to_owned(),
    })
}

/// The fields that agree only by what their replays prove to be new each time.
pub(super) fn volatile_fields(
    cases: &[CaseVerdict],
) -> impl Iterator<Item = (&CaseVerdict, &StepVerdict, &FieldVerdict)> {
    let steps = cases
        .iter()
        .flat_map(|case| case.steps.iter().map(move |step| (case, step)));
    let fields =
        steps.flat_map(|(case, step)| step.fields.iter().map(move |field| (case, step, field)));
    fields.filter(|(_, _, field)| field.is_volatile())
}

/// That only a part was run. With a profile that names what must be judged, that is the measure.
fn selection(seen: &Seen<'_>) -> Option<Limit> {
    let selection = seen.facts.selection.as_ref()?;
    let profile = seen.facts.profile.as_ref();
    if !selection.is_part() || profile.is_some_and(|profile| !profile.required.is_empty()) {
        return None;
    }
    let (run, left_out) = (seen.cases.len(), selection.left_out.len());
    let what = if selection.uncounted {
        format!(
            "{}; how many there are could not be counted",
            counted(run, "case")
        )
    } else {
        format!("{run} of {}", counted(run + left_out, "case"))
    };
    let more = if selection.by.is_empty() {
        "the others change something outside the sandbox".to_owned()
    } else {
        format!("selected by {}", selection.by.join(" "))
    };
    let advice = if selection.by.iter().any(|by| by.starts_with("--shard ")) {
        "run every shard, and `cutover merge` them"
    } else if selection.by.is_empty() {
        "run them with `--allow external`"
    } else {
        "run all of them, or name those that must be judged in a profile's `required`"
    };
    Some(Limit {
        kind: LimitKind::Selection,
        effect: None,
        quirk: None,
        what,
        more,
        advice: advice.to_owned(),
    })
}

/// Differences of nature that are allowed and that an agent would feel as less or other than
/// before, with how often they were met.
fn standing(seen: &Seen<'_>) -> Vec<Limit> {
    let standing = seen.standing.iter();
    let allowed = standing.filter(|found| is_limit(found.gate, found.effect));
    let limit = |found: &Standing| {
        let id = found.quirk.as_deref().unwrap_or_default();
        let entry = seen.ledger.get(id);
        let reason = entry.map_or("", |entry| entry.reason.trim_end_matches('.'));
        Limit {
            kind: LimitKind::Standing,
            effect: found.effect,
            quirk: found.quirk.clone(),
            what: format!("{}: {}", seen.ledger.titled(id), found.met()),
            more: format!("{}; {reason}", effect_text(found.effect)),
            advice: entry.map_or_else(String::new, advice),
        }
    };
    allowed.map(limit).collect()
}

/// Cases whose sandboxes may be there still: a platform that somebody else runs made them.
fn unverified(seen: &Seen<'_>) -> Option<Limit> {
    let cases = seen.cases.iter();
    let unverified = cases.filter(|case| case.ending == Ending::Unverified);
    let names: Vec<&str> = unverified.map(|case| case.case.as_str()).collect();
    (!names.is_empty()).then(|| Limit {
        kind: LimitKind::Unverified,
        effect: None,
        quirk: None,
        what: format!(
            "whether the sandboxes of {} are gone is not known",
            counted(names.len(), "case")
        ),
        more: names.join(", "),
        advice: "set the provider's key, by which they are found and destroyed".to_owned(),
    })
}

/// What to do about what an entry allows.
fn advice(entry: &Entry) -> String {
    let end = match &entry.fix {
        Some(fix) => fix.trim_end_matches('.').to_owned(),
        None => "check that no agent relies on it".to_owned(),
    };
    format!("{end}; {} allows it until {}", entry.owner, entry.expires)
}

/// Divergences by the ledger entry that explains them.
pub(super) fn by_quirk<'d>(
    found: impl Iterator<Item = &'d Divergence>,
) -> IndexMap<&'d str, Vec<&'d Divergence>> {
    let mut by: IndexMap<&str, Vec<&Divergence>> = IndexMap::new();
    for divergence in found {
        if let Some(id) = &divergence.quirk {
            by.entry(id).or_default().push(divergence);
        }
    }
    by
}

/// The worst effect that one entry has in several places.
pub(super) fn worst(places: &[&Divergence]) -> Option<Effect> {
    let effects = places.iter().map(|found| found.effect);
    effects.min_by_key(|effect| Effect::rank(*effect)).flatten()
}

/// An effect as part of a sentence.
pub(super) fn effect_text(effect: Option<Effect>) -> &'static str {
    effect.map_or("of unknown effect", Effect::phrase)
}

/// The cases that show an entry, by name, each once.
pub(super) fn cases_of<'d>(places: &[&'d Divergence]) -> Vec<&'d str> {
    let mut cases: Vec<&str> = Vec::new();
    for found in places {
        if !cases.contains(&found.case.as_str()) {
            cases.push(&found.case);
        }
    }
    cases
}

fn shown_by(places: &[&Divergence]) -> String {
    match cases_of(places).as_slice() {
        [] => "shown nowhere".to_owned(),
        [one] => format!("shown by {one}"),
        [first, rest @ ..] => format!("shown by {first} and {} more", rest.len()),
    }
}
