//! The endpoint on a database in a JSON file, which recorded steps read and change while it runs.
//!
//! `PORT`, `FAKE_DB_FILE` and the endpoint's own variables are read from the environment. The
//! product keeps its data elsewhere and has no such switch.

#![expect(clippy::expect_used, reason = "for tests alone")]

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::fetch;
use cutover_platform::artifacts::{ArtifactStore, S3Artifacts};
use cutover_platform::providers::Means;
use cutover_platform::{
    EXECUTE_TIMEOUT, Parts, Platform, Registry, Rollout, Settings, Variables, serve,
};
use cutover_sdk::Ignore;
use golden::Database;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    // Nobody else in this process sets one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let variables: Variables = std::env::vars().collect();
    let set = |name: &str| variables.get(name).expect("a variable of the replay");
    let port = set("PORT").parse().expect("PORT is a port");
    let store = Database::open(Path::new(set("FAKE_DB_FILE")));
    let settings = Settings::read(&variables);
    let means = Means {
        fixes: Fixes::none(),
        variables: variables.clone(),
        labels: [].into(),
        observer: Arc::new(Ignore),
    };
    let registry = settings.as_ref().map_or_else(
        |_| Ok(Registry::default()),
        |it| Registry::connect(it, &means),
    );
    let artifacts = settings.as_ref().ok().and_then(|settings| {
        let store = S3Artifacts::new(settings, reqwest::Client::new());
        let store = store.expect("a bucket's address");
        store.map(|store| Arc::new(store) as Arc<dyn ArtifactStore>)
    });
    let platform = Platform::new(Parts {
        settings,
        fixes: Fixes::none(),
        registry: registry.expect("providers can be connected to"),
        store: Arc::new(store),
        artifacts,
        fetch: fetch::Client::new(),
        clock: Clock::new(),
        execute_timeout: EXECUTE_TIMEOUT,
        rollout: Rollout::default(),
    });
    let platform = Arc::new(platform.expect("without fixes every endpoint starts"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.expect("PORT is free");
    let served = serve(listener, platform, std::future::pending()).await;
    served.expect("the socket works");
}
