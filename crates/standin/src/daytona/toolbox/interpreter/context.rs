//! Contexts as they begin, are shown and end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::daytona::boot::{Context, Contexts, Worker};
use crate::daytona::life;
use crate::daytona::reply::iso;
use crate::daytona::toolbox::error::{ToolError, go_reason};
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, SignalTarget};

/// The context of those who name none.
pub(super) const DEFAULT: &str = "default";

/// The only language.
pub(super) const PYTHON: &str = "python";

/// Time between the polite signal and the last one when a context is deleted, as in the daemon.
const GRACE: Duration = Duration::from_secs(2);

impl Contexts {
    /// The context of those who name none, begun if it was not.
    pub(super) fn default_of(&self, machine: &Machine) -> Arc<Context> {
        let make = || Arc::new(Context::new(machine, DEFAULT.to_owned(), String::new()));
        let mut all = self.all();
        Arc::clone(all.entry(DEFAULT.to_owned()).or_insert_with(make))
    }

    /// Begins a context, with its interpreter.
    pub(super) async fn create(
        &self,
        machine: &Machine,
        cwd: String,
    ) -> Result<Arc<Context>, ToolError> {
        let id = Uuid::new_v4().to_string();
        let context = Arc::new(Context::new(machine, id.clone(), cwd));
        context
            .ensure(machine, &mut *context.worker.lock().await)
            .await?;
        self.all().insert(id, Arc::clone(&context));
        Ok(context)
    }

    /// Those that were asked for; not the default one.
    pub(super) fn list(&self) -> Vec<Value> {
        let all = self.all();
        let named = all.values().filter(|context| context.id != DEFAULT);
        named.map(|context| context.dto()).collect()
    }
}

impl Context {
    fn new(machine: &Machine, id: String, cwd: String) -> Self {
        let cwd = if cwd.is_empty() {
            machine.sandbox.place.work_dir.clone()
        } else {
            cwd
        };
        Self {
            id,
            cwd,
            created_at: machine.app.now(),
            active: AtomicBool::new(false),
            worker: tokio::sync::Mutex::default(),
            deleted: machine.boot.child_token(),
        }
    }

    /// Starts the interpreter if it does not run: the first time, or after its death, which takes
    /// its names along.
    pub(super) async fn ensure(
        &self,
        machine: &Machine,
        worker: &mut Option<Worker>,
    ) -> Result<(), ToolError> {
        if worker.as_ref().is_some_and(Worker::is_alive) {
            return Ok(());
        }
        let started = Worker::start(machine, &self.cwd).await;
        let started = started.map_err(|error| match &error {
            EngineError::Gone => ToolError::Dead,
            error => {
                let reason = go_reason(error);
                ToolError::internal(format!(
                    "failed to start context: failed to start Python worker: {reason}"
                ))
            }
        })?;
        *worker = Some(started);
        self.active.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// `InterpreterContext`.
    pub(super) fn dto(&self) -> Value {
        json!({
            "id": self.id,
            "cwd": self.cwd,
            "createdAt": iso(self.created_at),
            "active": self.active.load(Ordering::SeqCst),
            "language": PYTHON,
        })
    }

    /// Ends what runs in it, and its interpreter.
    pub(super) async fn end(&self, machine: &Machine) {
        self.deleted.cancel();
        let Some(mut worker) = self.worker.lock().await.take() else {
            return;
        };
        self.is_dead();
        let group = SignalTarget::Group(worker.pid);
        // One that is gone already is as good.
        let _ = machine.engine().signal(group, libc::SIGTERM).await;
        let ended = worker.exit.wait_for(Option::is_some);
        // The last signal goes to what the interpreter has started as well.
        let _ = tokio::time::timeout(GRACE, ended).await;
        life::kill_group(&machine.sandbox, worker.pid).await;
        let pid = worker.pid;
        machine.sandbox.groups().retain(|leader| *leader != pid);
    }
}
