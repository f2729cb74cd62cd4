//! `cutover reap`: accounts for every sandbox of unfinished runs: gone, destroyed now, or not
//! reachable. Touches only sandboxes that a journal names or that carry a run's own label.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::BlobStore;
use indexmap::IndexMap;
use serde_json::Value;

use crate::call::Provider;
use crate::cli::args::ReapArgs;
use crate::cli::context::{Context, print, tell};
use crate::cli::exit::{OK, Outcome, Stop, UNJUDGED};
use crate::driver::http::HttpClients;
use crate::driver::{CallContext, Destroyed, SandboxDriver, SandboxHandle};
use crate::stage::live_driver;
use crate::transcript::exchange::NoSink;
use crate::transcript::folder::list_runs;
use crate::transcript::journal::is_being_written;
use crate::transcript::{StoredRun, StoredSandbox, read_journal_lenient};

/// What became of a sandbox.
enum Fate {
    Gone(String),
    DestroyedNow,
    NotReachable(String),
}

pub(crate) async fn run(args: &ReapArgs, context: &Context) -> Outcome {
    let runs = list_runs(&args.out).map_err(|error| Stop::usage(error.to_string()))?;
    let mut reaper = Reaper::new(context);
    let mut unfinished = 0;
    let mut unreachable = 0;
    for dir in &runs {
        let run = match read_journal_lenient(dir) {
            Ok(run) => run,
            Err(error) => {
                tell(&format!("warning: {error}"));
                continue;
            }
        };
        if run.open_sandboxes().next().is_none() {
            continue;
        }
        if is_being_written(dir) {
            print(&format!("{}: still running, left alone\n", dir.display()))?;
            continue;
        }
        unfinished += 1;
        unreachable += report(dir, &run, &mut reaper).await?;
    }
    print(&format!(
        "{} runs looked at, {unfinished} with sandboxes to account for, {unreachable} sandboxes \
         not reachable\n",
        runs.len()
    ))?;
    Ok(if unreachable == 0 { OK } else { UNJUDGED })
}

async fn report(dir: &Path, run: &StoredRun, reaper: &mut Reaper<'_>) -> Result<u64, Stop> {
    let mut unreachable = 0;
    for sandbox in run.open_sandboxes() {
        let fate = reaper.fate(sandbox).await;
        let told = match &fate {
            Fate::Gone(why) => format!("gone ({why})"),
            Fate::DestroyedNow => "destroyed now".to_owned(),
            Fate::NotReachable(why) => {
                unreachable += 1;
                format!("not reachable ({why})")
            }
        };
        print(&format!(
            "{}: {} {}@{} {}: {told}\n",
            dir.display(),
            sandbox.case.as_deref().unwrap_or("-"),
            sandbox.provider,
            sandbox.lane,
            sandbox.id.as_deref().unwrap_or("(asked for, id unknown)"),
        ))?;
    }
    Ok(unreachable)
}

/// Drivers of the live lanes, made when first needed.
struct Reaper<'a> {
    context: &'a Context,
    clients: HttpClients,
    drivers: BTreeMap<&'static str, Result<Arc<dyn SandboxDriver>, String>>,
    cx: CallContext,
}

impl<'a> Reaper<'a> {
    fn new(context: &'a Context) -> Self {
        let blobs = BlobStore::new(std::env::temp_dir(), context.redactor());
        Self {
            context,
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
        let driver = match self.driver(&sandbox.provider) {
            Ok(driver) => driver,
            Err(why) => return Fate::NotReachable(why),
        };
        match &sandbox.id {
            Some(id) => self.destroy(&*driver, id).await,
            None => self.destroy_labelled(&*driver, &sandbox.labels).await,
        }
    }

    fn driver(&mut self, provider: &str) -> Result<Arc<dyn SandboxDriver>, String> {
        let provider = match provider {
            "e2b" => Provider::E2b,
            "daytona" => Provider::Daytona,
            other => return Err(format!("unknown provider `{other}`")),
        };
        let (clients, context) = (&self.clients, self.context);
        self.drivers
            .entry(provider.name())
            .or_insert_with(|| {
                live_driver(provider, clients, &|name| context.var(name))
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
