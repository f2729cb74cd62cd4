//! One step on one side: resolve, call, repeat until, check expectations, capture.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cutover_base::side::Side;

use crate::call::{FieldValue, Outcome, Surface};
use crate::driver::CallContext;
use crate::run::blame::blamed;
use crate::run::conditions::{Tried, aborted, came_true, settled, unmet};
use crate::run::stage::OpenSide;
use crate::scenario::PlayedAt;
use crate::scenario::model::{Action, Capture, Step, Until};
use crate::scenario::template::{Bindings, HOME, Template};
use crate::scenario::verbs::{self, Call, HarnessAction, ProviderEvent, ResolveError};
use crate::surface::{BackstageError, Reply};
use crate::transcript::record::{STILL_RUNNING, UnmetExpectation};
use crate::transcript::{KnownLiteral, StepResult};

/// What a create may take beyond the driver's own deadlines. It is never given up while it is under
/// way, or its sandbox would have no owner; this is the net under a bug of ours.
const CREATE_TIMEOUT_MAX: Duration = Duration::from_secs(900);

/// What the steps of one side share.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) side: Side,
    pub(crate) surface: Surface,
    pub(crate) open: &'a OpenSide,
    pub(crate) bindings: Mutex<Bindings>,
    /// How long a call is waited for that names no guard of its own.
    pub(crate) guard: Duration,
}

/// What a step came to.
#[derive(Debug)]
pub(crate) struct StepDone {
    pub(crate) result: StepResult,
    pub(crate) attempts: u32,
    pub(crate) unmet: Vec<UnmetExpectation>,
    /// Literals learnt by it. They are numbered in the order of the steps, so each step keeps its
    /// own until all are done.
    pub(crate) literals: Vec<KnownLiteral>,
}

impl Scene<'_> {
    fn at(&self) -> PlayedAt {
        PlayedAt {
            surface: self.surface,
            side: self.side,
            with_platform: self.open.surface.has_platform(),
        }
    }

    fn bindings(&self) -> Bindings {
        self.bindings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn bind(&self, name: String, value: String) {
        self.bindings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, value);
    }

    /// Does one step, which is not `parallel`.
    pub(crate) async fn step(&self, step: &Step, cx: &CallContext) -> StepDone {
        let begun = tokio::time::Instant::now();
        let (reply, attempts) = match &step.until {
            None => (self.attempt(step, cx).await, 1),
            Some(until) => self.repeat(step, until, cx).await,
        };
        let Reply { result, literals } = reply;
        let tried = Tried {
            attempts,
            waited: begun.elapsed(),
        };
        let unmet = unmet(step, self.at(), &result, tried);
        self.capture(&step.capture, &result);
        let result = settled(step, self.at(), result);
        StepDone {
            result,
            attempts,
            unmet,
            literals,
        }
    }

    async fn repeat(&self, step: &Step, until: &Until, cx: &CallContext) -> (Reply, u32) {
        let deadline = tokio::time::Instant::now() + until.budget;
        let mut attempts = 0;
        loop {
            let reply = self.attempt(step, cx).await;
            attempts += 1;
            let Some(outcome) = as_outcome(&reply.result) else {
                return (reply, attempts);
            };
            let over = self.open.backstage.ours().deaths > 0
                || came_true(until, &outcome)
                || aborted(until, &outcome).is_some()
                || tokio::time::Instant::now() + until.every > deadline;
            if over {
                return (reply, attempts);
            }
            tokio::time::sleep(until.every).await;
        }
    }

    async fn attempt(&self, step: &Step, cx: &CallContext) -> Reply {
        let before = self.open.backstage.ours();
        let Reply { result, literals } = self.attempted(step, cx).await;
        let accepts = |class| step.accepts(self.at(), class);
        let result = blamed(&before, &self.open.backstage.ours(), accepts, result);
        Reply { result, literals }
    }

    async fn attempted(&self, step: &Step, cx: &CallContext) -> Reply {
        let work = async {
            match &step.action {
                Action::Call(call) => self.call(call, cx).await,
                Action::Harness(_, action) => Reply::plain(self.harness(action, cx).await),
                Action::Parallel(_) => Reply::plain(StepResult::HarnessError(
                    "a parallel step was played as a plain one".to_owned(),
                )),
            }
        };
        let guard = if *step.action.verb() == verbs::PROVISION {
            CREATE_TIMEOUT_MAX
        } else {
            step.guard.unwrap_or(self.guard)
        };
        let answered = tokio::time::timeout(guard, work).await;
        answered.unwrap_or_else(|_| Reply::plain(StepResult::HarnessError(given_up(step, guard))))
    }

    async fn call(&self, call: &Call, cx: &CallContext) -> Reply {
        self.bind_session();
        let mut resolved = call.resolve(&self.bindings());
        if let Err(ResolveError::Unresolved(lacks)) = &resolved
            && let Some(name) = lacks.0.strip_prefix("sandbox.")
            && let Some(id) = self.open.surface.sandbox_id(name)
        {
            // A raw call may have made it.
            self.bind(lacks.0.clone(), id);
            resolved = call.resolve(&self.bindings());
        }
        if matches!(&resolved, Err(ResolveError::Unresolved(lacks)) if lacks.0 == HOME) {
            match self.open.surface.home(cx).await {
                Ok(home) => self.bind(HOME.to_owned(), home),
                Err(result) => return Reply::plain(result),
            }
            resolved = call.resolve(&self.bindings());
        }
        let call = match resolved {
            Ok(call) => call,
            Err(error) => return Reply::not_reached(error.to_string()),
        };
        let reply = self.open.surface.call(&call, cx).await;
        if let Some(name) = call.sandbox_name()
            && let Some(id) = self.open.surface.sandbox_id(name)
        {
            self.bind(format!("sandbox.{name}"), id);
        }
        reply
    }

    /// Calls before may have changed which session is the current one.
    fn bind_session(&self) {
        if let Some(id) = self.open.surface.session_id() {
            self.bind("session".to_owned(), id);
        }
    }

    async fn harness(&self, action: &HarnessAction, cx: &CallContext) -> StepResult {
        match action {
            HarnessAction::Pause(duration) => {
                tokio::time::sleep(*duration).await;
                StepResult::Outcome(Outcome::default())
            }
            HarnessAction::AtProvider { sandbox, event } => {
                self.at_provider(sandbox, *event, cx).await
            }
            HarnessAction::Advance(by) => {
                behind(self.open.backstage.advance(*by).await.map(no_fields))
            }
            HarnessAction::Restart(what) => {
                self.bind_session();
                match what.resolve(&self.bindings()) {
                    Ok(what) => behind(self.open.backstage.restart(&what, cx).await),
                    Err(error) => StepResult::NotReached(error.to_string()),
                }
            }
            HarnessAction::Fault { side, .. } if side.is_some_and(|side| side != self.side) => {
                StepResult::Outcome(Outcome::default())
            }
            HarnessAction::Fault { spec, .. } => {
                behind(self.open.backstage.fault(spec).await.map(no_fields))
            }
        }
    }

    async fn at_provider(
        &self,
        sandbox: &Template,
        event: ProviderEvent,
        cx: &CallContext,
    ) -> StepResult {
        let name = match sandbox.resolve(&self.bindings()) {
            Ok(name) => name,
            Err(error) => return StepResult::NotReached(error.to_string()),
        };
        let id = match self.open.surface.sandbox_id(&name) {
            Some(id) => id,
            // Whose sandboxes are listed is no question of one of them.
            None if event == ProviderEvent::List => String::new(),
            None => {
                return StepResult::NotReached(format!("sandbox `{name}` was not provisioned"));
            }
        };
        behind(self.open.backstage.event(&id, event, cx).await)
    }

    fn capture(&self, captures: &[Capture], result: &StepResult) {
        let Some(outcome) = as_outcome(result) else {
            return;
        };
        for capture in captures {
            // What finds nothing stays undefined, and the steps that need it are not reached.
            if let Ok(value) = capture.take(&outcome) {
                self.bind(capture.name.clone(), value);
            }
        }
    }
}

