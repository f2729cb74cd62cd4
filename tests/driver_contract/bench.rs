//! A stand-in, its driver, and a sandbox in it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cutover::call::sandbox_call::{Env, Execute, ListFiles, Provision, WriteFile};
use cutover::call::{FailureClass, Provider};
use cutover::driver::http::HttpClients;
use cutover::driver::{
    CallContext, DriverConfig, DriverError, ExecuteReply, Labels, SandboxDriver, SandboxHandle,
    Streams, connect,
};
use cutover::transcript::{Exchange, ExchangeSink};
use cutover_base::blob::{Blob, BlobStore};
use cutover_base::redact::Redactor;
use cutover_standin::engine::Engine;
use cutover_standin::engine::process::ProcessEngine;
use cutover_standin::fault::Fault;
use cutover_standin::server::{Standin, StandinOptions};
use tempfile::TempDir;

#[derive(Debug, Default)]
struct Kept(Mutex<Vec<Exchange>>);

impl ExchangeSink for Kept {
    fn record(&self, exchange: Exchange) {
        self.0.lock().unwrap().push(exchange);
    }
}

/// A stand-in under test.
pub(crate) struct Bench {
    pub(crate) provider: Provider,
    pub(crate) standin: Arc<dyn Standin>,
    pub(crate) driver: Arc<dyn SandboxDriver>,
    pub(crate) cx: CallContext,
    kept: Arc<Kept>,
    _dir: TempDir,
}

/// E2B's.
pub(crate) async fn e2b() -> Bench {
    let engine: Arc<dyn Engine> = Arc::new(ProcessEngine::new());
    let options = StandinOptions::new(engine);
    let standin = cutover_standin::e2b::start(options).await.unwrap();
    Bench::of(Provider::E2b, standin)
}

/// Daytona's.
pub(crate) async fn daytona() -> Bench {
    let engine: Arc<dyn Engine> = Arc::new(ProcessEngine::new());
    let options = StandinOptions::new(engine);
    let standin = cutover_standin::daytona::start(options).await.unwrap();
    Bench::of(Provider::Daytona, standin)
}

impl Bench {
    fn of(provider: Provider, standin: Arc<dyn Standin>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let kept = Arc::new(Kept::default());
        Self {
            provider,
            driver: driver(provider, &standin.env()),
            standin,
            cx: CallContext {
                exchanges: Arc::clone(&kept) as Arc<dyn ExchangeSink>,
                blobs: BlobStore::new(dir.path().join("blobs"), Redactor::noop()),
            },
            kept,
            _dir: dir,
        }
    }

    /// A sandbox with one label.
    pub(crate) async fn sandbox(&self) -> SandboxHandle {
        let call = Provision {
            env: Env::from([("FROM_CREATE".to_owned(), "1".to_owned())]),
            timeout: Some(Duration::from_secs(300)),
            at_expiry: None,
        };
        let labels = Labels::from([("cutover-run".to_owned(), "a b&c".to_owned())]);
        let made = self.driver.create(&call, &labels, &self.cx).await;
        made.unwrap()
    }

    /// Runs a command that must come to its end.
    pub(crate) async fn run(&self, sandbox: &SandboxHandle, cmd: &str) -> ExecuteReply {
        let request = command(cmd);
        self.driver
            .execute(sandbox, &request, &self.cx)
            .await
            .unwrap()
    }

    /// Puts faults in force.
    pub(crate) fn fault(&self, faults: &str) {
        self.standin.set_faults(Fault::parse_list(faults).unwrap());
    }

    /// Attempts of an operation so far.
    pub(crate) fn attempts(&self, operation: &str) -> usize {
        self.exchanges(operation).len()
    }

    /// The exchanges of an operation so far.
    pub(crate) fn exchanges(&self, operation: &str) -> Vec<Exchange> {
        let kept = self.kept.0.lock().unwrap();
        let of_operation = kept.iter().filter(|one| one.operation == operation);
        of_operation.cloned().collect()
    }

    /// Stops the stand-in.
    pub(crate) async fn end(&self) {
        self.standin.stop().await;
    }
}

/// A driver set up as the official SDKs would be.
pub(crate) fn driver(provider: Provider, vars: &[(String, String)]) -> Arc<dyn SandboxDriver> {
    let config = DriverConfig::from_env(provider, &|name| {
        let found = vars.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    });
    connect(config.unwrap(), &HttpClients::new()).unwrap()
}

/// A plain command.
pub(crate) fn command(cmd: &str) -> Execute {
    Execute {
        cmd: cmd.to_owned(),
        timeout: Some(Duration::from_secs(30)),
        ..Execute::default()
    }
}

/// A write of these bytes.
pub(crate) fn write(path: &str, data: impl Into<Bytes>) -> WriteFile {
    WriteFile {
        path: path.to_owned(),
        data: data.into(),
    }
}

/// A listing of this depth.
pub(crate) fn list(path: &str, depth: Option<u32>) -> ListFiles {
    ListFiles {
        path: path.to_owned(),
        depth,
    }
}

/// The text of a blob.
pub(crate) fn text(blob: &Blob) -> String {
    String::from_utf8(blob.head(1 << 24).unwrap().to_vec()).unwrap()
}

/// The output as a caller would be handed it.
pub(crate) fn output(reply: &ExecuteReply) -> &Blob {
    match &reply.streams {
        Streams::Apart { output, .. } | Streams::Merged { output } => output,
    }
}

/// What a call to a sandbox whose machine failed comes to. Daytona answers 502 and goes on
/// calling the sandbox `started`, so nobody can call it gone.
pub(crate) fn class_of_death(provider: Provider) -> FailureClass {
    match provider {
        Provider::E2b => FailureClass::SandboxGone,
        Provider::Daytona => FailureClass::Unavailable,
    }
}

/// The class of a failure.
pub(crate) fn class<T: std::fmt::Debug>(result: Result<T, DriverError>) -> FailureClass {
    match result {
        Err(DriverError::Failed(failure)) => failure.class,
        other => panic!("no failure: {other:?}"),
    }
}
