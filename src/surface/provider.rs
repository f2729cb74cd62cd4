//! Surface provider: calls go straight to a driver.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::call::sandbox_call::{Provision, StartBackground};
use crate::call::{FieldValue, Outcome, SandboxCall, SandboxRequest, Surface, ToolCall};
use crate::driver::{
    CallContext, Destroyed, DriverError, DriverResult, ProcessHandle, SandboxDriver, SandboxHandle,
};
use crate::surface::{CallSurface, Lifecycle, Reply};
use crate::transcript::{Ending, KnownLiteral, StepResult};

/// The driver of one side, with the names that one case has given to its sandboxes.
#[derive(Debug)]
pub struct ProviderSurface {
    driver: Arc<dyn SandboxDriver>,
    lifecycle: Arc<dyn Lifecycle>,
    names: Mutex<Names>,
}

#[derive(Debug, Default)]
struct Names {
    sandboxes: BTreeMap<String, SandboxHandle>,
    processes: BTreeMap<(String, String), ProcessHandle>,
    /// Every sandbox that was made and not yet seen to be gone.
    alive: Vec<SandboxHandle>,
}

impl ProviderSurface {
    /// A surface with no sandbox yet.
    pub fn new(driver: Arc<dyn SandboxDriver>, lifecycle: Arc<dyn Lifecycle>) -> Self {
        Self {
            driver,
            lifecycle,
            names: Mutex::new(Names::default()),
        }
    }

    fn names(&self) -> std::sync::MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn provision(&self, name: &str, call: &Provision, cx: &CallContext) -> Reply {
        let labels = self.lifecycle.labels();
        if let Err(refused) = self.lifecycle.intent(None, name, &labels) {
            return refused.into();
        }
        match self.driver.create(call, &labels, cx).await {
            Ok(handle) => {
                self.lifecycle.created(&handle.id);
                let literal = KnownLiteral {
                    kind: "sandbox".to_owned(),
                    value: handle.id.clone(),
                };
                let mut names = self.names();
                names.alive.push(handle.clone());
                names.sandboxes.insert(name.to_owned(), handle);
                Reply {
                    result: StepResult::Outcome(Outcome::default()),
                    literals: vec![literal],
                }
            }
            Err(error) => {
                self.lifecycle.create_failed();
                Reply::plain(not_made(error))
            }
        }
    }

    async fn terminate(&self, handle: &SandboxHandle, cx: &CallContext) -> StepResult {
        match self.driver.destroy(handle, cx).await {
            Ok(how) => {
                // A second terminate of the same sandbox destroys nothing more.
                let was_alive = {
                    let alive = &mut self.names().alive;
                    let before = alive.len();
                    alive.retain(|one| one.id != handle.id);
                    alive.len() < before
                };
                if was_alive {
                    let how = match how {
                        Destroyed::Now => "terminated",
                        Destroyed::AlreadyGone => "gone",
                    };
                    self.lifecycle.destroyed(&handle.id, how);
                }
                StepResult::Outcome(Outcome::default())
            }
            Err(error) => failed(error),
        }
    }

    async fn start(
        &self,
        sandbox: &str,
        call: &StartBackground,
        at: &SandboxHandle,
        cx: &CallContext,
    ) -> Reply {
        match self.driver.start_background(at, call, cx).await {
            Ok(process) => {
                let literal = KnownLiteral {
                    kind: "pid".to_owned(),
                    value: process.id.clone(),
                };
                let outcome = Outcome::default().with("process", process.id.clone());
                self.names()
                    .processes
                    .insert((sandbox.to_owned(), call.process.clone()), process);
                Reply {
                    result: StepResult::Outcome(outcome),
                    literals: vec![literal],
                }
            }
            Err(error) => Reply::plain(failed(error)),
        }
    }

    /// Adds to an outcome which processes of its sandbox a time limit has ended: whatever the
    /// outcome is, it may be because of that.
    fn tell_ended(&self, sandbox: &str, result: &mut StepResult) {
        let StepResult::Outcome(outcome) = result else {
            return;
        };
        let names = self.names();
        let Some(at) = names.sandboxes.get(sandbox) else {
            return;
        };
        let ids = self.driver.ended_by_limit(at);
        let mine = |((owner, _), process): &(&(String, String), &ProcessHandle)| {
            owner == sandbox && ids.contains(&process.id)
        };
        let ended = names.processes.iter().filter(mine);
        let ended: Vec<&str> = ended.map(|((_, name), _)| name.as_str()).collect();
        if !ended.is_empty() {
            outcome.fields.insert(
                "ended".to_owned(),
                FieldValue::Json(ended.join(", ").into()),
            );
        }
    }

    /// A process that a step has started.
    fn started(&self, sandbox: &str, process: &str) -> Result<ProcessHandle, Reply> {
        let key = (sandbox.to_owned(), process.to_owned());
        let known = self.names().processes.get(&key).cloned();
        known.ok_or_else(|| Reply::not_reached(format!("process `{process}` was not started")))
    }

