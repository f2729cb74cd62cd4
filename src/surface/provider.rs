//! Surface provider: calls go straight to a driver.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cutover_base::limits::SANDBOX_LIFETIME_DEFAULT;
use serde_json::{Value, json};

use crate::call::provider_call::{Execute, Provision, StartBackground};
use crate::call::{Outcome, ProviderCall, Surface};
use crate::driver::{
    BackgroundRequest, CallContext, CreateRequest, Destroyed, DriverError, DriverResult, Entry,
    ExecuteReply, ExecuteRequest, ProcessHandle, SandboxDriver, SandboxHandle, Streams,
};
use crate::surface::{CallSurface, Lifecycle, Refused, Reply};
use crate::transcript::{Ending, KnownLiteral, StepResult};

/// How long `wait: {process}` waits before it says that the process has not ended.
const WAIT_PROCESS_MAX: Duration = Duration::from_secs(60);

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

    fn process(&self, sandbox: &str, process: &str) -> Option<ProcessHandle> {
        self.names()
            .processes
            .get(&(sandbox.to_owned(), process.to_owned()))
            .cloned()
    }

    async fn provision(&self, call: &Provision, cx: &CallContext) -> Reply {
        let labels = self.lifecycle.labels();
        match self.lifecycle.intent(&call.sandbox, &labels) {
            Ok(()) => {}
            Err(Refused::Unwritten(why)) => return Reply::plain(StepResult::HarnessError(why)),
            Err(Refused::Stopped(why)) => return Reply::not_reached(why),
        }
        let request = CreateRequest {
            env: call.env.clone(),
            lifetime: Some(call.timeout.unwrap_or(SANDBOX_LIFETIME_DEFAULT)),
            labels,
        };
        match self.driver.create(&request, cx).await {
            Ok(handle) => {
                self.lifecycle.created(&handle.id);
                let literal = KnownLiteral {
                    kind: "sandbox".to_owned(),
                    value: handle.id.clone(),
                };
                let mut names = self.names();
                names.alive.push(handle.clone());
                names.sandboxes.insert(call.sandbox.clone(), handle);
                Reply {
                    result: StepResult::Outcome(Outcome::default()),
                    literals: vec![literal],
                }
            }
            Err(error) => {
                self.lifecycle.create_failed();
                Reply::plain(failed(error))
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

    async fn start(&self, call: &StartBackground, at: &SandboxHandle, cx: &CallContext) -> Reply {
        let request = BackgroundRequest {
            cmd: call.cmd.clone(),
            cwd: call.cwd.clone(),
            env: call.env.clone(),
        };
        match self.driver.start_background(at, &request, cx).await {
            Ok(process) => {
                let literal = KnownLiteral {
                    kind: "pid".to_owned(),
                    value: process.id.clone(),
                };
                let outcome = Outcome::default().with("process", process.id.clone());
                self.names()
                    .processes
                    .insert((call.sandbox.clone(), call.process.clone()), process);
                Reply {
                    result: StepResult::Outcome(outcome),
                    literals: vec![literal],
                }
            }
            Err(error) => Reply::plain(failed(error)),
        }
    }

    async fn with_process(
        &self,
        call: &ProviderCall,
        at: &SandboxHandle,
        process: &str,
        cx: &CallContext,
    ) -> StepResult {
        let Some(process) = self.process(call.sandbox(), process) else {
            return StepResult::NotReached(format!("process `{process}` was not started"));
        };
        match call {
            ProviderCall::SendSignal(call) => done(
                self.driver
                    .send_signal(at, &process, &call.signal, cx)
                    .await,
            ),
            ProviderCall::SendStdin(call) => done(
                self.driver
                    .send_stdin(at, &process, &call.data, call.close, cx)
                    .await,
            ),
            _ => executed(
                self.driver
                    .wait_process(at, &process, WAIT_PROCESS_MAX, cx)
                    .await,
            ),
        }
    }

    async fn on_sandbox(
        &self,
        call: &ProviderCall,
        at: &SandboxHandle,
        cx: &CallContext,
    ) -> StepResult {
        let driver = &self.driver;
        match call {
            ProviderCall::Execute(call) => {
                executed(driver.execute(at, &execute_request(call), cx).await)
            }
            ProviderCall::ReadFile(call) => match driver.read_file(at, &call.path, cx).await {
                Ok(content) => {
                    StepResult::Outcome(Outcome::default().with_bytes("content", content))
                }
                Err(error) => failed(error),
            },
            ProviderCall::WriteFile(call) => {
                done(driver.write_file(at, &call.path, &call.data, cx).await)
            }
            ProviderCall::ListFiles(call) => {
                listed(driver.list_files(at, &call.path, call.depth, cx).await)
            }
            ProviderCall::StatFile(call) => listed(
                driver
                    .stat_file(at, &call.path, cx)
                    .await
                    .map(|entry| vec![entry]),
            ),
            ProviderCall::MoveFile(call) => {
                done(driver.move_file(at, &call.from, &call.to, cx).await)
            }
            ProviderCall::MakeDir(call) => done(driver.make_dir(at, &call.path, cx).await),
            ProviderCall::RemoveFile(call) => {
                done(driver.remove_file(at, &call.path, call.recursive, cx).await)
            }
            ProviderCall::Terminate(_) => self.terminate(at, cx).await,
            ProviderCall::SendSignal(send) => self.with_process(call, at, &send.process, cx).await,
            ProviderCall::SendStdin(send) => self.with_process(call, at, &send.process, cx).await,
            ProviderCall::WaitProcess(wait) => self.with_process(call, at, &wait.process, cx).await,
            ProviderCall::Provision(_) | ProviderCall::StartBackground(_) => {
                StepResult::HarnessError("the call was routed to the wrong place".to_owned())
            }
        }
    }
}

#[async_trait]
impl CallSurface for ProviderSurface {
    fn surface(&self) -> Surface {
        Surface::Provider
    }

    async fn call(&self, call: &ProviderCall, cx: &CallContext) -> Reply {
        if let ProviderCall::Provision(call) = call {
            return self.provision(call, cx).await;
        }
        let name = call.sandbox();
        let handle = self.names().sandboxes.get(name).cloned();
        let Some(handle) = handle else {
            return Reply::not_reached(format!("sandbox `{name}` was not provisioned"));
        };
        match call {
            ProviderCall::StartBackground(call) => self.start(call, &handle, cx).await,
            _ => Reply::plain(self.on_sandbox(call, &handle, cx).await),
        }
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

fn execute_request(call: &Execute) -> ExecuteRequest {
    ExecuteRequest {
        cmd: call.cmd.clone(),
        cwd: call.cwd.clone(),
        env: call.env.clone(),
        user: call.user.clone(),
        timeout: call.timeout,
        stdin: call.stdin.clone(),
    }
}

fn executed(reply: DriverResult<ExecuteReply>) -> StepResult {
    let reply = match reply {
        Ok(reply) => reply,
        Err(error) => return failed(error),
    };
    let mut outcome = Outcome::default();
    if let Some(code) = reply.exit_code {
        outcome = outcome.with("exit_code", code);
    }
    if let Some(signal) = reply.signal {
        outcome = outcome.with("signal", signal);
    }
    StepResult::Outcome(match reply.streams {
        Streams::Apart {
            stdout,
            stderr,
            output,
        } => outcome
            .with_bytes("stdout", stdout)
            .with_bytes("stderr", stderr)
            .with_bytes("output", output)
            .with("streams", "apart"),
        Streams::Merged { output } => outcome
            .with_bytes("output", output)
            .with("streams", "merged"),
    })
}

fn listed(entries: DriverResult<Vec<Entry>>) -> StepResult {
    match entries {
        Ok(entries) => {
            let entries: Vec<Value> = entries.iter().map(entry_json).collect();
            StepResult::Outcome(Outcome::default().with("entries", entries))
        }
        Err(error) => failed(error),
    }
}

/// What a provider did not tell is left out, which is a value of its own.
fn entry_json(entry: &Entry) -> Value {
    let mut json = json!({ "name": entry.name, "kind": entry.kind });
    let told = [
        ("size", entry.size.map(Value::from)),
        ("mode", entry.mode.clone().map(Value::from)),
        ("mtime", entry.mtime.clone().map(Value::from)),
        ("owner", entry.owner.clone().map(Value::from)),
        ("target", entry.target.clone().map(Value::from)),
    ];
    for (key, value) in told {
        if let Some(value) = value {
            json[key] = value;
        }
    }
    json
}

fn done(result: DriverResult<()>) -> StepResult {
    match result {
        Ok(()) => StepResult::Outcome(Outcome::default()),
        Err(error) => failed(error),
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
