//! Serving the platform endpoint until a signal comes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::fetch;
use cutover_platform::artifacts::{ArtifactStore, FolderArtifacts, S3Artifacts};
use cutover_platform::providers::Means;
use cutover_platform::store::EmbeddedStore;
use cutover_platform::{
    EXECUTE_TIMEOUT, Parts, Platform, Registry, Rollout, Settings, Variables, serve,
};
use indexmap::IndexMap;
use tokio::net::TcpListener;

use crate::app::ending::Ending;
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::stack;
use crate::driver::http::install_crypto;

/// What only a stack with every fix reads.
const OF_ROLLOUT: [&str; 2] = ["SANDBOX_SPLIT", "SANDBOX_ENVIRONMENT"];

/// What an endpoint is started with.
#[derive(Debug, Clone)]
pub(crate) struct PlatformSettings {
    /// Its stack, as it was typed.
    pub(crate) stack: String,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Where its database and its artifacts lie.
    pub(crate) data: PathBuf,
}

/// Serves it; `serving` gets its address as soon as it answers.
///
/// # Errors
/// A stack that cannot be served, an address that cannot be bound, a database that cannot be used,
/// and, where Q22 is repaired, settings that are wrong.
pub(crate) async fn run(
    settings: &PlatformSettings,
    environment: &Environment,
    serving: impl FnOnce(&str) -> Result<(), AppError>,
) -> Result<(), AppError> {
    let fixes = stack::fixes(&settings.stack)?;
    let mut ending = Ending::watch()?;
    let wrong =
        |error: std::io::Error| AppError::usage(format!("--listen {}: {error}", settings.listen));
    let listener = TcpListener::bind(settings.listen).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    let platform = platform(settings, fixes, address, &environment.variables).await?;
    let stop = tokio_util::sync::CancellationToken::new();
    let served = serve(listener, Arc::new(platform), stop.clone().cancelled_owned());
    let mut served = std::pin::pin!(served);
    serving(&format!("http://{address}"))?;
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = ending.came() => {
            stop.cancel();
            // What is being answered is answered first; a second signal does not wait for it.
            tokio::select! {
                ended = &mut served => ended,
                () = ending.came() => Ok(()),
            }
        }
    };
    ended.map_err(|error| AppError::failed(format!("the platform ended: {error}")))
}

async fn platform(
    settings: &PlatformSettings,
    fixes: Fixes,
    address: SocketAddr,
    variables: &Variables,
) -> Result<Platform, AppError> {
    let wrong = |error: &dyn std::fmt::Display| AppError::usage(error.to_string());
    let data = &settings.data;
    std::fs::create_dir_all(data)
        .map_err(|error| AppError::usage(format!("--data {}: {error}", data.display())))?;
    let mut variables = variables.clone();
    // The database is ours, so that there always is one; what is set is checked all the same.
    let file = data.join("platform.redb");
    variables
        .entry("DATABASE_URL".to_owned())
        .or_insert_with(|| file.display().to_string());
    let read = Settings::read(&variables);
    let (registry, artifacts) = match &read {
        Ok(read) => (
            registry(read, &fixes, &variables)?,
            artifacts(read, &fixes, address, data)?,
        ),
        Err(_) => (Registry::default(), None),
    };
    let rollout = if fixes.are_complete() {
        Rollout::read(&variables).map_err(AppError::usage)?
    } else if let Some(name) = OF_ROLLOUT
        .iter()
        .find(|name| variables.contains_key(**name))
    {
        return Err(AppError::usage(format!(
            "{name} is for --stack unified; the original has nothing of the kind"
        )));
    } else {
        Rollout::default()
    };
    let store = database(file).await?;
    Platform::new(Parts {
        settings: read,
        fixes,
        registry,
        store: Arc::new(store),
        artifacts,
        fetch: fetch::Client::new(),
        clock: Clock::new(),
        execute_timeout: EXECUTE_TIMEOUT,
        rollout,
    })
    .map_err(|error| wrong(&error))
}

/// Opens the database. It is read with trust in what it says of itself, so that a damaged one can end
/// the thread that reads it.
async fn database(file: PathBuf) -> Result<EmbeddedStore, AppError> {
    let path = file.clone();
    let opened = tokio::task::spawn_blocking(move || EmbeddedStore::open(&path)).await;
    let opened = opened.map_err(|_| {
        AppError::usage(format!(
            "cannot open the database `{}`: it is damaged",
            file.display()
        ))
    })?;
    opened.map_err(|error| AppError::usage(error.to_string()))
}

fn registry(
    settings: &Settings,
    fixes: &Fixes,
    variables: &Variables,
) -> Result<Registry, AppError> {
    let means = Means {
        fixes: fixes.clone(),
        variables: variables.clone(),
        labels: IndexMap::new(),
        observer: Arc::new(cutover_sdk::Ignore),
    };
    Registry::connect(settings, &means).map_err(AppError::usage)
}

/// The bucket, or, where its absence (Q95) is repaired, a folder.
fn artifacts(
    settings: &Settings,
    fixes: &Fixes,
    address: SocketAddr,
    data: &Path,
) -> Result<Option<Arc<dyn ArtifactStore>>, AppError> {
    // Before the first client of the process: one without a provider of TLS cannot be built.
    install_crypto();
    let client = reqwest::Client::builder()
        .build()
        .map_err(|error| AppError::failed(format!("no HTTP client could be built: {error}")))?;
    let bucket = S3Artifacts::new(settings, client);
    if let Some(bucket) = bucket.map_err(|error| AppError::usage(error.to_string()))? {
        return Ok(Some(Arc::new(bucket)));
    }
    if !fixes.has("Q95") {
        return Ok(None);
    }
    let base = if settings.base_url.is_empty() {
        format!("http://{address}")
    } else {
        settings.base_url.clone()
    };
    let key = settings.token_signing_key.clone();
    let folder = FolderArtifacts::new(data.join("artifacts"), &base, key);
    Ok(Some(Arc::new(folder)))
}
