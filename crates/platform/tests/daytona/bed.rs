//! An endpoint whose sandboxes are Daytona's, before a cloud.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::{Object, Value, fetch, json};
use cutover_platform::providers::Means;
use cutover_platform::{
    EXECUTE_TIMEOUT, Parts, Platform, Registry, Rollout, Settings, Variables, serve,
};
use cutover_sdk::Ignore;
use golden::{Database, ask};
use indexmap::IndexMap;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::cloud::Cloud;

const MASTER: &str = "sk-master-0123456789";

/// What an agent is told of what only the log knows.
pub(crate) const INTERNAL: &str = r#"{"error":"internal error"}"#;

/// The endpoint.
pub(crate) struct Bed {
    pub(crate) cloud: Cloud,
    address: SocketAddr,
    _folder: TempDir,
    _served: JoinSet<()>,
}

/// Fixes by id.
pub(crate) fn fixes(ids: &[&str]) -> Fixes {
    Fixes::only(ids.iter().map(|id| (*id).to_owned()))
}

impl Bed {
    /// With a sandbox `main`.
    pub(crate) async fn ready(fixes: Fixes) -> Self {
        let bed = Self::new(fixes, &[]).await;
        assert_eq!(bed.provision().await.0, 200);
        bed.cloud.take_asked();
        bed
    }

    pub(crate) async fn new(fixes: Fixes, set: &[(&str, &str)]) -> Self {
        let cloud = Cloud::start().await;
        let api_url = cloud.api_url();
        let usual = [
            ("MASTER_KEY", MASTER),
            ("DATABASE_URL", "file"),
            ("SANDBOX_CHOICE", "daytona"),
            ("DAYTONA_API_KEY", "dtn_key"),
            ("DAYTONA_API_URL", &api_url),
        ];
        let all = usual.iter().chain(set);
        let variables: Variables = all
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let settings = Settings::read(&variables).unwrap();
        let means = Means {
            fixes: fixes.clone(),
            variables,
            labels: IndexMap::from([("run".to_owned(), "r1".to_owned())]),
            observer: Arc::new(Ignore),
        };
        let registry = Registry::connect(&settings, &means).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let platform = Platform::new(Parts {
            settings: Ok(settings),
            fixes,
            registry,
            store: Arc::new(database(&folder)),
            artifacts: None,
            fetch: fetch::Client::new(),
            clock: Clock::new(),
            execute_timeout: EXECUTE_TIMEOUT,
            rollout: Rollout::default(),
        });
        let platform = Arc::new(platform.unwrap());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut served = JoinSet::new();
        served.spawn(async move {
            serve(listener, platform, std::future::pending())
                .await
                .unwrap();
        });
        Self {
            cloud,
            address,
            _folder: folder,
            _served: served,
        }
    }

    pub(crate) async fn provision(&self) -> (u16, String) {
        self.post("provision", &[("name", "main")]).await
    }

    pub(crate) async fn execute(&self, cmd: &str) -> (u16, String) {
        let asked = [("sandbox_name", "main"), ("cmd", cmd)];
        self.post("execute", &asked).await
    }

    /// What a command gives that has an output.
    pub(crate) async fn output(&self, cmd: &str) -> Value {
        let (status, body) = self.execute(cmd).await;
        assert_eq!(status, 200, "{body}");
        json::parse(body.as_bytes()).unwrap()
    }

    pub(crate) async fn read(&self, path: &str) -> (u16, String) {
        let asked = [("sandbox_name", "main"), ("path", path)];
        self.post("read-file", &asked).await
    }

    /// The provider's test, which ends its sandbox.
    pub(crate) async fn test(&self) -> (u16, String) {
        self.ask("GET", "/api/v1/sandbox/test", "").await
    }

    async fn post(&self, what: &str, members: &[(&str, &str)]) -> (u16, String) {
        let path = format!("/api/v1/managed_agents/sessions/s1/sandbox/{what}");
        let body: Object = members.iter().copied().collect();
        self.ask("POST", &path, &json::stringify(&body.into()))
            .await
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             authorization: Bearer {MASTER}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let heard = ask(self.address, request.as_bytes()).await.unwrap();
        let body = String::from_utf8(heard.body.clone()).unwrap();
        (heard.word(1).parse().unwrap(), body)
    }
}

fn database(folder: &TempDir) -> Database {
    let seed = r#"{"agents":[{"agent_id":"a1"}],
                   "sessions":[{"session_id":"s1","agent_id":"a1"}]}"#;
    let seed = json::parse(seed.as_bytes()).unwrap();
    Database::create(&folder.path().join("database.json"), &seed)
}

/// An answer of the endpoint, to compare with.
pub(crate) fn answer(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

/// What is told with a reason.
pub(crate) fn error(status: u16, reason: &str) -> (u16, String) {
    let mut body = Object::new();
    body.insert("error", reason);
    (status, json::stringify(&body.into()))
}