    /// A call to a sandbox that was made.
    async fn on_sandbox(&self, call: &SandboxCall, cx: &CallContext) -> Result<Reply, Reply> {
        let name = call.sandbox.as_str();
        let made = self.names().sandboxes.get(name).cloned();
        let at = made
            .ok_or_else(|| Reply::not_reached(format!("sandbox `{name}` was not provisioned")))?;
        if let Some(answer) = self.driver.ask(&at, &call.request, cx).await {
            return Ok(Reply::plain(result(answer)));
        }
        let driver = &self.driver;
        Ok(match &call.request {
            SandboxRequest::StartBackground(start) => self.start(name, start, &at, cx).await,
            SandboxRequest::SendSignal(send) => {
                let process = self.started(name, &send.process)?;
                let sent = driver.send_signal(&at, &process, &send.signal, cx).await;
                Reply::plain(result(sent.map(|()| Outcome::default())))
            }
            SandboxRequest::SendStdin(send) => {
                let process = self.started(name, &send.process)?;
                let sent = driver.send_stdin(&at, &process, send, cx).await;
                Reply::plain(result(sent.map(|()| Outcome::default())))
            }
            SandboxRequest::WaitProcess(wait) => {
                let process = self.started(name, &wait.process)?;
                let ended = driver.wait_process(&at, &process, cx).await;
                Reply::plain(result(ended.map(Outcome::from)))
            }
            SandboxRequest::Terminate => Reply::plain(self.terminate(&at, cx).await),
            other => Reply::plain(StepResult::HarnessError(format!(
                "the driver has no answer to {other:?}"
            ))),
        })
    }
}

#[async_trait]
impl CallSurface for ProviderSurface {
    fn surface(&self) -> Surface {
        Surface::Provider
    }

    async fn call(&self, call: &ToolCall, cx: &CallContext) -> Reply {
        let ToolCall::Sandbox(call) = call else {
            let what = "surface provider has calls to sandboxes only";
            return Reply::plain(StepResult::Unsupported(what.to_owned()));
        };
        if let SandboxRequest::Provision(make) = &call.request {
            return self.provision(&call.sandbox, make, cx).await;
        }
        let answer = self.on_sandbox(call, cx).await;
        let mut reply = answer.unwrap_or_else(|not_reached| not_reached);
        self.tell_ended(&call.sandbox, &mut reply.result);
        reply
    }

    async fn home(&self, cx: &CallContext) -> Result<String, StepResult> {
        let any = self.names().sandboxes.values().next().cloned();
        let Some(sandbox) = any else {
            let why = "no sandbox was made whose home folder could be asked for";
            return Err(StepResult::NotReached(why.to_owned()));
        };
        let asked = self.driver.home(&sandbox, cx).await;
        asked.map_err(|error| match error {
            // What the provider says to our question is no outcome of the step's call.
            DriverError::Failed(failure) if !failure.class.is_error() => {
                StepResult::NotReached(format!("the home folder is not known: {failure}"))
            }
            error => failed(error),
        })
    }

    fn sandbox_id(&self, name: &str) -> Option<String> {
        self.names()
            .sandboxes
            .get(name)
            .map(|handle| handle.id.clone())
    }

    async fn close(&self, cx: &CallContext) -> Ending {
        let left = std::mem::take(&mut self.names().alive);
        let mut ending = Ending::Clean;
        for handle in left {
            match self.driver.destroy(&handle, cx).await {
                Ok(Destroyed::Now) => self.lifecycle.destroyed(&handle.id, "cleanup"),
                Ok(Destroyed::AlreadyGone) => self.lifecycle.destroyed(&handle.id, "gone"),
                Err(error) => {
                    self.lifecycle.leaked(&handle.id, &error.to_string());
                    ending = Ending::Leaked;
                }
            }
        }
        ending
    }
}

fn result(answer: DriverResult<Outcome>) -> StepResult {
    match answer {
        Ok(outcome) => StepResult::Outcome(outcome),
        Err(error) => failed(error),
    }
}

/// A sandbox that was not made is the provider's failure, however it words the refusal: without it
/// nothing was compared, and two providers that both refuse agree on nothing.
fn not_made(error: DriverError) -> StepResult {
    match error {
        DriverError::Failed(failure) => StepResult::ProviderError(failure),
        other => failed(other),
    }
}

/// Keeps the three things apart: what the provider reported is an outcome, what it did not do is
/// a provider error, what we did not do is a harness error.
fn failed(error: DriverError) -> StepResult {
    match error {
        DriverError::Failed(failure) if failure.class.is_error() => {
            StepResult::ProviderError(failure)
        }
        DriverError::Failed(failure) => {
            StepResult::Outcome(Outcome::default().with_failure(&failure))
        }
        DriverError::Unsupported(what) => StepResult::Unsupported(what),
        DriverError::Harness(what) => StepResult::HarnessError(what),
    }
}
