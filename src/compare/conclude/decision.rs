//! May we cut over?

use cutover_base::words::{by_count, counted};

use crate::compare::answer::{Decision, DecisionVerdict, Divergence, QuirkUse, Scope, Standing};
use crate::compare::conclude::RunFacts;
use crate::compare::conclude::divergences::{below_surface, is_judged};
use crate::compare::conclude::limits::{Seen, by_quirk, cases_of, effect_text, worst};
use crate::compare::conclude::{drift, frozen, limits};
use crate::compare::ledger::Ledger;
use crate::compare::subjects::LaneFact;
use crate::compare::verdict::{CaseVerdict, Effect, Gate, Verdict};

pub(super) fn of(
    cases: &[CaseVerdict],
    divergences: &[Divergence],
    standing: &[Standing],
    quirks: &QuirkUse,
    ledger: &Ledger,
    facts: &RunFacts,
) -> Decision {
    // What an agent feels: each scenario at its outermost judged surface.
    let outer: Vec<&CaseVerdict> = cases
        .iter()
        .filter(|case| is_judged(case.verdict) && !below_surface(case, cases))
        .collect();
    let felt = |found: &&Divergence| outer.iter().any(|case| case.case == found.case);
    let known: Vec<&Divergence> = divergences.iter().filter(felt).collect();
    let mut blockers = blockers(&outer, &known, ledger, facts);
    blockers.extend(drift::unexplained(standing));
    blockers.extend(blocked_by_nature(standing, ledger, facts));
    let limits = limits::of(&Seen {
        cases,
        felt: &known,
        standing,
        ledger,
        facts,
    });
    let open = open(cases, &outer, quirks, ledger, facts);
    let verdict = if !blockers.is_empty() {
        DecisionVerdict::NoGo
    } else if !open.is_empty() {
        DecisionVerdict::Inconclusive
    } else if limits.is_empty() {
        DecisionVerdict::Go
    } else {
        DecisionVerdict::GoWithLimits
    };
    let (reasons, open) = match verdict {
        DecisionVerdict::NoGo => (blockers.clone(), open),
        DecisionVerdict::Inconclusive => (open, Vec::new()),
        DecisionVerdict::Go | DecisionVerdict::GoWithLimits => {
            (vec![rests_on(cases, &outer, limits.len())], Vec::new())
        }
    };
    Decision {
        verdict,
        scope: scope(facts),
        reasons,
        limits,
        blockers,
        open,
        remarks: remarks(cases, facts),
    }
}

/// What a GO rests on, in a sentence.
fn rests_on(cases: &[CaseVerdict], outer: &[&CaseVerdict], limits: usize) -> String {
    let judged = cases.iter().filter(|case| is_judged(case.verdict)).count();
    let felt = if judged == outer.len() {
        String::new()
    } else {
        format!(", {} of them at the surface", outer.len())
    };
    format!(
        "{judged} of {} judged{felt}; nothing blocks, nothing is open; {}",
        counted(cases.len(), "case"),
        counted(limits, "limit")
    )
}

/// What `cutover gate` answers: nobody cuts over on a rehearsal unless told to.
pub fn gate_answer(decision: &Decision, rehearsal_accepted: bool) -> DecisionVerdict {
    if decision.scope == Scope::Rehearsal && !rehearsal_accepted {
        return DecisionVerdict::Inconclusive;
    }
    decision.verdict
}

fn blockers(
    outer: &[&CaseVerdict],
    known: &[&Divergence],
    ledger: &Ledger,
    facts: &RunFacts,
) -> Vec<String> {
    let mut said = Vec::new();
    for found in known {
        let what = match found.verdict {
            Verdict::NewDivergence => "new divergence",
            Verdict::UnstableTarget => "unstable target",
            _ => continue,
        };
        said.push(format!(
            "{what} {} in {}, step `{}`, `{}`",
            found.fingerprint, found.case, found.step, found.field
        ));
    }
    for case in outer {
        for step in &case.steps {
            if let Some((side, _, unmet)) = step.unmet.first() {
                said.push(format!(
                    "expectation failed in {}, step `{}`, on the {side}: {}",
                    case.case, step.id, unmet.message
                ));
            }
        }
    }
    let blocked = known.iter().filter(|found| found.gate == Some(Gate::Block));
    for (id, places) in by_quirk(blocked.copied()) {
        let why = why_blocked(id, worst(&places), ledger, facts);
        said.push(format!(
            "{}: {why}; shown by {}",
            ledger.titled(id),
            cases_of(&places).join(", ")
        ));
    }
    said
}

