//! The journal as one side of one case sees it; it accounts for every sandbox.

use std::sync::{Arc, Mutex, PoisonError};

use cutover_base::blob::BlobStore;
use cutover_base::side::Side;
use indexmap::IndexMap;

use crate::call::{FieldValue, Provider};
use crate::driver::CallContext;
use crate::run::budget::{Budget, StopReason};
use crate::surface::{Lifecycle, Refused};
use crate::transcript::event::EventKind;
use crate::transcript::store::store_step;
use crate::transcript::{JournalError, JournalScope, Span, StepRecord, StepResult, Transcript};

/// Writes what happens on one side of a case in one replay. The first write that fails stops the
/// run: what cannot be written down must not go on.
#[derive(Debug, Clone)]
pub(crate) struct CaseJournal {
    /// The case, side and replay, as the journal writes them.
    pub(crate) scope: JournalScope,
    pub(crate) side: Side,
    pub(crate) blobs: BlobStore,
    pub(crate) budget: Arc<Budget>,
    pub(crate) run: String,
    pub(crate) provider: String,
    pub(crate) lane: String,
    /// Where the journal holds the side's transcript, which nobody keeps in memory.
    pub(crate) kept: Arc<Mutex<Vec<Span>>>,
}

impl CaseJournal {
    fn write(&self, event: EventKind) -> Result<(), String> {
        self.kept(self.scope.write(event))
    }

    fn kept<T>(&self, written: Result<T, JournalError>) -> Result<T, String> {
        written.map_err(|error| {
            self.budget.stop(StopReason::Journal(error.to_string()));
            error.to_string()
        })
    }

    /// What a driver needs for the calls of a step.
    pub(crate) fn context(&self, step: Option<&str>) -> CallContext {
        let scope = match step {
            Some(step) => self.scope.step(step),
            None => self.scope.clone(),
        };
        CallContext {
            exchanges: Arc::new(scope),
            blobs: self.blobs.clone(),
        }
    }

    /// Keeps what a step gave. A failure stops the run and is told by its end.
    pub(crate) fn step(&self, record: &StepRecord) {
        let event = EventKind::Step(Box::new(store_step(record)));
        self.keep(&self.scope.step(&record.step), event);
    }

    /// Takes the large values of an earlier run over into this one's blobs.
    pub(crate) fn adopt(&self, record: &mut StepRecord) {
        let StepResult::Outcome(outcome) = &mut record.result else {
            return;
        };
        let copied: Result<(), _> = outcome.fields.values_mut().try_for_each(|value| {
            if let FieldValue::Bytes(blob) = value {
                *blob = self.blobs.copy(blob)?;
            }
            std::io::Result::Ok(())
        });
        if let Err(error) = copied {
            record.result =
                StepResult::HarnessError(format!("a recorded value cannot be read: {error}"));
        }
    }

    /// Keeps how the side was left.
    pub(crate) fn side_ended(&self, transcript: &Transcript) {
        let event = EventKind::SideEnded {
            started: transcript.started,
            ended: Some(transcript.ended),
            ending: transcript.ending,
            literals: transcript.literals.clone(),
        };
        self.keep(&self.scope, event);
    }

    /// Writes a part of the transcript.
    fn keep(&self, scope: &JournalScope, event: EventKind) {
        if let Ok(line) = self.kept(scope.write_at(event)) {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(line);
        }
    }

    /// Where the journal holds what was written of the transcript.
    pub(crate) fn lines(&self) -> Vec<Span> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *kept)
    }
}

impl Lifecycle for CaseJournal {
    fn labels(&self) -> IndexMap<String, String> {
        [
            ("cutover-run", self.run.as_str()),
            ("cutover-side", self.side.name()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
    }

    fn intent(
        &self,
        provider: Option<Provider>,
        name: &str,
        labels: &IndexMap<String, String>,
    ) -> Result<(), Refused> {
        let provider = provider.map_or_else(|| self.provider.clone(), |it| it.name().to_owned());
        self.budget
            .admit(self.side)
            .map_err(|reason| Refused::Stopped(reason.to_string()))?;
        self.write(EventKind::CreateIntent {
            provider,
            lane: self.lane.clone(),
            name: name.to_owned(),
            labels: labels.clone(),
        })
        .map_err(Refused::Unwritten)
    }

    fn created(&self, sandbox: &str) {
        self.budget.created(self.side);
        let _told = self.write(EventKind::Created {
            sandbox: sandbox.to_owned(),
        });
    }

    fn create_failed(&self) {
        self.budget.create_failed(self.side);
    }

    fn destroyed(&self, sandbox: &str, how: &str) {
        self.budget.destroyed();
        let event = EventKind::Destroyed {
            sandbox: sandbox.to_owned(),
            how: how.to_owned(),
        };
        let _told = self.write(event);
    }

    fn leaked(&self, sandbox: &str, why: &str) {
        let event = EventKind::Leaked {
            sandbox: sandbox.to_owned(),
            why: why.to_owned(),
        };
        let _told = self.write(event);
    }
}
