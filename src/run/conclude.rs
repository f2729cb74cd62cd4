//! The answers of a run, from its journal alone.

use std::collections::HashMap;
use std::path::PathBuf;

use cutover_base::by_side::BySide;
use jiff::Timestamp;

use crate::call::{Provider, Stack, Surface};
use crate::compare::RunFacts;
use crate::compare::answer::Conclusion;
use crate::compare::conclude::conclude;
use crate::compare::judge::{CaseInput, judge_case, unjudged_case};
use crate::compare::ledger::Ledger;
use crate::compare::measured::Measured;
use crate::compare::profile::Profile;
use crate::compare::subjects::{LaneFact, Subject, Subjects};
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::plan::Case;
use crate::scenario::model::Scenario;
use crate::scenario::{Problem, parse_one};
use crate::transcript::event::StoredSubject;
use crate::transcript::{StoredCase, StoredRun, Transcript};

/// What judging needs beside the transcripts.
#[derive(Debug, Clone)]
pub struct Judge {
    /// What is known to differ.
    pub ledger: Ledger,
    /// Who is compared.
    pub subjects: Subjects,
    /// The time by which entries expire.
    pub now: Timestamp,
}

impl Judge {
    /// The verdict on a case, from its transcripts.
    pub(crate) fn case(&self, case: &Case, transcripts: BySide<&[Transcript]>) -> CaseVerdict {
        let scenario = &case.scenario;
        self.judge(&case.id, scenario, case.surface, case.required, transcripts)
    }

    fn judge(
        &self,
        id: &str,
        scenario: &Scenario,
        surface: Surface,
        required: bool,
        transcripts: BySide<&[Transcript]>,
    ) -> CaseVerdict {
        judge_case(&CaseInput {
            case_id: id,
            scenario,
            surface,
            required,
            transcripts,
            subjects: &self.subjects,
            ledger: &self.ledger,
            now: self.now,
        })
    }
}

/// The verdict on a case that was not run.
pub(crate) fn aside(case: &Case, reason: &str, message: &str) -> CaseVerdict {
    not_run(
        &case.id,
        &case.scenario,
        case.surface,
        case.required,
        reason,
        message,
    )
}

fn not_run(
    id: &str,
    scenario: &Scenario,
    surface: Surface,
    required: bool,
    reason: &str,
    message: &str,
) -> CaseVerdict {
    let verdict = if reason == "unsupported" {
        Verdict::Unsupported
    } else {
        Verdict::Skipped
    };
    unjudged_case(id, scenario, surface, required, verdict, message)
}

/// By what a stored run is judged.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What is known to differ.
    pub ledger: Ledger,
    /// What GO means, if it was frozen.
    pub profile: Option<Profile>,
    /// When the decision is asked for, UTC.
    pub asked_at: Timestamp,
}

/// Judges a stored run: every case again, then drift and decision.
///
/// # Errors
/// When a stored scenario cannot be read by this version: every problem with its place.
pub fn conclude_run(run: &StoredRun, terms: &Terms) -> Result<Conclusion, Vec<Problem>> {
    let scenarios = scenarios(run)?;
    let started = &run.started;
    let mut ledger = terms.ledger.clone();
    ledger.orphans.clone_from(&started.orphans);
    let subjects = subjects(
        started.subjects.as_ref(),
        started.engine.as_deref(),
        started.capabilities.clone(),
    );
    let judge = Judge {
        ledger,
        subjects,
        now: run.started_at,
    };
    let cases: Vec<CaseVerdict> = run
        .cases
        .iter()
        .filter_map(|(id, stored)| {
            let scenario = scenarios.get(stored.planned.scenario.as_str())?;
            Some(judge_stored(&judge, id, stored, scenario, run))
        })
        .collect();
    let facts = RunFacts {
        profile: terms.profile.clone(),
        measured: Measured::of(run, &cases),
        asked_at: terms.asked_at,
        ..facts(run, &judge, &cases)
    };
    Ok(conclude(cases, &judge.ledger, &facts))
}

fn scenarios(run: &StoredRun) -> Result<HashMap<&str, Scenario>, Vec<Problem>> {
    let mut scenarios = HashMap::new();
    let mut problems = Vec::new();
    for stored in &run.started.scenarios {
        match parse_one(&stored.name, &PathBuf::from(&stored.file), &stored.text) {
            Ok(scenario) => {
                scenarios.insert(stored.name.as_str(), scenario);
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(scenarios)
    } else {
        Err(problems)
    }
}

fn judge_stored(
    judge: &Judge,
    id: &str,
    stored: &StoredCase,
    scenario: &Scenario,
    run: &StoredRun,
) -> CaseVerdict {
    let surface = match stored.planned.surface.as_str() {
        "mcp" => Surface::Mcp,
        "platform" => Surface::Platform,
        _ => Surface::Provider,
    };
    let required = stored.planned.required;
    if let Some((reason, message)) = &stored.skipped {
        return not_run(id, scenario, surface, required, reason, message);
    }
    let transcripts = BySide::from_fn(|side| -> Vec<Transcript> {
        run.transcripts(id, side)
            .map(|stored| stored.transcript.clone())
            .collect()
    });
    if transcripts.iter().any(|(_, replays)| replays.is_empty()) {
        let message = "the run ended before both sides had played it";
        return not_run(id, scenario, surface, required, "interrupted", message);
    }
    let transcripts = transcripts.as_ref().map(Vec::as_slice);
    judge.judge(id, scenario, surface, required, transcripts)
}

fn facts(run: &StoredRun, judge: &Judge, cases: &[CaseVerdict]) -> RunFacts {
    let ended = run.ended.as_ref();
    let interrupted = match ended.map(|ended| ended.interrupted.as_deref()) {
        Some(None) => None,
        Some(Some("HUP")) => Some(1),
        Some(Some("TERM")) => Some(15),
        Some(Some(_)) => Some(2),
        // Killed: the journal has no end.
        None => Some(9),
    };
    RunFacts {
        interrupted,
        stopped: ended.and_then(|ended| ended.stopped.clone()),
        noise_limit: run.started.noise_limit,
        leaked: run
            .open_sandboxes()
            .filter(|open| open.leaked.is_some())
            .count(),
        since: run.started.since.clone(),
        selection: run.started.selection.clone(),
        sharded: run.started.sharded,
        ..RunFacts::plain(judge.subjects.clone(), run.started_at, cases.len())
    }
}

/// Who is compared, from what the journal says of both sides.
pub fn subjects(
    stored: BySide<&StoredSubject>,
    engine: Option<&str>,
    capabilities: Vec<String>,
) -> Subjects {
    Subjects {
        sides: stored.map(subject),
        engine: engine.map(str::to_owned),
        capabilities,
    }
}

fn subject(stored: &StoredSubject) -> Subject {
    let provider = match stored.provider.as_str() {
        "daytona" => Provider::Daytona,
        _ => Provider::E2b,
    };
    let lane = match stored.lane.as_str() {
        "live" => LaneFact::Live,
        "standin" => LaneFact::Standin,
        _ => match &stored.recorded {
            Some(recorded) if recorded.lane == "live" => {
                LaneFact::RecordingOfLive(recorded.started)
            }
            _ => LaneFact::RecordingOfStandin,
        },
    };
    Subject {
        provider,
        lane,
        stack: stored.stack.parse().unwrap_or_else(|_| Stack::default()),
        version: stored.daemon.clone().or_else(|| stored.api.clone()),
    }
}
