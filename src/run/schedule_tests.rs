//! What a run asks of its stage, and when: played by a stage that notes each side's begin and end.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cutover_base::blob::{Blob, BlobStore};
use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_base::side::Side;
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;

use crate::call::{Outcome, Surface, ToolCall};
use crate::compare::ledger::Ledger;
use crate::driver::CallContext;
use crate::plan::{Case, PlanOptions, plan};
use crate::run::conclude::{Judge, subjects};
use crate::run::schedule::{order, run_cases};
use crate::run::settings::{GUARD_DEFAULT, Replays, RunSettings};
use crate::run::shared::Playing;
use crate::run::stage::{OpenSide, RecordedSide, Stage, StageError};
use crate::scenario::parse_one;
use crate::scenario::verbs::ProviderEvent;
use crate::surface::{Backstage, BackstageError, CallSurface, Lifecycle, Reply};
use crate::transcript::event::StoredSubject;
use crate::transcript::{Ending, JournalWriter, StepResult, StoredRun, Transcript, read_journal};

/// A side that was played.
#[derive(Debug, Clone)]
struct Seen {
    case: String,
    side: Side,
    began: Instant,
    ended: Option<Instant>,
    /// Sides under way when it began, itself included.
    at_once: usize,
}

/// Hands out sides that answer every call with their own name, and notes them.
#[derive(Debug, Clone, Default)]
struct Noting {
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Stands for a recording, if one side is one.
    recorded: Option<Side>,
    /// Where the calls of both sides wait for each other.
    meeting: Option<Arc<Barrier>>,
}

#[derive(Debug)]
struct NotedSide {
    seen: Arc<Mutex<Vec<Seen>>>,
    index: usize,
    side: Side,
    meeting: Option<Arc<Barrier>>,
}

#[async_trait]
impl Stage for Noting {
    async fn open(
        &self,
        case: &Case,
        side: Side,
        _lifecycle: Arc<dyn Lifecycle>,
    ) -> Result<OpenSide, StageError> {
        let mut seen = self.seen.lock().unwrap();
        let index = seen.len();
        let at_once = 1 + seen.iter().filter(|seen| seen.ended.is_none()).count();
        seen.push(Seen {
            case: case.id.clone(),
            side,
            began: Instant::now(),
            ended: None,
            at_once,
        });
        let noted = Arc::new(NotedSide {
            seen: Arc::clone(&self.seen),
            index,
            side,
            meeting: self.meeting.clone(),
        });
        Ok(OpenSide {
            surface: Arc::<NotedSide>::clone(&noted),
            backstage: noted,
        })
    }

    fn recording(&self, side: Side) -> Option<&dyn RecordedSide> {
        (self.recorded == Some(side)).then_some(&Empty)
    }
}

/// A recording without a step.
#[derive(Debug)]
struct Empty;

impl RecordedSide for Empty {
    fn transcripts(&self, case: &Case, side: Side) -> Vec<Transcript> {
        let at = Clock::new().now();
        vec![Transcript {
            case: case.id.clone(),
            side,
            replay: 1,
            started: at,
            ended: at,
            steps: Vec::new(),
            literals: Vec::new(),
            ending: Ending::Clean,
        }]
    }
}

#[async_trait]
impl CallSurface for NotedSide {
    fn surface(&self) -> Surface {
        Surface::Provider
    }

    async fn call(&self, _call: &ToolCall, _cx: &CallContext) -> Reply {
        if let Some(meeting) = &self.meeting {
            meeting.wait().await;
        }
        let output = Blob::from_bytes(self.side.name());
        Reply::plain(StepResult::Outcome(
            Outcome::default().with_bytes("output", output),
        ))
    }

    fn sandbox_id(&self, _name: &str) -> Option<String> {
        None
    }

    async fn home(&self, _cx: &CallContext) -> Result<String, StepResult> {
        Ok("/home/user".to_owned())
    }

    async fn close(&self, _cx: &CallContext) -> Ending {
        self.seen.lock().unwrap()[self.index].ended = Some(Instant::now());
        Ending::Clean
    }
}

#[async_trait]
impl Backstage for NotedSide {
    async fn event(
        &self,
        _sandbox: &str,
        _event: ProviderEvent,
        _cx: &CallContext,
    ) -> Result<Outcome, BackstageError> {
        Ok(Outcome::default())
    }

    async fn advance(&self, _by: Duration) -> Result<(), BackstageError> {
        Ok(())
    }

    async fn fault(&self, _spec: &str) -> Result<(), BackstageError> {
        Ok(())
    }

    async fn close(&self) {}
}

fn cases(count: usize) -> Vec<Case> {
    let scenarios: Vec<_> = (0..count)
        .map(|number| {
            let text = "why: x\nsteps:\n  - execute: 'true'\n";
            let name = format!("a/{number:03}");
            Arc::new(parse_one(&name, Path::new("a.yaml"), text).unwrap())
        })
        .collect();
    let options = PlanOptions {
        surfaces: vec![Surface::Provider],
        ..PlanOptions::default()
    };
    plan(&scenarios, &options).unwrap().cases
}

fn settings(jobs: usize, gap: Duration) -> RunSettings {
    RunSettings {
        id: "r".to_owned(),
        clock: Clock::new(),
        jobs,
        replays: Replays::Fixed(1),
        seed: 7,
        gap,
        guard: GUARD_DEFAULT,
        fail_fast: None,
        bounds: BySide::default(),
        one_account: false,
        sandboxes_total: None,
        minutes_max: None,
        lanes: BySide::default(),
        providers: BySide::default(),
    }
}

