//! What the reports are made of.

use std::collections::HashSet;

use cutover_base::by_side::BySide;
use indexmap::IndexMap;
use jiff::Timestamp;

use crate::compare::answer::Conclusion;
use crate::compare::conclude::below_surface;
use crate::compare::measured::{Availability, Measured, Timing};
use crate::transcript::event::{StoredScenario, StoredSubject};
use crate::transcript::{StepKind, StoredRun};

/// Everything the reports tell. Made by [`ReportInput::new`] from a run read back from its journal
/// and the conclusion drawn from it; the fields are public so that `compare A B` or `gate`, which
/// have no single journal, can fill them by hand.
#[derive(Debug)]
pub struct ReportInput<'a> {
    /// The run.
    pub run: RunFacts,
    /// What it came to.
    pub conclusion: &'a Conclusion,
    /// Titles of ledger entries by id: no report shows a Q-id without its title.
    pub titles: IndexMap<String, String>,
    /// How long the steps took.
    pub timing: Vec<Timing>,
    /// How the providers' exchanges went.
    pub availability: Vec<Availability>,
    /// Sandboxes made and destroyed.
    pub resources: Resources,
    /// The texts of the scenarios, from which `repro/` is cut; without them there is none.
    pub scenarios: &'a [StoredScenario],
}

/// Facts of the run itself.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFacts {
    /// Its id.
    pub id: String,
    /// When it began, UTC.
    pub started: Timestamp,
    /// When its last event was written, UTC.
    pub ended: Timestamp,
    /// Version of cutover.
    pub version: String,
    /// The seed of the start order.
    pub seed: u64,
    /// The engine of the stand-ins, if any took part.
    pub engine: Option<String>,
    /// `auto` or a number.
    pub replays: String,
    /// Arguments, redacted.
    pub args: Vec<String>,
    /// Who is compared.
    pub subjects: BySide<StoredSubject>,
    /// Faults that were rehearsed.
    pub faults: Vec<String>,
    /// The signal that interrupted it; `killed` if the journal has no end.
    pub interrupted: Option<String>,
    /// A cap or breaker that stopped it.
    pub stopped: Option<String>,
    /// Calls made: steps that were answered, over sides and replays.
    pub calls: u64,
}

/// Sandboxes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// Made.
    pub created: u64,
    /// Destroyed, or seen to be gone.
    pub destroyed: u64,
    /// Ids of those left behind.
    pub leaked: Vec<String>,
}

impl<'a> ReportInput<'a> {
    /// Gathers what the reports tell. `titles` are the ledger's, by id.
    pub fn new(
        run: &'a StoredRun,
        conclusion: &'a Conclusion,
        titles: IndexMap<String, String>,
    ) -> Self {
        let measured = Measured::of(run, &conclusion.cases);
        Self {
            run: RunFacts::of(run),
            conclusion,
            titles,
            timing: measured.timing,
            availability: measured.availability,
            resources: resources(run),
            scenarios: &run.started.scenarios,
        }
    }

    /// A ledger entry as reports name it: `Q27 "On E2B a non-zero exit loses all output"`.
    pub fn quirk(&self, id: &str) -> String {
        match self.titles.get(id) {
            Some(title) => format!("{id} \"{title}\""),
            None => format!("{id} (no title in the ledger)"),
        }
    }

    /// The cases that lie beneath the outermost judged surface of their scenario, and block
    /// nothing.
    pub(crate) fn below_surface(&self) -> HashSet<&str> {
        let cases = &self.conclusion.cases;
        let first = cases.first().map(|case| case.surface);
        // Every case is held against every other, which a run of one surface need not pay for.
        if cases.iter().all(|case| Some(case.surface) == first) {
            return HashSet::new();
        }
        let below = cases.iter().filter(|case| below_surface(case, cases));
        below.map(|case| case.case.as_str()).collect()
    }
}

impl<'a> ReportInput<'a> {
    /// For a conclusion without a journal, such as a test harness has of a single case: no
    /// timing, no availability.
    pub fn without_run(
        conclusion: &'a Conclusion,
        titles: IndexMap<String, String>,
        at: Timestamp,
    ) -> Self {
        let run = RunFacts {
            id: String::new(),
            started: at,
            ended: at,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: 0,
            engine: None,
            replays: String::new(),
            args: Vec::new(),
            subjects: BySide::default(),
            faults: Vec::new(),
            interrupted: None,
            stopped: None,
            calls: 0,
        };
        let resources = Resources::default();
        Self {
            run,
            conclusion,
            titles,
            timing: Vec::new(),
            availability: Vec::new(),
            resources,
            scenarios: &[],
        }
    }
}

