//! `cutover gate RUN...`: decides again, a pure function of journals, ledger, profile and the time
//! at which it is asked.

use std::fmt::Write as _;

use cutover_base::clock::Clock;

use crate::cli::args::GateArgs;
use crate::cli::context::{Context, print};
use crate::cli::corpus;
use crate::cli::exit::{DIFFERS, NOTHING, OK, Outcome, Stop, UNJUDGED};
use crate::cli::stored::{self, Judged, Other};
use crate::compare::profile::Profile;
use crate::compare::verdict::Scope;
use crate::report::escape::one_line;

pub(crate) fn run(args: &GateArgs, _context: &Context) -> Outcome {
    let profile = match &args.profile {
        Some(path) => Some(stored::profile(&corpus::read(path)?)?),
        None => None,
    };
    let now = Clock::new().now();
    let mut runs = Vec::new();
    for dir in &args.runs {
        let other = Other {
            quirks: args.quirks.as_deref(),
            profile: profile.clone(),
            asked_at: Some(now),
        };
        runs.push(Judged::read_by(dir, &other)?);
    }
    runs.sort_by_key(|judged| judged.run.started_at);
    let mut worst = OK;
    for judged in &runs {
        print(&sentences(judged, args.rehearsal))?;
        worst = worse(worst, judged.gate_exit(args.rehearsal));
    }
    let agree = match &profile {
        Some(profile) => disagreement(profile, &runs),
        None => own_profile(&runs)?.and_then(|profile| disagreement(&profile, &runs)),
    };
    if let Some(why) = agree {
        print(&format!("INCONCLUSIVE: {why}\n"))?;
        worst = worse(worst, UNJUDGED);
    }
    Ok(worst)
}

/// The profile of the newest run.
pub(crate) fn own_profile(runs: &[Judged]) -> Result<Option<Profile>, Stop> {
    let newest = runs
        .last()
        .and_then(|judged| judged.run.started.profile.as_ref());
    newest.map(stored::profile).transpose()
}

/// Why the last runs are not the run of agreement that the profile wants, if they are not. They
/// agree when they show the same divergences and come to the same decision.
pub(crate) fn disagreement(profile: &Profile, runs: &[Judged]) -> Option<String> {
    if runs.len() < profile.runs {
        return Some(format!(
            "the profile wants {} runs that agree; {} given",
            profile.runs,
            runs.len()
        ));
    }
    let came_to = |judged: &Judged| {
        let found = &judged.conclusion.divergences;
        let mut found: Vec<String> = found.iter().map(|d| d.fingerprint.clone()).collect();
        found.sort();
        (judged.conclusion.decision.verdict.name(), found)
    };
    let last = &runs[runs.len() - profile.runs..];
    let (newest, before) = last.split_last()?;
    let other = before.iter().find(|run| came_to(run) != came_to(newest))?;
    Some(format!(
        "the profile wants {} runs that agree; {} and {} do not show the same",
        profile.runs, other.run.started.run, newest.run.started.run
    ))
}

fn sentences(judged: &Judged, rehearsal: bool) -> String {
    let decision = &judged.conclusion.decision;
    let mut text = format!(
        "{}: {} (scope: {})\n",
        judged.run.started.run,
        decision.verdict.name(),
        decision.scope.name()
    );
    if decision.scope == Scope::Rehearsal && !rehearsal {
        text.push_str(
            "  INCONCLUSIVE for the gate: a rehearsal is no evidence about the clouds \
             (--rehearsal decides on it all the same)\n",
        );
    }
    let lists = [
        ("", &decision.reasons),
        ("blocks: ", &decision.blockers),
        ("limit: ", &decision.limits),
    ];
    for (mark, list) in lists {
        for sentence in list {
            let _infallible = writeln!(text, "  {mark}{}", one_line(sentence));
        }
    }
    text
}

/// NO-GO outweighs what could not be judged, which outweighs nothing judged.
pub(crate) const fn worse(a: u8, b: u8) -> u8 {
    const fn rank(exit: u8) -> u8 {
        match exit {
            DIFFERS => 3,
            UNJUDGED => 2,
            NOTHING => 1,
            _ => 0,
        }
    }
    if rank(b) > rank(a) { b } else { a }
}
