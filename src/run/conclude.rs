//! The answers of a run, from its journal alone.

use std::collections::HashMap;

use cutover_base::by_side::BySide;
use jiff::Timestamp;

use crate::call::{Provider, Stack, Surface};
use crate::compare::RunFacts;
use crate::compare::answer::Conclusion;
use crate::compare::conclude::{Pool, conclude};
use crate::compare::judge::{CaseInput, judge_case, unjudged_case};
use crate::compare::ledger::Ledger;
use crate::compare::measured::Measured;
use crate::compare::profile::Profile;
use crate::compare::subjects::{LaneFact, Subject, Subjects};
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::plan::Case;
use crate::run::stored::read_stored;
use crate::scenario::Problem;
use crate::scenario::model::Scenario;
use crate::transcript::event::{StoredScenario, StoredSubject};
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
    /// Ids of quirks that no run shows.
    pub not_reproduced: Vec<String>,
}

/// Judges a stored run: every case again, then drift and decision.
///
/// # Errors
/// When a stored scenario cannot be read by this version: every problem with its place.
pub fn conclude_run(run: &StoredRun, terms: &Terms) -> Result<Conclusion, Vec<Problem>> {
    let mut scenarios = Scenarios::of(run);
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
    let mut cases = Vec::with_capacity(run.cases.len());
    let mut pool = Pool::default();
    let mut parity = Vec::new();
    for (id, stored) in &run.cases {
        if let Some(scenario) = scenarios.get(&stored.planned.scenario) {
            let mut case = judge_stored(&judge, id, stored, scenario, run);
            pool.share(&mut case);
            let quirks = scenario.parity.iter();
            parity.extend(quirks.map(|(quirk, _)| (quirk.clone(), id.clone())));
            cases.push(case);
        }
    }
    if !scenarios.problems.is_empty() {
        return Err(scenarios.problems);
    }
    let facts = RunFacts {
        profile: terms.profile.clone(),
        measured: Measured::of(run, &cases),
        asked_at: terms.asked_at,
        parity,
        on_request: started.on_request.clone(),
        not_reproduced: terms.not_reproduced.clone(),
        ..facts(run, &judge, &cases)
    };
    Ok(conclude(cases, &judge.ledger, &facts))
}

/// The run's scenarios, read when a case needs them: all of them at once are large. Cases of one
/// scenario mostly follow each other.
struct Scenarios<'r> {
    stored: HashMap<&'r str, &'r StoredScenario>,
    last: Option<Scenario>,
    /// What is wrong with those that this version cannot read.
    problems: Vec<Problem>,
}

impl<'r> Scenarios<'r> {
    fn of(run: &'r StoredRun) -> Self {
        let stored = run.started.scenarios.iter();
        Self {
            stored: stored
                .map(|stored| (stored.name.as_str(), stored))
                .collect(),
            last: None,
            problems: Vec::new(),
        }
    }

    fn get(&mut self, name: &str) -> Option<&Scenario> {
        if self.last.as_ref().is_none_or(|last| last.name != name) {
            let stored = *self.stored.get(name)?;
            match read_stored(stored) {
                Ok(scenario) => self.last = Some(scenario),
                Err(found) => {
                    // Its other cases have the same to say.
                    self.stored.remove(name);
                    self.problems.extend(found);
                    return None;
                }
            }
        }
        self.last.as_ref()
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
    if !stored.is_whole() {
        let message = "the run ended before both sides had played it";
        return not_run(id, scenario, surface, required, "interrupted", message);
    }
    let transcripts = match BySide::from_fn(|side| run.transcripts(id, side)).transpose() {
        Ok(transcripts) => transcripts,
        Err(error) => {
            let (verdict, why) = (Verdict::HarnessError, error.to_string());
            return unjudged_case(id, scenario, surface, required, verdict, &why);
        }
    };
    let transcripts = transcripts.as_ref().map(Vec::as_slice);
    judge.judge(id, scenario, surface, required, transcripts)
}

/// What keeps a journal without a plan from being evidence, whole as it may look.
const UNPLANNED: &str = "the journal does not say which cases were planned, so that some may be \
                         missing; run it anew";

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
        stopped: match ended.and_then(|ended| ended.stopped.clone()) {
            None if !run.planned => Some(UNPLANNED.to_owned()),
            stopped => stopped,
        },
        noise_limit: run.started.noise_limit,
        volatile_refused: run.started.volatile_refused,
        leaked: run
            .open_sandboxes()
            .filter(|open| open.leaked.is_some())
            .count(),
        secret_found: !run.secret_in.is_empty(),
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
