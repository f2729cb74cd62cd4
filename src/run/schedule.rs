//! All cases of a run: jobs at once, sides in random order, replays where they are wanted.

use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::BlobStore;
use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::compare::judge::{REPLAYS_UNSTABLE_MAX, replays_wanted};
use crate::compare::verdict::CaseVerdict;
use crate::plan::Case;
use crate::run::budget::StopReason;
use crate::run::conclude::{Judge, aside};
use crate::run::settings::{GUARD_DEFAULT, Progress, ProgressEvent, Replays, RunSettings};
use crate::run::shared::{Playing, Shared};
use crate::run::sides::Played;
use crate::run::stage::Stage;
use crate::transcript::event::{CasePlanned, EventKind, RunEnded};
use crate::transcript::{JournalError, JournalWriter};

/// Why a run could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

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
    let progress = Arc::clone(&playing.progress);
    let shared = Arc::new(Shared::new(settings, playing));
    for case in cases {
        let planned = EventKind::CasePlanned(CasePlanned {
            scenario: case.scenario.name.clone(),
            surface: case.surface.name().to_owned(),
            point: case.point.clone(),
            required: case.required,
        });
        let journal = shared.journal.scope();
        journal.case(&case.id).write(planned)?;
    }
    // As many cases as jobs: a case keeps at most two jobs busy, and one of its sides may wait.
    let lanes = Arc::new(Semaphore::new(shared.settings.jobs.max(1)));
    let mut order = ChaCha8Rng::seed_from_u64(shared.settings.seed);
    let mut tasks = JoinSet::new();
    for case in cases {
        let source_first = order.next_u32() & 1 == 0;
        let (case, shared, lanes) = (case.clone(), Arc::clone(&shared), Arc::clone(&lanes));
        let progress = Arc::clone(&progress);
        tasks.spawn(async move {
            let Ok(_lane) = lanes.acquire().await else {
                return Ok(());
            };
            shared.case(&case, source_first, &progress).await
        });
    }
    let mut first_error = None;
    while let Some(joined) = tasks.join_next().await {
        match joined {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                first_error.get_or_insert(error);
            }
            // A panic is a bug of ours: the run goes no further and says so.
            Err(error) => {
                shared.budget.stop(StopReason::Bug(error.to_string()));
            }
        }
    }
    if let Some(error) = first_error {
        return Err(error.into());
    }
    let (created, destroyed) = shared.budget.totals();
    let ended = RunEnded {
        interrupted: None,
        stopped: shared.budget.reason().map(|reason| reason.to_string()),
        created,
        destroyed,
    };
    Ok(ended)
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
    let verdict = shared.judged(case, true).await;
    match shared.journal.failure() {
        Some(error) => Err(error.into()),
        None => Ok(verdict),
    }
}

impl Shared {
    async fn case(
        &self,
        case: &Case,
        source_first: bool,
        progress: &Progress,
    ) -> Result<(), JournalError> {
        let journal = self.journal.scope().case(&case.id);
        if let Some((reason, message)) = self.why_not(case) {
            let verdict = aside(case, &reason, &message);
            journal.write(EventKind::CaseSkipped { reason, message })?;
            progress(judged(&verdict));
            return Ok(());
        }
        progress(ProgressEvent::Started {
            case: case.id.clone(),
        });
        let verdict = self.judged(case, source_first).await;
        self.budget.judged(verdict.verdict);
        let event = EventKind::CaseVerdict {
            verdict: verdict.verdict.name().to_owned(),
            reason: verdict.reason.clone(),
        };
        journal.write(event)?;
        progress(judged(&verdict));
        Ok(())
    }

    /// Why a case is not begun, if it is not: reason and message.
    fn why_not(&self, case: &Case) -> Option<(String, String)> {
        if !case.unmet.is_empty() {
            let message = format!("requires {}", case.unmet.join(", "));
            return Some(("unsupported".to_owned(), message));
        }
        if self.cancelled.is_cancelled() {
            return Some((
                "interrupted".to_owned(),
                crate::run::play::INTERRUPTED.to_owned(),
            ));
        }
        let reason = self.budget.reason()?;
        let word = if matches!(reason, StopReason::FailFast(_)) {
            "fail_fast"
        } else {
            "cap"
        };
        Some((word.to_owned(), reason.to_string()))
    }

    /// Plays until the verdict stands. A recorded side is taken as it is.
    async fn judged(&self, case: &Case, source_first: bool) -> CaseVerdict {
        let mut sides = BySide::from_fn(|side| Played::new(self.recorded(case, side)));
        let mut wanted = match self.settings.replays {
            Replays::Auto => 1,
            Replays::Fixed(count) => count.max(1),
        };
        loop {
            let mut have = 0;
            while have < wanted && sides.iter().any(|(_, side)| !side.is_recorded) {
                have = self.replay(case, source_first, &mut sides).await;
            }
            let transcripts = sides.as_ref().map(|side| side.replays.as_slice());
            let verdict = self.judge.case(case, transcripts);
            if have == 0 || self.settings.replays != Replays::Auto || self.cancelled.is_cancelled()
            {
                return verdict;
            }
            let more = replays_wanted(&verdict, have).min(REPLAYS_UNSTABLE_MAX);
            if more <= have || self.budget.reason().is_some() {
                return verdict;
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