/// Why what an entry explains may not pass.
fn why_blocked(id: &str, effect: Option<Effect>, ledger: &Ledger, facts: &RunFacts) -> String {
    let entry = ledger.get(id);
    match entry.filter(|entry| entry.is_expired(facts.today())) {
        Some(entry) => format!("its allowance ended on {}", entry.expires),
        None => effect_text(effect).to_owned(),
    }
}

/// Differences of nature that may not pass, a sentence each with how often they were met.
fn blocked_by_nature(standing: &[Standing], ledger: &Ledger, facts: &RunFacts) -> Vec<String> {
    let blocked = standing
        .iter()
        .filter(|found| found.gate == Some(Gate::Block));
    let said = |found: &Standing| {
        let id = found.quirk.as_deref().unwrap_or_default();
        let why = why_blocked(id, found.effect, ledger, facts);
        format!("{}: {why}; {}", ledger.titled(id), found.met())
    };
    blocked.map(said).collect()
}

/// What keeps the question open.
fn open(
    cases: &[CaseVerdict],
    outer: &[&CaseVerdict],
    quirks: &QuirkUse,
    ledger: &Ledger,
    facts: &RunFacts,
) -> Vec<String> {
    let mut said = Vec::new();
    if outer.is_empty() {
        said.push("no case was judged".to_owned());
    }
    if facts.secret_found {
        said.push("a secret was found in an artefact".to_owned());
    }
    if let Some(signal) = facts.interrupted {
        said.push(format!("interrupted by signal {signal}"));
    }
    said.extend(drift::unjudged(cases, facts));
    for case in outer {
        // Each by its own step: the case's reason names the one that decided.
        for step in &case.steps {
            let mut fields = step.fields.iter();
            let shaky = fields.find(|field| field.verdict == Some(Verdict::UnstableSource));
            if let Some(field) = shaky {
                said.push(format!(
                    "unstable source: {}, step `{}`: `{}` varies on the source only",
                    case.case, step.id, field.path
                ));
            }
        }
    }
    said.extend(drift::stale(quirks, ledger));
    said.extend(drift::noisy(cases, facts));
    said.extend(drift::leaked(cases, facts));
    said.extend(frozen::unmet(cases, facts));
    said
}

/// What changes nothing and must be said.
fn remarks(cases: &[CaseVerdict], facts: &RunFacts) -> Vec<String> {
    let mut said = Vec::new();
    let aside: Vec<&str> = cases
        .iter()
        .filter(|case| case.verdict == Verdict::Unsupported && !case.required)
        .map(|case| case.case.as_str())
        .collect();
    if !aside.is_empty() {
        said.push(format!(
            "{} unsupported here: {}",
            counted(aside.len(), "case"),
            aside.join(", ")
        ));
    }
    let failing = cases
        .iter()
        .filter(|case| case.agrees_only_in_failing)
        .count();
    if failing > 0 {
        let verb = by_count(failing, "agrees", "agree");
        said.push(format!(
            "{} {verb} only in failing",
            counted(failing, "case")
        ));
    }
    let beneath: Vec<&str> = cases
        .iter()
        .filter(|case| case.verdict >= Verdict::NewDivergence && is_judged(case.verdict))
        .filter(|case| below_surface(case, cases))
        .map(|case| case.case.as_str())
        .collect();
    if !beneath.is_empty() {
        said.push(format!(
            "below the surface, blocking nothing: {}",
            beneath.join(", ")
        ));
    }
    for (_, side) in facts.subjects.sides.iter() {
        if let LaneFact::RecordingOfLive(taken) = side.lane {
            let hours = facts.now.duration_since(taken).as_hours().max(0);
            said.push(format!(
                "{} is a recording of live, {} and {} old",
                side.provider,
                counted(hours / 24, "day"),
                counted(hours % 24, "hour")
            ));
        }
    }
    said
}

fn scope(facts: &RunFacts) -> Scope {
    let lanes = || facts.subjects.sides.iter().map(|(_, side)| side.lane);
    let standin = |lane| matches!(lane, LaneFact::Standin | LaneFact::RecordingOfStandin);
    if lanes().any(standin) {
        Scope::Rehearsal
    } else if lanes().all(|lane| lane == LaneFact::Live) {
        Scope::Live
    } else {
        Scope::Mixed
    }
}
