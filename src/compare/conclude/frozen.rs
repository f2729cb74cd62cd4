//! What a profile wants beside good verdicts, and is not there.

use cutover_base::words::{by_count, counted};

use crate::compare::conclude::RunFacts;
use crate::compare::conclude::divergences::is_judged;
use crate::compare::conclude::limits::volatile_fields;
use crate::compare::profile::Profile;
use crate::compare::subjects::LaneFact;
use crate::compare::verdict::CaseVerdict;
use crate::transcript::event::StoredSelection;

/// Every term that the run does not meet, in a sentence. How many runs agree is not seen here.
pub(super) fn unmet(cases: &[CaseVerdict], facts: &RunFacts) -> Vec<String> {
    let Some(profile) = &facts.profile else {
        return Vec::new();
    };
    let mut said = required(profile, cases, facts.selection.as_ref());
    said.extend(lanes(profile, facts));
    said.extend(replays(profile, cases));
    said.extend(age(profile, facts));
    said.extend(latency(profile, facts));
    said.extend(availability(profile, facts));
    said.extend(volatile(profile, cases));
    said
}

fn required(
    profile: &Profile,
    cases: &[CaseVerdict],
    selection: Option<&StoredSelection>,
) -> Vec<String> {
    let mut said = Vec::new();
    for pattern in &profile.required {
        let run = cases.iter().map(|case| &case.case);
        let left_out = selection.iter().flat_map(|part| &part.left_out);
        if !run.chain(left_out).any(|case| pattern.matches(case)) {
            said.push(format!(
                "the profile requires `{}`, which is not in this run",
                pattern.text()
            ));
        }
    }
    // A required case that is aside is told by the drift's reasons already.
    for case in cases.iter().filter(|case| profile.requires(&case.case)) {
        if !is_judged(case.verdict) && !case.required {
            said.push(format!(
                "the profile requires {}, which is {}: {}",
                case.case, case.verdict, case.reason
            ));
        }
    }
    let left_out = selection.iter().flat_map(|part| &part.left_out);
    let missing: Vec<&str> = left_out
        .filter(|case| profile.requires(case))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        said.push(format!(
            "the profile requires {} that {} not selected: {}",
            counted(missing.len(), "case"),
            by_count(missing.len(), "was", "were"),
            missing.join(", ")
        ));
    }
    said
}

fn volatile(profile: &Profile, cases: &[CaseVerdict]) -> Option<String> {
    let fields = volatile_fields(cases).count();
    (profile.volatile_refused && fields > 0).then(|| {
        let agree = by_count(fields, "agrees", "agree");
        format!(
            "the profile refuses volatile fields, and {} {agree} only without parts that are new in \
             every replay",
            counted(fields, "field")
        )
    })
}

fn lanes(profile: &Profile, facts: &RunFacts) -> Vec<String> {
    let wrong = profile.lanes.iter().filter_map(|(side, allowed)| {
        let lane = facts.subjects.sides[*side].lane.name();
        let fits = allowed.is_empty() || allowed.iter().any(|word| word == lane);
        (!fits).then(|| {
            format!(
                "the profile wants the {side} on lane {}, not {lane}",
                allowed.join(" or ")
            )
        })
    });
    wrong.collect()
}

fn replays(profile: &Profile, cases: &[CaseVerdict]) -> Option<String> {
    let judged = cases.iter().filter(|case| is_judged(case.verdict));
    let few: Vec<&CaseVerdict> = judged
        .filter(|case| case.replays.source.min(case.replays.target) < profile.replays_min)
        .collect();
    let first = few.first()?;
    Some(format!(
        "the profile wants {} on each side; {} {} fewer, such as {}",
        counted(profile.replays_min, "replay"),
        counted(few.len(), "case"),
        by_count(few.len(), "has", "have"),
        first.case
    ))
}

fn age(profile: &Profile, facts: &RunFacts) -> Vec<String> {
    let Some(hours_max) = profile.age_max_hours else {
        return Vec::new();
    };
    let mut taken = vec![("the run", facts.now)];
    for (_, side) in facts.subjects.sides.iter() {
        if let LaneFact::RecordingOfLive(at) = side.lane {
            taken.push(("a recording", at));
        }
    }
    let old = taken.into_iter().filter_map(|(what, at)| {
        let hours = facts.asked_at.duration_since(at).as_hours();
        let over = u64::try_from(hours).is_ok_and(|hours| hours >= hours_max);
        over.then(|| {
            format!(
                "{what} is {} old; the profile allows {hours_max}",
                counted(hours, "hour")
            )
        })
    });
    old.collect()
}

fn latency(profile: &Profile, facts: &RunFacts) -> Vec<String> {
    let mut said = Vec::new();
    for budget in &profile.latency {
        let found = facts.measured.timing.iter();
        let mut found = found.filter(|t| t.side == budget.side && t.verb == budget.verb);
        match found.next() {
            None => said.push(format!(
                "the profile bounds `{}` on the {}, which was not measured",
                budget.verb, budget.side
            )),
            Some(timing) if timing.p95_ms > budget.p95_ms => said.push(format!(
                "`{}` on the {}: 95 of 100 took up to {} ms, over the {} ms of the profile",
                budget.verb, budget.side, timing.p95_ms, budget.p95_ms
            )),
            Some(_) => {}
        }
    }
    said
}

fn availability(profile: &Profile, facts: &RunFacts) -> Vec<String> {
    let mut said = Vec::new();
    for budget in &profile.availability {
        let found = facts.measured.availability.iter();
        let mut found = found.filter(|a| a.side == budget.side && a.verb == budget.verb);
        let Some(calls) = found.next().filter(|a| a.calls > 0) else {
            said.push(format!(
                "the profile bounds `{}` on the {}, which was not measured",
                budget.verb, budget.side
            ));
            continue;
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of calls stay far below 2^52"
        )]
        let answered =
            100.0 * (calls.calls - calls.first_attempt_failures) as f64 / calls.calls as f64;
        if answered < budget.min_percent {
            said.push(format!(
                "`{}` on the {}: {answered:.2} % of {} first attempts were answered, under the \
                 {} % of the profile",
                budget.verb, budget.side, calls.calls, budget.min_percent
            ));
        }
    }
    said
}