/// What the guard says of a call that it gave up. The provider may go on with it.
fn given_up(step: &Step, guard: Duration) -> String {
    let verb = step.action.verb();
    let advice = if verb.key("timeout").is_some() {
        "`timeout:` tells the provider when to end it, "
    } else if verb.name == verbs::WAIT.name {
        "a process ends by itself or by the `timeout:` that it was started with, "
    } else {
        ""
    };
    format!(
        "{STILL_RUNNING}{} s, when the guard gave it up; {advice}`guard:` says how long to wait",
        guard.as_secs_f64()
    )
}

/// What `until` looks at and captures are taken from: an outcome, or an error class as the field
/// `failure`. What was not answered has no fields to look at.
fn as_outcome(result: &StepResult) -> Option<Outcome> {
    match result {
        StepResult::Outcome(outcome) => Some(outcome.clone()),
        StepResult::ProviderError(failure) => Some(Outcome::default().with_failure(failure)),
        StepResult::HarnessError(_)
        | StepResult::Unsupported(_)
        | StepResult::NotReached(_)
        | StepResult::NotRecorded(_) => None,
    }
}

fn no_fields((): ()) -> Outcome {
    Outcome::default()
}

fn behind(result: Result<Outcome, BackstageError>) -> StepResult {
    match result {
        Ok(outcome) => StepResult::Outcome(outcome),
        Err(BackstageError::Unsupported(what)) => StepResult::Unsupported(what),
        Err(BackstageError::Provider(failure)) => StepResult::ProviderError(failure),
        Err(BackstageError::Failed(what)) => StepResult::HarnessError(what),
    }
}

/// Adds the field `duration` (milliseconds) to an outcome.
pub(crate) fn with_duration(result: StepResult, duration_ms: u64) -> StepResult {
    match result {
        StepResult::Outcome(mut outcome) if !outcome.fields.is_empty() => {
            outcome
                .fields
                .insert("duration".to_owned(), FieldValue::Json(duration_ms.into()));
            StepResult::Outcome(outcome)
        }
        other => other,
    }
}