impl RunFacts {
    /// The facts of a stored run.
    pub fn of(run: &StoredRun) -> Self {
        let started = &run.started;
        let ended = run.ended.as_ref();
        let answered =
            |kind: &StepKind| matches!(kind, StepKind::Outcome | StepKind::ProviderError);
        let steps = run
            .cases
            .values()
            .flat_map(|case| &case.transcripts)
            .flat_map(|stored| &stored.steps);
        Self {
            id: started.run.clone(),
            started: run.started_at,
            ended: run.last_at,
            version: started.version.clone(),
            seed: started.seed,
            engine: started.engine.clone(),
            replays: started.replays.clone(),
            args: started.args.clone(),
            subjects: started.subjects.clone(),
            faults: started.faults.clone(),
            interrupted: match ended {
                None => Some("killed".to_owned()),
                Some(ended) => ended.interrupted.clone(),
            },
            stopped: ended.and_then(|ended| ended.stopped.clone()),
            calls: steps.filter(|step| answered(&step.kind)).count() as u64,
        }
    }
}

fn resources(run: &StoredRun) -> Resources {
    let made = || run.sandboxes.iter().filter(|sandbox| sandbox.id.is_some());
    let leaked = run
        .open_sandboxes()
        .filter(|sandbox| sandbox.leaked.is_some());
    Resources {
        created: made().count() as u64,
        destroyed: made().filter(|sandbox| sandbox.destroyed.is_some()).count() as u64,
        leaked: leaked
            .map(|sandbox| {
                sandbox
                    .id
                    .clone()
                    .unwrap_or_else(|| format!("unknown ({})", sandbox.name))
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::side::Side;

    use super::*;

    /// Writes a journal, reads it back and gathers: the way of `cutover run` and `cutover report`.
    #[test]
    fn a_stored_run_gives_facts_timing_availability_and_resources() {
        let dir = tempfile::tempdir().unwrap();
        write_journal(dir.path());
        let run = crate::transcript::read_journal(dir.path()).unwrap();
        let conclusion = crate::report::fixture::conclusion();
        let titles = [("Q27".to_owned(), "a title".to_owned())].into();
        let input = ReportInput::new(&run, &conclusion, titles);
        assert_eq!((input.run.seed, input.run.calls), (7, 3));
        assert_eq!(input.run.interrupted.as_deref(), Some("killed"));
        let timing = Timing {
            verb: "execute".to_owned(),
            side: Side::Source,
            count: 3,
            p50_ms: 20,
            p95_ms: 30,
        };
        assert_eq!(input.timing, [timing]);
        let resources = Resources {
            created: 2,
            destroyed: 1,
            leaked: vec!["sb-2".to_owned()],
        };
        assert_eq!(input.resources, resources);
        assert_eq!(input.quirk("Q27"), "Q27 \"a title\"");
        assert_eq!(input.quirk("Q99"), "Q99 (no title in the ledger)");
    }

    fn write_journal(dir: &std::path::Path) {
        let clock = cutover_base::clock::Clock::new();
        let journal = crate::transcript::JournalWriter::create(dir, clock).unwrap();
        let started = serde_json::json!({
            "run": "r", "version": "0.1.0", "args": [], "seed": 7, "replays": "auto",
            "engine": null, "capabilities": [], "scenarios": [], "ledger": [],
            "source": {"provider": "e2b", "lane": "standin", "stack": "lap-337"},
            "target": {"provider": "daytona", "lane": "standin", "stack": "lap-337"},
        });
        let planned = serde_json::json!({
            "scenario": "execute/same", "surface": "provider", "required": true,
        });
        let event =
            |name: &str, value| serde_json::from_value(serde_json::json!({ name: value })).unwrap();
        journal.write(event("run_started", started)).unwrap();
        let case = journal.scope().case("provider/execute/same");
        case.write(event("case_planned", planned)).unwrap();
        for (replay, duration_ms) in [(1, 30), (2, 10), (3, 20)] {
            let side = case.side(Side::Source, replay);
            let step = serde_json::json!({
                "started": "2026-01-02T03:04:05Z", "duration_ms": duration_ms, "attempts": 1,
                "result": {"outcome": {}},
            });
            side.step("fails").write(event("step", step)).unwrap();
        }
        for (id, end) in [("sb-1", "destroyed"), ("sb-2", "leaked")] {
            let side = case.side(Side::Source, 1);
            side.write(event("created", serde_json::json!({"sandbox": id})))
                .unwrap();
            let end_value = serde_json::json!({"sandbox": id, "how": "cleanup", "why": "refused"});
            side.write(event(end, end_value)).unwrap();
        }
    }
}
