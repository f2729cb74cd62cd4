//! All cases of a run: jobs at once, sides in random order, replays where they are wanted.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cutover_base::blob::BlobStore;
use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;
use cutover_base::side::Side;
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::compare::judge::{REPLAYS_UNSTABLE_MAX, replays_wanted};
use crate::compare::verdict::CaseVerdict;
use crate::plan::{Case, creates};
use crate::run::budget::StopReason;
use crate::run::conclude::{Judge, aside};
use crate::run::seat::Seat;
use crate::run::settings::{GUARD_DEFAULT, ProgressEvent, Replays, RunSettings};
use crate::run::shared::{Playing, Shared, WhyNot};
use crate::run::sides::Playthrough;
use crate::run::stage::Stage;
use crate::transcript::event::{CasePlanned, EventKind, PlannedCase, RunEnded};
use crate::transcript::{JournalError, JournalWriter};

/// Why a run could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Cases that are open at once: begun, and waiting for their other side or a further replay. What
/// they have played lies in the journal, so that an open case costs little.
const OPEN_CASES_MAX: usize = 256;

/// Plays every case on both sides and journals it all but the run's own end, which the caller
/// writes, as it knows by which signal the run was interrupted.
///
/// # Errors
/// When the journal cannot be written.
pub async fn run_cases(
    settings: RunSettings,
    cases: &[Case],
    playing: Playing,
) -> Result<RunEnded, RunError> {
    let shared = Arc::new(Shared::new(settings, playing));
    shared.journal.write(planned(cases))?;
    // Before anything is created: a run that is killed must know what it had to do.
    shared.journal.sync()?;
    let mut open = OpenCases::default();
    for case in cases {
        if let Err(error) = shared.begin(case, &mut open).await {
            open.failed.get_or_insert(error);
            break;
        }
    }
    while open.one_ends(&shared).await {}
    if let Some(error) = open.failed {
        return Err(error.into());
    }
    let (created, destroyed) = shared.budget.totals();
    Ok(RunEnded {
        interrupted: None,
        stopped: shared.budget.reason().map(|reason| reason.to_string()),
        created,
        destroyed,
    })
}

/// All that will be run.
fn planned(cases: &[Case]) -> EventKind {
    let planned = |case: &Case| PlannedCase {
        id: case.id.clone(),
        planned: CasePlanned {
            scenario: case.scenario.name.clone(),
            surface: case.surface.name().to_owned(),
            point: case.point.clone(),
            required: case.required,
        },
    };
    EventKind::RunPlanned {
        cases: cases.iter().map(planned).collect(),
    }
}

/// The order of the sides, by chance from the seed, and the same when the run is resumed.
pub(super) fn order(seed: u64, case: &str) -> [Side; 2] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(case);
    if hash.finalize()[0] & 1 == 0 {
        [Side::Source, Side::Target]
    } else {
        [Side::Target, Side::Source]
    }
}

/// The cases that are open, each a task.
#[derive(Debug, Default)]
struct OpenCases {
    tasks: JoinSet<Result<(), JournalError>>,
    failed: Option<JournalError>,
}

impl OpenCases {
    /// Waits for the end of a case; whether there was one.
    async fn one_ends(&mut self, shared: &Shared) -> bool {
        match self.tasks.join_next().await {
            None => return false,
            Some(Ok(Ok(()))) => {}
            Some(Ok(Err(error))) => {
                self.failed.get_or_insert(error);
            }
            // A panic is a bug of ours: the run goes no further and says so.
            Some(Err(error)) => {
                shared.budget.stop(StopReason::Bug(error.to_string()));
            }
        }
        true
    }
}

/// Plays and judges one case with a journal of its own in `dir`: for `try`, the self-test and the
/// test harness.
///
/// # Errors
/// When the journal cannot be written.
pub async fn play_once(
    case: &Case,
    stage: Arc<dyn Stage>,
    dir: &Path,
    blobs: BlobStore,
    judge: Judge,
    clock: Clock,
    cancelled: CancellationToken,
) -> Result<CaseVerdict, RunError> {
    let settings = RunSettings {
        id: "single".to_owned(),
        jobs: 2,
        replays: Replays::Auto,
        seed: 0,
        gap: Duration::ZERO,
        fail_fast: None,
        bounds: BySide::default(),
        one_account: false,
        sandboxes_total: None,
        minutes_max: None,
        guard: GUARD_DEFAULT,
        lanes: BySide::default(),
        providers: BySide::default(),
        clock: clock.clone(),
    };
    let playing = Playing {
        stage,
        journal: JournalWriter::create(dir, clock)?,
        blobs,
        judge,
        progress: Arc::new(|_| {}),
        cancelled,
    };
    let shared = Shared::new(settings, playing);
    let through = shared.playthrough(case, shared.played(Side::BOTH), None);
    let verdict = shared.judged(case, through).await?;
    match shared.journal.failure() {
        Some(error) => Err(error.into()),
        None => Ok(verdict.unwrap_or_else(|why| aside(case, why.reason, &why.message))),
    }
}