/// Plays the cases; gives what was seen and what the journal says.
fn played(stage: &Noting, settings: RunSettings, cases: &[Case]) -> (Vec<Seen>, StoredRun) {
    let dir = tempfile::tempdir().unwrap();
    let stored = StoredSubject::default();
    let journal = JournalWriter::create(dir.path(), Clock::new()).unwrap();
    journal
        .write(crate::transcript::started_for_test())
        .unwrap();
    let playing = Playing {
        stage: Arc::new(stage.clone()),
        journal,
        blobs: BlobStore::new(dir.path().join("blobs"), Redactor::noop()),
        judge: Judge {
            ledger: Ledger::default(),
            subjects: subjects(BySide::from_fn(|_| &stored), None, Vec::new()),
            now: Clock::new().now(),
        },
        progress: Arc::new(|_| {}),
        cancelled: CancellationToken::new(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(run_cases(settings, cases, playing))
        .unwrap();
    let seen = stage.seen.lock().unwrap().clone();
    (seen, read_journal(dir.path()).unwrap())
}

fn of<'s>(seen: &'s [Seen], case: &str) -> Vec<&'s Seen> {
    seen.iter().filter(|seen| seen.case == case).collect()
}

#[test]
fn a_side_begins_a_gap_after_the_last_one_of_its_case_has_ended() {
    let gap = Duration::from_millis(40);
    let settings = RunSettings {
        replays: Replays::Fixed(2),
        ..settings(4, gap)
    };
    let cases = cases(6);
    let (seen, run) = played(&Noting::default(), settings, &cases);
    for case in &cases {
        let played = of(&seen, &case.id);
        assert_eq!(played.len(), 4, "{played:?}");
        for pair in played.windows(2) {
            assert!(pair[1].began >= pair[0].ended.unwrap() + gap, "{pair:?}");
            assert_ne!(pair[0].side, pair[1].side);
        }
        assert!(run.cases[&case.id].verdict.is_some());
        assert!(run.cases[&case.id].is_whole());
    }
    assert!(seen.iter().all(|seen| seen.at_once <= 4), "{seen:?}");
}

#[test]
fn a_case_that_waits_holds_no_job() {
    // One job and a long gap: all cases must have begun before the first goes on.
    let cases = cases(5);
    let gap = Duration::from_millis(1500);
    let (seen, _) = played(&Noting::default(), settings(1, gap), &cases);
    let order: Vec<&str> = seen.iter().map(|seen| seen.case.as_str()).collect();
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(order[..5], ids[..]);
    assert!(seen.iter().all(|seen| seen.at_once == 1));
}

#[test]
fn without_a_gap_both_sides_are_played_at_once() {
    let stage = Noting {
        meeting: Some(Arc::new(Barrier::new(2))),
        ..Noting::default()
    };
    // One after the other they would wait for each other without end.
    let (seen, _) = played(&stage, settings(2, Duration::ZERO), &cases(1));
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_recording_needs_no_gap() {
    let stage = Noting {
        recorded: Some(Side::Source),
        ..Noting::default()
    };
    // With a gap this would not end.
    let gap = Duration::from_secs(3600);
    let cases = cases(3);
    let (seen, run) = played(&stage, settings(2, gap), &cases);
    assert!(seen.iter().all(|seen| seen.side == Side::Target));
    assert_eq!(seen.len(), cases.len());
    assert!(run.cases.values().all(|case| case.verdict.is_some()));
}

#[test]
fn what_stops_a_run_leaves_no_case_with_one_side() {
    let settings = RunSettings {
        fail_fast: Some(1),
        ..settings(2, Duration::from_millis(20))
    };
    let cases = cases(40);
    let (seen, run) = played(&Noting::default(), settings, &cases);
    let (mut judged, mut aside) = (0, 0);
    for (id, case) in &run.cases {
        match (&case.verdict, &case.skipped) {
            (Some((verdict, _)), None) => {
                assert_eq!(
                    (verdict.as_str(), of(&seen, id).len()),
                    ("new_divergence", 2)
                );
                judged += 1;
            }
            (None, Some((reason, _))) => {
                assert_eq!(reason, "fail_fast");
                aside += 1;
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    assert!(judged >= 1 && aside >= 1, "{judged} {aside}");
    assert_eq!(judged + aside, cases.len());
}

#[test]
fn a_cap_is_spent_on_whole_cases() {
    let settings = RunSettings {
        sandboxes_total: Some(6),
        ..settings(4, Duration::from_millis(5))
    };
    let (seen, _) = played(&Noting::default(), settings, &cases(9));
    // This stage makes no sandboxes, so that the cap is never reached: but no more than three
    // cases, each with two sandboxes to make, may be open at once.
    let mut open: Vec<&str> = Vec::new();
    for (index, now) in seen.iter().enumerate() {
        if of(&seen[..index], &now.case).is_empty() {
            open.push(&now.case);
        } else {
            open.retain(|case| *case != now.case);
        }
        assert!(open.len() <= 3, "{open:?}");
    }
    assert_eq!(seen.len(), 18);
}

#[test]
fn the_order_of_the_sides_comes_from_the_seed_and_the_case_alone() {
    let ids: Vec<String> = (0..200)
        .map(|number| format!("provider/a/{number}"))
        .collect();
    let first = |seed: u64| -> Vec<Side> { ids.iter().map(|id| order(seed, id)[0]).collect() };
    assert_eq!(first(1), first(1));
    assert_ne!(first(1), first(2));
    let sources = first(1)
        .iter()
        .filter(|side| **side == Side::Source)
        .count();
    assert!((60..140).contains(&sources), "{sources}");
}
