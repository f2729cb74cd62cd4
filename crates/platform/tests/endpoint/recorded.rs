//! The endpoint without fixes answers as the original did, to the byte.
//!
//! Providers are fakes here: the groups need no sandbox, but for the provider's test.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::support::Fake;
use async_trait::async_trait;
use bytes::Bytes;
use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::{Text, Value, fetch};
use cutover_platform::artifacts::{ArtifactStore, S3Artifacts};
use cutover_platform::inject::Environment;
use cutover_platform::model::Agent;
use cutover_platform::provider::{Created, Executed, Thrown};
use cutover_platform::{
    EXECUTE_TIMEOUT, Parts, Platform, Registry, Rollout, SandboxProvider, Settings, Variables,
    serve,
};
use golden::{Difference, Run, Stage, read, replay};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const E2B_KEY: &str = "e2b_0123456789012345678901234567890123456789";
const DAYTONA_KEY: &str = "dtn_0123456789012345678901234567890123456789012345678901234567890123";

/// Runs the endpoint in this process, one after another on ports of their own.
#[derive(Default)]
struct InProcess {
    served: JoinSet<()>,
}

#[async_trait]
impl Stage for InProcess {
    async fn start(&mut self, run: &Run, variables: Variables) -> SocketAddr {
        // As when a process ends: what it remembered is gone.
        self.served.abort_all();
        let settings = Settings::read(&variables);
        let registry = settings
            .iter()
            .flat_map(|settings| providers(settings, run));
        let artifacts = settings.as_ref().ok().and_then(|settings| {
            let store = S3Artifacts::new(settings, client()).expect("a bucket's address");
            store.map(|store| Arc::new(store) as Arc<dyn ArtifactStore>)
        });
        let platform = Platform::new(Parts {
            fixes: Fixes::none(),
            registry: Registry::new(registry),
            store: run.database.clone(),
            artifacts,
            fetch: fetch::Client::new(),
            clock: Clock::new(),
            execute_timeout: EXECUTE_TIMEOUT,
            rollout: Rollout::default(),
            settings,
        });
        let platform = Arc::new(platform.expect("without fixes every endpoint starts"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        self.served.spawn(async move {
            serve(listener, platform, std::future::pending())
                .await
                .unwrap();
        });
        address
    }

    async fn step(&mut self, _run: &Run, input: &Value) -> Value {
        unreachable!("no step of these groups needs more than the endpoint: {input:?}")
    }
}

fn client() -> reqwest::Client {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

fn providers(settings: &Settings, run: &Run) -> Vec<Arc<dyn SandboxProvider>> {
    let mut providers: Vec<Arc<dyn SandboxProvider>> = Vec::new();
    if let Some(key) = &settings.e2b_api_key {
        let refusal = "401: Cannot get the team for the given API key";
        providers.push(recorded("e2b", refusal, key.expose() == E2B_KEY, run));
    }
    if let Some(key) = &settings.daytona_api_key {
        let refusal = "Invalid credentials";
        providers.push(recorded(
            "daytona",
            refusal,
            key.expose() == DAYTONA_KEY,
            run,
        ));
    }
    providers
}

/// A provider that makes sandboxes for the right key, and tells the run which.
fn recorded(
    scheme: &'static str,
    refusal: &str,
    key_is_good: bool,
    run: &Run,
) -> Arc<dyn SandboxProvider> {
    let fake = Fake::new(scheme);
    if !key_is_good {
        fake.refuse(Thrown::new(refusal));
    }
    Arc::new(Recorded {
        fake,
        created: Arc::clone(&run.created),
    })
}

#[derive(Debug)]
struct Recorded {
    fake: Fake,
    created: Arc<std::sync::Mutex<Vec<(String, String)>>>,
}

#[async_trait]
impl SandboxProvider for Recorded {
    fn url_scheme(&self) -> &str {
        self.fake.url_scheme()
    }

    async fn create(
        &self,
        session_id: &Text,
        agent: &Agent,
        environment: &Environment,
    ) -> Result<Created, Thrown> {
        let created = self.fake.create(session_id, agent, environment).await?;
        let named = (self.url_scheme().to_owned(), created.id.to_string());
        self.created.lock().unwrap().push(named);
        Ok(created)
    }

    async fn execute(
        &self,
        id: &Text,
        cmd: &Text,
        timeout: std::time::Duration,
    ) -> Result<Executed, Thrown> {
        assert_eq!(
            timeout.as_secs(),
            30,
            "only the provider's test runs commands: {cmd}"
        );
        self.fake.next(Ok("8\nMem:           3936         100\n"));
        self.fake.execute(id, cmd, timeout).await
    }

    async fn read_file(&self, id: &Text, path: &Text) -> Result<Value, Thrown> {
        self.fake.read_file(id, path).await
    }

    async fn terminate(&self, id: &Text) -> Result<(), Thrown> {
        self.fake.terminate(id).await
    }

    async fn alive(&self, id: &Text) -> Result<bool, Thrown> {
        self.fake.alive(id).await
    }

    async fn read_bytes(&self, id: &Text, path: &Text, most: u64) -> Result<Bytes, Thrown> {
        self.fake.read_bytes(id, path, most).await
    }
}

/// Plays every group of a file, and fails with all that differs.
async fn play(lines: &str, steps_min: usize) {
    let names = [
        ("e2b_key", E2B_KEY.to_owned()),
        ("daytona_key", DAYTONA_KEY.to_owned()),
    ];
    let mut names = names.to_vec();
    names.push(("daytona_api", "http://127.0.0.1:9/api".to_owned()));
    let mut found: Vec<Difference> = Vec::new();
    let mut steps = 0;
    for group in read(lines) {
        let folder = tempfile::tempdir().unwrap();
        steps += group.steps.len();
        found.extend(replay(&group, folder.path(), &names, &mut InProcess::default()).await);
    }
    assert!(steps >= steps_min, "{steps} steps are there");
    let told: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(
        told.is_empty(),
        "{} differ:\n{}",
        told.len(),
        told.join("\n")
    );
}

#[tokio::test]
async fn requests_are_checked_as_the_original_checks_them() {
    play(include_str!("../golden/http.jsonl"), 192).await;
}

#[tokio::test]
async fn settings_and_executors_are_taken_as_the_original_takes_them() {
    play(include_str!("../golden/env.jsonl"), 164).await;
}

#[tokio::test]
async fn artifacts_are_stored_as_the_original_stores_them() {
    play(include_str!("../golden/artifacts.jsonl"), 162).await;
}

#[tokio::test]
async fn a_difference_is_found() {
    let mut group = read(include_str!("../golden/http.jsonl")).remove(0);
    group.steps.truncate(1);
    let step = &mut group.steps[0];
    step.output =
        cutover_js::json::parse(br#"{"status":401,"type":"text/plain","body":"no"}"#).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let found = replay(&group, folder.path(), &[], &mut InProcess::default()).await;
    let at: Vec<_> = found.iter().map(|it| it.at.as_str()).collect();
    assert_eq!(at, ["output.body", "output.type"]);
}
