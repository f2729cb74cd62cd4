//! Accounts for every sandbox of unfinished runs: gone, destroyed now, or not
//! reachable. Touches only sandboxes that a journal names or that carry a run's own label.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::BlobStore;
use cutover_standin::engine::{EngineError, Swept, sweep};
use indexmap::IndexMap;
use serde_json::Value;

use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::call::Provider;
use crate::driver::http::HttpClients;
use crate::driver::{CallContext, Destroyed, SandboxDriver, SandboxHandle};
use crate::stage::live_driver;
use crate::transcript::exchange::NoSink;
use crate::transcript::folder::list_runs;
use crate::transcript::journal::is_being_written;
use crate::transcript::{JournalError, StoredRun, StoredSandbox, read_journal_lenient};

/// What became of a sandbox.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It was gone already, and why that is known.
    Gone(String),
    DestroyedNow,
    /// Why nobody knows.
    NotReachable(String),
}

/// What is found on the way, as it is found.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// A folder whose journal cannot be read.
    Unreadable(JournalError),
    /// A run that is still going on.
    Running(&'a Path),
    /// A sandbox of an unfinished run.
    Sandbox {
        dir: &'a Path,
        sandbox: &'a StoredSandbox,
        fate: Fate,
    },
    /// What an engine has left behind, whose cutover was killed.
    LeftBehind(&'a Swept),
    /// Why nobody knows what an engine has left behind.
    NotLookedAt(EngineError),
}

/// How many there were.
#[derive(Debug, Default)]
pub(crate) struct Reaped {
    pub(crate) runs: usize,
    /// Runs with sandboxes to account for.
    pub(crate) unfinished: usize,
    /// Sandboxes that are not accounted for.
    pub(crate) unreachable: usize,
}

/// Accounts for the sandboxes of all runs below `out`, telling each as soon as it is known.
///
/// # Errors
/// When `out` cannot be listed, and what `tell` gives.
pub(crate) async fn reap<E: From<AppError>>(
    out: &Path,
    environment: &Environment,
    mut tell: impl FnMut(Found<'_>) -> Result<(), E>,
) -> Result<Reaped, E> {
    let runs = list_runs(out).map_err(|error| AppError::usage(error.to_string()))?;
    let mut reaper = Reaper::new(environment);
    let mut reaped = Reaped {
        runs: runs.len(),
        ..Reaped::default()
    };
    for dir in &runs {
        let run: StoredRun = match read_journal_lenient(dir) {
            Ok(run) => run,
            Err(error) => {
                tell(Found::Unreadable(error))?;
                continue;
            }
        };
        if run.open_sandboxes().next().is_none() {
            continue;
        }
        if is_being_written(dir) {
            tell(Found::Running(dir))?;
            continue;
        }
        reaped.unfinished += 1;
        for sandbox in run.open_sandboxes() {
            let fate = reaper.fate(sandbox).await;
            reaped.unreachable += usize::from(matches!(fate, Fate::NotReachable(_)));
            tell(Found::Sandbox { dir, sandbox, fate })?;
        }
    }
    let swept = sweep(&environment.engine().docker, &environment.temporary).await;
    match swept {
        Ok(all) => {
            for one in &all {
                reaped.unreachable += usize::from(one.kept.is_some());
                tell(Found::LeftBehind(one))?;
            }
        }
        Err(error) => tell(Found::NotLookedAt(error))?,
    }
    Ok(reaped)
}

/// What becomes of a sandbox that nobody destroys, as a driver, or the platform, asked for it. A
/// scenario may have given it more time.
fn net(sandbox: &StoredSandbox) -> &'static str {
    let case = sandbox.case.as_deref().unwrap_or_default();
    let is_drivers = case.starts_with("provider/");
    match (sandbox.provider.as_str(), is_drivers) {
        ("e2b", true) => {
            "; E2B ends it 5 minutes after it was made, unless its scenario gave it another end"
        }
        ("e2b", false) => "; E2B ends it an hour after it was made",
        ("daytona", true) => {
            "; Daytona stops it after 15 minutes without activity and deletes it an hour later, \
             unless its scenario gave it more time"
        }
        ("daytona", false) => "; Daytona keeps it until somebody deletes it",
        _ => "",
    }
}

/// Drivers of the live lanes, made when first needed.
struct Reaper<'a> {
    environment: &'a Environment,
    clients: HttpClients,
    drivers: BTreeMap<&'static str, Result<Arc<dyn SandboxDriver>, String>>,
    cx: CallContext,
}

impl<'a> Reaper<'a> {
    fn new(environment: &'a Environment) -> Self {
        let blobs = BlobStore::new(environment.temporary.clone(), environment.redactor());
        Self {
            environment,
            clients: HttpClients::new(),
            drivers: BTreeMap::new(),
            cx: CallContext {
                exchanges: Arc::new(NoSink),
                blobs,
            },
        }
    }

    async fn fate(&mut self, sandbox: &StoredSandbox) -> Fate {
        if sandbox.lane != "live" {
            // A stand-in lives in the run's own process, and its sandboxes' init processes end
            // when that process's control sockets close.
            return Fate::Gone("its stand-in ended with the run".to_owned());
        }
        let fate = match self.driver(&sandbox.provider) {
            Ok(driver) => match &sandbox.id {
                Some(id) => self.destroy(&*driver, id).await,
                None => self.destroy_labelled(&*driver, &sandbox.labels).await,
            },
            Err(why) => Fate::NotReachable(why),
        };
        match fate {
            Fate::NotReachable(why) => {
                let net = net(sandbox);
                Fate::NotReachable(format!("{why}{net}"))
            }
            fate => fate,
        }
    }

    fn driver(&mut self, provider: &str) -> Result<Arc<dyn SandboxDriver>, String> {
        let provider = match provider {
            "e2b" => Provider::E2b,
            "daytona" => Provider::Daytona,
            other => return Err(format!("unknown provider `{other}`")),
        };
        let (clients, environment) = (&self.clients, self.environment);
        self.drivers
            .entry(provider.name())
            .or_insert_with(|| {
                live_driver(provider, clients, &|name| environment.var(name))
                    .map(|(driver, _secrets)| driver)
                    .map_err(|error| error.to_string())
            })
            .clone()
    }

    async fn destroy(&self, driver: &dyn SandboxDriver, id: &str) -> Fate {
        let handle = SandboxHandle {
            id: id.to_owned(),
            private: Value::Null,
        };
        match driver.destroy(&handle, &self.cx).await {
            Ok(Destroyed::Now) => Fate::DestroyedNow,
            Ok(Destroyed::AlreadyGone) => Fate::Gone("the provider does not know it".to_owned()),
            Err(error) => Fate::NotReachable(error.to_string()),
        }
    }

    /// A create whose answer was never seen: found by the labels that it was sent with.
    async fn destroy_labelled(
        &self,
        driver: &dyn SandboxDriver,
        labels: &IndexMap<String, String>,
    ) -> Fate {
        if !labels.contains_key("cutover-run") {
            return Fate::NotReachable("it carries no label of its run".to_owned());
        }
        let ids = match driver.list(labels, &self.cx).await {
            Ok(ids) => ids,
            Err(error) => return Fate::NotReachable(error.to_string()),
        };
        let mut fate = Fate::Gone("nothing carries its labels".to_owned());
        for id in ids {
            match self.destroy(driver, &id).await {
                Fate::NotReachable(why) => return Fate::NotReachable(why),
                Fate::DestroyedNow => fate = Fate::DestroyedNow,
                Fate::Gone(_) => {}
            }
        }
        fate
    }
}
