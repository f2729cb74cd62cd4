//! One case on its two sides: played once more, or taken from a recording.

use std::sync::Arc;

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::plan::{Case, creates};
use crate::run::lives::CaseJournal;
use crate::run::play::Player;
use crate::run::shared::Shared;
use crate::transcript::{Ending, StepRecord, StepResult, Transcript};

/// One side of a case, as far as it has come.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) replays: Vec<Transcript>,
    pub(super) is_recorded: bool,
}

impl Played {
    pub(super) fn new(recorded: Option<Vec<Transcript>>) -> Self {
        Self {
            is_recorded: recorded.is_some(),
            replays: recorded.unwrap_or_default(),
        }
    }
}

impl Shared {
    /// Plays the case once more on each side that is not recorded; gives its number.
    pub(super) async fn replay(
        &self,
        case: &Case,
        source_first: bool,
        sides: &mut BySide<Played>,
    ) -> u32 {
        let BySide { source, target } = sides;
        let played = if source.is_recorded {
            &*target
        } else {
            &*source
        };
        let replay = u32::try_from(played.replays.len()).unwrap_or(u32::MAX) + 1;
        let first = async {
            if !source.is_recorded {
                let transcript = self.side(case, Side::Source, replay).await;
                source.replays.push(transcript);
            }
        };
        let second = async {
            if !target.is_recorded {
                let transcript = self.side(case, Side::Target, replay).await;
                target.replays.push(transcript);
            }
        };
        if source_first {
            tokio::join!(first, second);
        } else {
            tokio::join!(second, first);
        }
        replay
    }

    /// What was recorded of a side, written down again: this run's journal stands alone.
    pub(super) fn recorded(&self, case: &Case, side: Side) -> Option<Vec<Transcript>> {
        let mut transcripts = self.stage.recorded(case, side)?;
        for transcript in &mut transcripts {
            let journal = self.journal_of(case, side, transcript.replay);
            for record in &mut transcript.steps {
                journal.adopt(record);
                journal.step(record);
            }
            journal.side_ended(transcript);
        }
        Some(transcripts)
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
        }
    }

    async fn side(&self, case: &Case, side: Side, replay: u32) -> Transcript {
        let entering = self.accounts[side].enter(creates(&case.scenario));
        // An interrupted run waits for no turn: what follows ends at once.
        let _room = self.cancelled.run_until_cancelled(entering).await;
        // The semaphore is never closed, so the permit comes.
        let _job = self.jobs.acquire().await;
        let journal = self.journal_of(case, side, replay);
        match self.stage.open(case, side, Arc::new(journal.clone())).await {
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
