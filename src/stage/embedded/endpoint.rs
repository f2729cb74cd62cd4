//! The endpoint of a case, in this process, over real HTTP on this machine.

use std::net::TcpListener as Socket;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::fetch;
use cutover_platform::artifacts::{ArtifactStore, FolderArtifacts};
use cutover_platform::{
    Parts, Platform, Registry, Rollout, Settings, SettingsError, Store, serve_once_each,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long an endpoint that was told to stop may take for calls that are under way.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// What an endpoint is started with.
pub(super) struct Start<'a> {
    pub(super) folder: &'a Path,
    /// Where agents and sessions are kept, from one endpoint to the next.
    pub(super) store: Arc<dyn Store>,
    /// Stays open while an endpoint follows another, so that none is refused meanwhile and the
    /// address stays.
    pub(super) socket: &'a Socket,
    pub(super) fixes: Fixes,
    pub(super) registry: Registry,
    pub(super) settings: Result<Settings, SettingsError>,
    pub(super) execute_timeout: Duration,
    pub(super) rollout: Rollout,
}

/// An endpoint that runs.
#[derive(Debug)]
pub(super) struct Endpoint {
    stop: CancellationToken,
    /// Dropped, it ends at once.
    served: JoinSet<()>,
}

impl Endpoint {
    /// Starts it.
    ///
    /// # Errors
    /// Why it does not start.
    pub(super) fn start(start: Start<'_>) -> Result<Self, String> {
        let listener = start.socket.try_clone().and_then(TcpListener::from_std);
        let listener = listener.map_err(|error| format!("no port for the platform: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let artifacts = artifacts(&start, &format!("http://{address}"));
        let platform = Platform::new(Parts {
            settings: start.settings,
            fixes: start.fixes,
            registry: start.registry,
            store: start.store,
            artifacts,
            fetch: fetch::Client::new(),
            clock: Clock::new(),
            execute_timeout: start.execute_timeout,
            rollout: start.rollout,
        });
        let platform = Arc::new(platform.map_err(|error| error.to_string())?);
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let mut served = JoinSet::new();
        served.spawn(async move {
            // A socket of this process that fails shows in the next call.
            let _ = serve_once_each(listener, platform, stopped).await;
        });
        Ok(Self { stop, served })
    }

    /// Stops it. Calls that are under way may end; those that take too long are dropped.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(STOP_TIMEOUT, self.served.join_next());
        if ended.await.is_err() {
            self.served.shutdown().await;
        }
    }
}

/// A bucket's place is taken by a folder, where the settings have one.
fn artifacts(start: &Start<'_>, base: &str) -> Option<Arc<dyn ArtifactStore>> {
    let settings = start.settings.as_ref().ok()?;
    let has_bucket = settings.artifacts_in_s3 && settings.s3_bucket.is_some();
    if !has_bucket && !start.fixes.has("Q95") {
        return None;
    }
    let folder = start.folder.join("artifacts");
    let key = settings.token_signing_key.clone();
    Some(Arc::new(FolderArtifacts::new(folder, base, key)))
}
