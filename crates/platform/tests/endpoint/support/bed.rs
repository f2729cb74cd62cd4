//! An endpoint with a fake provider, served in this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::fetch;
use cutover_platform::artifacts::FolderArtifacts;
use cutover_platform::{
    EXECUTE_TIMEOUT, Parts, Platform, Registry, Rollout, Settings, Store, Variables, serve,
};
use golden::{Database, ask};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Fake;

/// The answer of a provision that succeeded.
pub(crate) const READY: &str = r#"{"message":"sandbox 'main' ready"}"#;

/// An answer to compare with.
pub(crate) fn told(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

/// The master key of every bed.
pub(crate) const MASTER: &str = "sk-master-0123456789";
/// A session that is there.
pub(crate) const SESSION: &str = "s1";

/// The endpoint.
pub(crate) struct Bed {
    pub(crate) address: SocketAddr,
    pub(crate) e2b: Fake,
    pub(crate) database: Arc<Database>,
    pub(crate) folder: TempDir,
    served: JoinSet<()>,
}

/// The variables of an endpoint.
pub(crate) fn variables(set: &[(&str, &str)]) -> Variables {
    let usual = [("MASTER_KEY", MASTER), ("DATABASE_URL", "file")];
    let all = usual.iter().chain(set);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Fixes by id.
pub(crate) fn fixes(ids: &[&str]) -> Fixes {
    Fixes::only(ids.iter().map(|id| (*id).to_owned()))
}

impl Bed {
    /// Sandboxes by E2B, on a database with one session.
    pub(crate) async fn new(fixes: Fixes) -> Self {
        let set = [("SANDBOX_CHOICE", "e2b"), ("E2B_API_KEY", "key")];
        Self::with(fixes, &set, &[Fake::new("e2b")]).await
    }

    /// With these settings and providers, of which the first one is told to the test.
    pub(crate) async fn with(fixes: Fixes, set: &[(&str, &str)], providers: &[Fake]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seed = format!(
            r#"{{"agents":[{{"agent_id":"a1"}}],
                "sessions":[{{"session_id":"{SESSION}","agent_id":"a1"}}]}}"#
        );
        let seed = cutover_js::json::parse(seed.as_bytes()).unwrap();
        let database = Database::create(&folder.path().join("database.json"), &seed);
        let database = Arc::new(database);
        let mut bed = Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            e2b: providers
                .first()
                .cloned()
                .unwrap_or_else(|| Fake::new("e2b")),
            database: Arc::clone(&database),
            folder,
            served: JoinSet::new(),
        };
        bed.start(fixes, set, providers, database).await;
        bed
    }

    /// Starts the endpoint anew: what it remembered is gone, what is stored is there.
    pub(crate) async fn start(
        &mut self,
        fixes: Fixes,
        set: &[(&str, &str)],
        providers: &[Fake],
        store: Arc<dyn Store>,
    ) {
        self.served.abort_all();
        let settings = Settings::read(&variables(set));
        let artifacts = settings.as_ref().ok().map(|settings| {
            let folder = self.folder.path().join("artifacts");
            let key = settings.token_signing_key.clone();
            FolderArtifacts::new(folder, "http://here", key)
        });
        let platform = Platform::new(Parts {
            settings,
            fixes,
            registry: Registry::new(providers.iter().map(Fake::provider)),
            store,
            artifacts: artifacts.map(|it| Arc::new(it) as _),
            fetch: fetch::Client::new(),
            clock: Clock::new(),
            execute_timeout: EXECUTE_TIMEOUT,
            rollout: Rollout::default(),
        });
        let platform = Arc::new(platform.unwrap());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        self.address = listener.local_addr().unwrap();
        self.served.spawn(async move {
            serve(listener, platform, std::future::pending())
                .await
                .unwrap();
        });
    }

    /// Asks with the master key.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        ask_at(self.address, method, path, body).await
    }

    /// Asks something of the session.
    pub(crate) async fn session(&self, what: &str, body: &str) -> (u16, String) {
        let path = format!("/api/v1/managed_agents/sessions/{SESSION}{what}");
        let method = if body.is_empty() { "DELETE" } else { "POST" };
        self.ask(method, &path, body).await
    }

    pub(crate) async fn provision(&self, name: &str) -> (u16, String) {
        self.session("/sandbox/provision", &format!(r#"{{"name":"{name}"}}"#))
            .await
    }

    pub(crate) async fn execute(&self, name: &str, cmd: &str) -> (u16, String) {
        let body = format!(r#"{{"sandbox_name":"{name}","cmd":"{cmd}"}}"#);
        self.session("/sandbox/execute", &body).await
    }

    pub(crate) async fn read_file(&self, name: &str, path: &str) -> (u16, String) {
        let body = format!(r#"{{"sandbox_name":"{name}","path":"{path}"}}"#);
        self.session("/sandbox/read-file", &body).await
    }

    /// The sandboxes of the session as they are stored, and its status.
    pub(crate) fn stored(&self) -> (String, String) {
        let record = self.database.session_record(&SESSION.into()).unwrap();
        let shown = |name: &str| record.get(name).map(cutover_js::json::stringify);
        (
            shown("sandboxes").unwrap_or_default(),
            shown("status").unwrap_or_default(),
        )
    }
}

/// Asks an endpoint with the master key.
pub(crate) async fn ask_at(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> (u16, String) {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         authorization: Bearer {MASTER}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let heard = ask(address, request.as_bytes()).await.unwrap();
    let body = String::from_utf8(heard.body.clone()).unwrap();
    (heard.word(1).parse().unwrap(), body)
}
