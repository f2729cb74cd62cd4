//! One case on one side in one replay: its steps in order, deferred ones last, then the cleanup.

use std::sync::Mutex;

use cutover_base::clock::Clock;
use cutover_base::side::Side;
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::compare::verdict::Verdict;
use crate::plan::Case;
use crate::run::lives::CaseJournal;
use crate::run::stage::OpenSide;
use crate::run::step::{Scene, with_duration};
use crate::scenario::model::{Action, Step};
use crate::scenario::template::{Bindings, SECRETS};
use crate::scenario::verbs;
use crate::transcript::{
    KnownLiteral, StepKind, StepRecord, StepResult, StoredCase, StoredTranscript, Transcript,
};

/// What the steps say that an interruption made impossible.
pub(crate) const INTERRUPTED: &str = "the run was interrupted";

/// Whether a case of an earlier run was not run to its end, so that a resumption must run it anew.
/// What the run's machine could not do stays as it is.
pub fn is_unfinished(case: &StoredCase) -> bool {
    let cut = |stored: &StoredTranscript| {
        !stored.complete
            || stored
                .steps
                .iter()
                .any(|step| matches!(&step.kind, StepKind::NotReached(why) if why == INTERRUPTED))
    };
    match (&case.skipped, &case.verdict) {
        (Some((reason, _)), _) => reason != "unsupported",
        // A cap that refused its sandbox left the case with nothing.
        (None, Some((verdict, _))) => {
            verdict == Verdict::NotReached.name() || case.transcripts.iter().any(cut)
        }
        (None, None) => true,
    }
}

/// What a step gave, and the literals learnt by it.
type Played = (StepRecord, Vec<KnownLiteral>);

/// What playing needs beside the case.
#[derive(Debug)]
pub(crate) struct Player<'a> {
    pub(crate) case: &'a Case,
    pub(crate) side: Side,
    pub(crate) replay: u32,
    pub(crate) run: &'a str,
    pub(crate) clock: &'a Clock,
    pub(crate) journal: &'a CaseJournal,
    pub(crate) cancelled: &'a CancellationToken,
    pub(crate) guard: std::time::Duration,
}

impl Player<'_> {
    /// Plays the case. Whatever happens, deferred steps run and every sandbox is destroyed.
    pub(crate) async fn play(&self, open: &OpenSide) -> Transcript {
        let started = self.clock.now();
        let scene = Scene {
            side: self.side,
            surface: self.case.surface,
            open,
            bindings: Mutex::new(self.first_bindings()),
            guard: self.guard,
        };
        let mut played = Vec::new();
        let mut blocked: Option<String> = None;
        let (deferred, ordinary): (Vec<&Step>, Vec<&Step>) =
            self.case.scenario.steps.iter().partition(|step| step.defer);
        for step in ordinary {
            let now = self.play_step(&scene, step, blocked.as_deref()).await;
            blocked = blocked.or_else(|| blocks(step, &now));
            played.extend(now);
        }
        for step in deferred.into_iter().rev() {
            played.extend(self.play_step(&scene, step, None).await);
        }
        let ending = open.surface.close(&self.journal.context(None)).await;
        open.backstage.close().await;
        let (steps, literals): (Vec<_>, Vec<_>) = played.into_iter().unzip();
        let transcript = Transcript {
            case: self.case.id.clone(),
            side: self.side,
            replay: self.replay,
            started,
            ended: self.clock.now(),
            steps,
            literals: literals.into_iter().flatten().collect(),
            ending,
        };
        self.journal.side_ended(&transcript);
        transcript
    }

    fn first_bindings(&self) -> Bindings {
        let mut bindings = Bindings::new();
        bindings.insert("run".to_owned(), self.run.to_owned());
        for (name, secret) in &self.case.scenario.secrets {
            if let Some(secret) = secret {
                bindings.insert(format!("{SECRETS}{name}"), secret.expose().to_owned());
            }
        }
        for (axis, value) in &self.case.point {
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            bindings.insert(format!("matrix.{axis}"), text);
        }
        bindings
    }

    async fn play_step(
        &self,
        scene: &Scene<'_>,
        step: &Step,
        blocked: Option<&str>,
    ) -> Vec<Played> {
        let Action::Parallel(children) = &step.action else {
            return vec![self.record(scene, step, blocked).await];
        };
        let started = self.clock.now();
        let played = join_all(
            children
                .iter()
                .map(|child| self.record(scene, child, blocked)),
        )
        .await;
        let outcome = StepResult::Outcome(crate::call::Outcome::default());
        let parent = self.keep(&step.id, started, 1, outcome, Vec::new());
        std::iter::once((parent, Vec::new()))
            .chain(played)
            .collect()
    }

    async fn record(&self, scene: &Scene<'_>, step: &Step, blocked: Option<&str>) -> Played {
        let started = self.clock.now();
        if let Some(why) = blocked {
            let result = StepResult::NotReached(why.to_owned());
            return (
                self.keep(&step.id, started, 0, result, Vec::new()),
                Vec::new(),
            );
        }
        let cx = self.journal.context(Some(&step.id));
        let work = scene.step(step, &cx);
        let done = if *step.action.verb() == verbs::PROVISION || step.defer {
            // A create that was sent must be awaited, or its sandbox would have no owner.
            work.await
        } else {
            tokio::select! {
                done = work => done,
                () = self.cancelled.cancelled() => {
                    let result = StepResult::NotReached(INTERRUPTED.to_owned());
                    return (self.keep(&step.id, started, 0, result, Vec::new()), Vec::new());
                }
            }
        };
        let record = self.keep(&step.id, started, done.attempts, done.result, done.unmet);
        (record, done.literals)
    }

    fn keep(
        &self,
        step: &str,
        started: Timestamp,
        attempts: u32,
        result: StepResult,
        unmet: Vec<crate::transcript::record::UnmetExpectation>,
    ) -> StepRecord {
        let took = self.clock.now().duration_since(started).as_millis();
        let duration_ms = u64::try_from(took).unwrap_or(0);
        let record = StepRecord {
            step: step.to_owned(),
            started,
            duration_ms,
            attempts,
            result: with_duration(result, duration_ms),
            unmet,
        };
        self.journal.step(&record);
        record
    }
}

/// After a provider or harness error, after an interruption, and without a sandbox that was to be made,
/// the side's state is not known: nothing that follows could be compared.
fn blocks(step: &Step, played: &[Played]) -> Option<String> {
    played.iter().find_map(|(record, _)| match &record.result {
        StepResult::ProviderError(failure) => Some(format!(
            "step `{}` met a provider error ({})",
            record.step, failure.class
        )),
        StepResult::HarnessError(_) => Some(format!("step `{}` met a harness error", record.step)),
        StepResult::NotReached(why) if why == INTERRUPTED || makes(step, &record.step) => {
            Some(why.clone())
        }
        _ => None,
    })
}

/// Whether the step of this id, the step itself or one of those in it, makes a sandbox.
fn makes(step: &Step, id: &str) -> bool {
    let inside: &[Step] = match &step.action {
        Action::Parallel(children) => children,
        _ => &[],
    };
    let mut all = std::iter::once(step).chain(inside);
    all.any(|one| one.id == id && *one.action.verb() == verbs::PROVISION)
}