impl Shared {
    /// Begins a case as soon as a job is free for its first side; returns as soon as it has. Jobs
    /// are given in the order in which they are asked for, so that as many further sides go on as
    /// cases begin.
    async fn begin(
        self: &Arc<Self>,
        case: &Case,
        open: &mut OpenCases,
    ) -> Result<(), JournalError> {
        if !case.unmet.is_empty() {
            let why = WhyNot {
                reason: "unsupported",
                message: format!("requires {}", case.unmet.join(", ")),
            };
            return self.put_aside(case, &why);
        }
        let played = self.played(order(self.settings.seed, &case.id));
        let wanted = BySide::from_fn(|side| {
            if played.contains(&side) {
                creates(&case.scenario) as u64
            } else {
                0
            }
        });
        while open.tasks.len() >= OPEN_CASES_MAX || !self.budget.has_room(&wanted) {
            // Without room and without open cases the cap itself says so.
            if !open.one_ends(self).await {
                break;
            }
        }
        if let Some(why) = self.stopped() {
            return self.put_aside(case, &why);
        }
        let seat = match played.first() {
            Some(side) => Some(self.seat(case, *side).await),
            None => None,
        };
        if let Some(why) = self.stopped() {
            return self.put_aside(case, &why);
        }
        self.budget.promise(&wanted);
        let (shared, case) = (Arc::clone(self), case.clone());
        open.tasks.spawn(async move {
            let done = shared.case(&case, played, seat).await;
            shared.budget.settle(&wanted);
            done
        });
        Ok(())
    }

    async fn case(
        &self,
        case: &Case,
        played: Vec<Side>,
        seat: Option<Seat>,
    ) -> Result<(), JournalError> {
        (self.progress)(ProgressEvent::Started {
            case: case.id.clone(),
        });
        let through = self.playthrough(case, played, seat);
        let verdict = match self.judged(case, through).await? {
            Ok(verdict) => verdict,
            Err(why) => return self.put_aside(case, &why),
        };
        self.budget.judged(verdict.verdict);
        self.journal
            .scope()
            .case(&case.id)
            .write(EventKind::CaseVerdict {
                verdict: verdict.verdict.name().to_owned(),
                reason: verdict.reason.clone(),
            })?;
        (self.progress)(judged(&verdict));
        Ok(())
    }

    /// Says that a case is not played, or not to its end.
    fn put_aside(&self, case: &Case, why: &WhyNot) -> Result<(), JournalError> {
        self.journal
            .scope()
            .case(&case.id)
            .write(EventKind::CaseSkipped {
                reason: why.reason.to_owned(),
                message: why.message.clone(),
            })?;
        (self.progress)(judged(&aside(case, why.reason, &why.message)));
        Ok(())
    }

    /// Plays until the verdict stands, or says why that is not to be. A recorded side is taken as
    /// it is.
    async fn judged(
        &self,
        case: &Case,
        mut through: Playthrough,
    ) -> Result<Result<CaseVerdict, WhyNot>, JournalError> {
        let mut wanted = match self.settings.replays {
            Replays::Auto => 1,
            Replays::Fixed(count) => count.max(1),
        };
        loop {
            while through.is_played() && through.replays() < wanted {
                if let Err(why) = self.replay(case, &mut through).await {
                    return Ok(Err(why));
                }
            }
            let transcripts = self.transcripts(case, &through)?;
            let verdict = self
                .judge
                .case(case, transcripts.as_ref().map(Vec::as_slice));
            let have = through.replays();
            if !through.is_played()
                || self.settings.replays != Replays::Auto
                || self.cancelled.is_cancelled()
            {
                return Ok(Ok(verdict));
            }
            let more = replays_wanted(&verdict, have).min(REPLAYS_UNSTABLE_MAX);
            if more <= have || self.budget.reason().is_some() {
                return Ok(Ok(verdict));
            }
            wanted = more;
        }
    }
}

fn judged(verdict: &CaseVerdict) -> ProgressEvent {
    ProgressEvent::Judged {
        case: verdict.case.clone(),
        verdict: verdict.verdict,
        reason: verdict.reason.clone(),
    }
}
