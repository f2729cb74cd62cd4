//! What a call through driver and stand-in costs over the same command started on the engine, and
//! how soon a sandbox of the stand-in speaks. Timings are shown, not asserted.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first surprise"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cutover::call::Provider;
use cutover::call::sandbox_call::{Execute, Provision};
use cutover::driver::http::HttpClients;
use cutover::driver::{CallContext, DriverConfig, Labels, SandboxDriver, SandboxHandle, connect};
use cutover::transcript::{Exchange, ExchangeSink};
use cutover_base::blob::BlobStore;
use cutover_base::redact::Redactor;
use cutover_standin::engine::{
    Engine, EngineSandbox, ExitStatus, Identity, OutputMode, Profile, SpawnRequest, StdinMode,
    by_name,
};
use cutover_standin::server::{Standin, StandinOptions};
use cutover_standin::{daytona, e2b};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::runtime::Runtime;

const COMMAND: &str = "echo up";

fn main() {
    divan::main();
}

fn engine(runtime: &Runtime) -> Arc<dyn Engine> {
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    runtime.block_on(by_name("namespaces", helper)).unwrap()
}

/// Keeps no exchange.
#[derive(Debug)]
struct Forget;

impl ExchangeSink for Forget {
    fn record(&self, _exchange: Exchange) {}
}

/// A stand-in and its driver.
struct Bench {
    standin: Arc<dyn Standin>,
    driver: Arc<dyn SandboxDriver>,
    cx: CallContext,
    _dir: TempDir,
}

impl Bench {
    async fn start(provider: Provider, engine: Arc<dyn Engine>) -> Self {
        let options = StandinOptions::new(engine);
        let standin = match provider {
            Provider::E2b => e2b::start(options).await,
            Provider::Daytona => daytona::start(options).await,
        };
        let standin = standin.unwrap();
        let env = standin.env();
        let config = DriverConfig::from_env(provider, &|name| {
            let found = env.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        });
        let dir = tempfile::tempdir().unwrap();
        Self {
            standin,
            driver: connect(config.unwrap(), &HttpClients::new()).unwrap(),
            cx: CallContext {
                exchanges: Arc::new(Forget),
                blobs: BlobStore::new(dir.path().join("blobs"), Redactor::noop()),
            },
            _dir: dir,
        }
    }

    async fn sandbox(&self) -> SandboxHandle {
        let call = Provision::default();
        let made = self.driver.create(&call, &Labels::new(), &self.cx).await;
        made.unwrap()
    }

    async fn execute(&self, sandbox: &SandboxHandle) {
        let request = Execute {
            cmd: COMMAND.to_owned(),
            timeout: Some(Duration::from_secs(30)),
            ..Execute::default()
        };
        let reply = self.driver.execute(sandbox, &request, &self.cx).await;
        assert_eq!(reply.unwrap().exit_code, Some(0));
    }
}

/// The same shell and the same text as E2B's daemon starts, without any wire.
async fn direct(sandbox: &dyn EngineSandbox) {
    let request = SpawnRequest {
        argv: ["/bin/bash", "-l", "-c", COMMAND].map(str::to_owned).into(),
        env: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        cwd: "/home/user".to_owned(),
        identity: Identity::User {
            uid: 1000,
            gid: 1000,
            groups: vec![],
        },
        stdin: StdinMode::Closed,
        output: OutputMode::TwoPipes,
        new_group: true,
    };
    let mut process = sandbox.spawn(request).await.unwrap();
    let mut output = Vec::new();
    process.stdout.read_to_end(&mut output).await.unwrap();
    let status = *process.exit.wait_for(Option::is_some).await.unwrap();
    assert_eq!(status, Some(ExitStatus::Code(0)));
}

/// The floor of an `execute`: what is above it is ours.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn execute_on_the_engine(bencher: divan::Bencher<'_, '_>) {
    let runtime = Runtime::new().unwrap();
    let engine = engine(&runtime);
    let made = runtime.block_on(engine.create(&Profile::litellm("bench")));
    let sandbox = made.unwrap();
    bencher.bench_local(|| runtime.block_on(direct(&*sandbox)));
    runtime.block_on(sandbox.destroy());
}

/// One `execute` through driver and stand-in.
#[divan::bench(args = ["e2b", "daytona"], sample_count = 100, sample_size = 1)]
fn execute_through_the_standin(bencher: divan::Bencher<'_, '_>, provider: &str) {
    let runtime = Runtime::new().unwrap();
    let provider = match provider {
        "e2b" => Provider::E2b,
        _ => Provider::Daytona,
    };
    let bench = runtime.block_on(Bench::start(provider, engine(&runtime)));
    let sandbox = runtime.block_on(bench.sandbox());
    bencher.bench_local(|| runtime.block_on(bench.execute(&sandbox)));
    runtime.block_on(bench.standin.stop());
}

/// From the create to the end of the first command; the sandbox is destroyed outside the measured
/// time.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn create_to_first_output_through_e2b(bencher: divan::Bencher<'_, '_>) {
    let runtime = Runtime::new().unwrap();
    let bench = runtime.block_on(Bench::start(Provider::E2b, engine(&runtime)));
    let made = std::cell::RefCell::new(None::<SandboxHandle>);
    bencher
        .with_inputs(|| {
            if let Some(last) = made.borrow_mut().take() {
                let gone = runtime.block_on(bench.driver.destroy(&last, &bench.cx));
                gone.unwrap();
            }
        })
        .bench_local_values(|()| {
            runtime.block_on(async {
                let sandbox = bench.sandbox().await;
                bench.execute(&sandbox).await;
                *made.borrow_mut() = Some(sandbox);
            });
        });
    runtime.block_on(bench.standin.stop());
}
