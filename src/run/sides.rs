//! One case on its two sides: played once more, or taken from a recording.

use std::sync::Arc;

use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use futures_util::future::join_all;
use tokio::time::Instant;

use crate::plan::Case;
use crate::run::lives::CaseJournal;
use crate::run::play::Player;
use crate::run::seat::Seat;
use crate::run::shared::{Shared, WhyNot};
use crate::transcript::{Ending, JournalError, Span, StepRecord, StepResult, Transcript};

/// What one job left.
struct Job {
    lines: Vec<Span>,
    met_error: bool,
}

/// A case under way.
#[derive(Debug)]
pub(super) struct Playthrough {
    /// What each side has left so far, a replay each. Its transcripts lie in the journal.
    replays: BySide<Vec<Vec<Span>>>,
    /// The sides that are played, in their order.
    played: Vec<Side>,
    /// What the first job holds already.
    pub(super) seat: Option<Seat>,
    /// When the last job ended.
    ended: Option<Instant>,
    /// Whether a side met an error, so that the case is judged on it whatever stops the run.
    met_error: bool,
}

impl Playthrough {
    /// How often it was played.
    pub(super) fn replays(&self) -> u32 {
        let first = self.played.first().copied().unwrap_or(Side::Source);
        u32::try_from(self.replays[first].len()).unwrap_or(u32::MAX)
    }

    /// Whether a side is played: two recordings have nothing to add.
    pub(super) const fn is_played(&self) -> bool {
        !self.played.is_empty()
    }
}

impl Shared {
    /// The sides that are played, in this order: those for which no earlier run stands.
    pub(super) fn played(&self, order: [Side; 2]) -> Vec<Side> {
        let is_played = |side: &Side| self.stage.recording(*side).is_none();
        order.into_iter().filter(is_played).collect()
    }

    /// A case that has not begun; what is recorded of it is there.
    pub(super) fn playthrough(
        &self,
        case: &Case,
        played: Vec<Side>,
        seat: Option<Seat>,
    ) -> Playthrough {
        Playthrough {
            replays: BySide::from_fn(|side| self.recorded(case, side)),
            played,
            seat,
            ended: None,
            met_error: false,
        }
    }

    /// Plays the case once more on each side that is not recorded.
    ///
    /// # Errors
    /// Why it is not played, if the run stops meanwhile.
    pub(super) async fn replay(
        &self,
        case: &Case,
        through: &mut Playthrough,
    ) -> Result<(), WhyNot> {
        let replay = through.replays() + 1;
        if self.settings.gap.is_zero() {
            // The seat that is held is the first side's.
            let mut held = through.seat.take();
            let jobs = through.played.iter().map(|&side| {
                let held = held.take();
                async move {
                    let seat = match held {
                        Some(seat) => seat,
                        None => self.seat(case, side).await,
                    };
                    (side, self.side(case, side, replay, seat).await)
                }
            });
            for (side, job) in join_all(jobs).await {
                through.replays[side].push(job.lines);
            }
            return Ok(());
        }
        for side in through.played.clone() {
            self.part(through.ended).await;
            // A case that failed on one side is judged on that; its other side ends at once, as
            // nothing is made for it any more.
            let goes_on = |why: &WhyNot| through.met_error && !why.is_interruption();
            let stopped = |shared: &Self| shared.stopped().filter(|why| !goes_on(why));
            if let Some(why) = stopped(self) {
                return Err(why);
            }
            let seat = match through.seat.take() {
                Some(seat) => seat,
                None => self.seat(case, side).await,
            };
            if let Some(why) = stopped(self) {
                return Err(why);
            }
            let job = self.side(case, side, replay, seat).await;
            through.replays[side].push(job.lines);
            through.met_error |= job.met_error;
            through.ended = Some(Instant::now());
        }
        Ok(())
    }

    /// Waits until the gap after the last job is over. Nothing is held meanwhile.
    async fn part(&self, ended: Option<Instant>) {
        if let Some(ended) = ended {
            let gap = tokio::time::sleep_until(ended + self.settings.gap);
            // An interrupted run waits for nothing.
            let _over = self.cancelled.run_until_cancelled(gap).await;
        }
    }

    /// What was played, read back from the journal.
    ///
    /// # Errors
    /// When the journal does not hold it.
    pub(super) fn transcripts(
        &self,
        case: &Case,
        through: &Playthrough,
    ) -> Result<BySide<Vec<Transcript>>, JournalError> {
        let read = |side: Side| {
            let replays = through.replays[side].iter();
            replays
                .map(|lines| self.journal.transcript(&case.id, lines))
                .collect()
        };
        BySide::from_fn(read).transpose()
    }

    /// What was recorded of a side, written down again: this run's journal stands alone. Nothing, if
    /// no earlier run stands for it.
    fn recorded(&self, case: &Case, side: Side) -> Vec<Vec<Span>> {
        let Some(recording) = self.stage.recording(side) else {
            return Vec::new();
        };
        let transcripts = recording.transcripts(case, side).into_iter();
        let written = transcripts.map(|mut transcript| {
            let journal = self.journal_of(case, side, transcript.replay);
            for record in &mut transcript.steps {
                journal.adopt(record);
                journal.step(record);
            }
            journal.side_ended(&transcript);
            journal.lines()
        });
        written.collect()
    }

    fn journal_of(&self, case: &Case, side: Side, replay: u32) -> CaseJournal {
        CaseJournal {
            scope: self.journal.scope().case(&case.id).side(side, replay),
            side,
            blobs: self.blobs.clone(),
            budget: Arc::clone(&self.budget),
            run: self.settings.id.clone(),
            provider: self.settings.providers[side].clone(),
            lane: self.settings.lanes[side].clone(),
            kept: Arc::default(),
        }
    }

    /// One job: the seat is free again when it is done.
    async fn side(&self, case: &Case, side: Side, replay: u32, seat: Seat) -> Job {
        let journal = self.journal_of(case, side, replay);
        let opened = self.stage.open(case, side, Arc::new(journal.clone())).await;
        let transcript = match opened {
            Ok(open) => {
                let player = Player {
                    case,
                    side,
                    replay,
                    run: &self.settings.id,
                    clock: &self.settings.clock,
                    journal: &journal,
                    cancelled: &self.cancelled,
                    guard: self.settings.guard,
                };
                player.play(&open).await
            }
            Err(error) => self.not_opened(case, side, replay, &journal, &error.to_string()),
        };
        drop(seat);
        let is_error = |record: &StepRecord| {
            matches!(
                record.result,
                StepResult::ProviderError(_) | StepResult::HarnessError(_)
            )
        };
        Job {
            lines: journal.lines(),
            met_error: transcript.steps.iter().any(is_error),
        }
    }

    /// A side that could not be opened: its first step carries the harness error.
    fn not_opened(
        &self,
        case: &Case,
        side: Side,
        replay: u32,
        journal: &CaseJournal,
        error: &str,
    ) -> Transcript {
        let now = self.settings.clock.now();
        let mut steps = Vec::new();
        for (index, step) in case.scenario.steps.iter().enumerate() {
            let result = if index == 0 {
                StepResult::HarnessError(error.to_owned())
            } else {
                StepResult::NotReached("the side could not be opened".to_owned())
            };
            let record = StepRecord {
                step: step.id.clone(),
                started: now,
                duration_ms: 0,
                attempts: 0,
                result,
                unmet: Vec::new(),
            };
            journal.step(&record);
            steps.push(record);
        }
        let transcript = Transcript {
            case: case.id.clone(),
            side,
            replay,
            started: now,
            ended: now,
            steps,
            literals: Vec::new(),
            ending: Ending::Clean,
        };
        journal.side_ended(&transcript);
        transcript
    }
}
