//! The platform and the MCP server of one case on one side, in this process.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_platform::providers::Means;
use cutover_platform::store::EmbeddedStore;
use cutover_platform::{Registry, Rollout, SandboxProvider, Settings, Store, Variables};
use tempfile::TempDir;

use super::endpoint::{Endpoint, Start};
use super::provider::{Account, Accounted};
use super::spec::{Changes, Spec};
use super::watch::Watch;
use crate::call::{Provider, Surface};
use crate::driver::SandboxDriver;
use crate::stage::mcp_server::{self, McpServer, RunningMcp};
use crate::surface::Lifecycle;

/// How a provider is reached: by the platform, and by the harness.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    /// The variables of the provider's SDK.
    pub(super) variables: Variables,
    /// What destroys what is left.
    pub(super) driver: Arc<dyn SandboxDriver>,
}

/// What runs.
#[derive(Debug)]
pub(super) struct EmbeddedHost {
    folder: TempDir,
    socket: TcpListener,
    pub(super) store: Arc<dyn Store>,
    pub(super) base: String,
    pub(super) account: Account,
    pub(super) labels: indexmap::IndexMap<String, String>,
    watch: Watch,
    /// Held while something is started or stopped.
    turn: tokio::sync::Mutex<()>,
    now: Mutex<Now>,
}

/// What runs now, and what is known of it.
#[derive(Debug)]
pub(super) struct Now {
    pub(super) spec: Spec,
    pub(super) providers: BTreeMap<Provider, Reached>,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) tools: Option<RunningMcp>,
    /// Provider's ids by session and name.
    pub(super) ids: BTreeMap<(String, String), String>,
}

impl EmbeddedHost {
    /// Starts platform and, at surface mcp, MCP server.
    ///
    /// # Errors
    /// Why they do not start.
    pub(super) async fn start(
        spec: Spec,
        reached: Reached,
        lifecycle: Arc<dyn Lifecycle>,
    ) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("no folder: {error}"))?;
        let no_port = |error: std::io::Error| format!("no port for the platform: {error}");
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(no_port)?;
        socket.set_nonblocking(true).map_err(no_port)?;
        let base = format!("http://{}", socket.local_addr().map_err(no_port)?);
        let store = EmbeddedStore::open(&folder.path().join("platform.redb"));
        let provider = spec.provider;
        let host = Self {
            store: Arc::new(store.map_err(|error| error.to_string())?),
            folder,
            socket,
            base,
            labels: lifecycle.labels(),
            account: Account::new(lifecycle),
            watch: Watch::new(Clock::new()),
            turn: tokio::sync::Mutex::new(()),
            now: Mutex::new(Now {
                spec,
                providers: BTreeMap::from([(provider, reached)]),
                endpoint: None,
                tools: None,
                ids: BTreeMap::new(),
            }),
        };
        host.restart_platform(&Changes::new()).await?;
        host.restart_mcp(&Changes::new()).await?;
        Ok(host)
    }

    pub(super) fn now(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What hears the exchanges with providers.
    pub(super) const fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The provider that has this sandbox; the chosen one for what is not known.
    pub(super) fn provider_of(&self, sandbox: &str) -> Provider {
        let known = self.account.provider_of(sandbox);
        known.unwrap_or_else(|| self.now().spec.provider)
    }

    /// The provider of new sandboxes.
    pub(super) fn provider(&self) -> Provider {
        self.now().spec.provider
    }

    /// Starts the platform anew with the other provider: the night of the cutover.
    pub(super) async fn switch(
        &self,
        to: Provider,
        reached: Option<Reached>,
    ) -> Result<(), String> {
        {
            let mut now = self.now();
            now.spec.provider = to;
            if let Some(reached) = reached {
                now.providers.insert(to, reached);
            }
        }
        self.restart_platform(&Changes::new()).await
    }

    /// Starts the platform anew on its database, with these changes on top of the earlier ones.
    pub(super) async fn restart_platform(&self, changes: &Changes) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        let (old, spec, providers) = {
            let mut now = self.now();
            now.spec.platform.extend(changes.clone());
            (now.endpoint.take(), now.spec.clone(), now.providers.clone())
        };
        if let Some(old) = old {
            old.stop().await;
        }
        let variables = providers
            .iter()
            .map(|(provider, it)| (*provider, it.variables.clone()));
        let variables = spec.platform_variables(&variables.collect());
        let settings = Settings::read(&variables);
        let registry = match &settings {
            Ok(settings) => self.registry(settings, &spec, &variables)?,
            Err(_) => Registry::default(),
        };
        let endpoint = Endpoint::start(Start {
            folder: self.folder.path(),
            store: Arc::clone(&self.store),
            socket: &self.socket,
            fixes: spec.fixes.clone(),
            registry,
            settings,
            execute_timeout: spec.execute_timeout,
            rollout: rollout(&spec.fixes, &variables)?,
        })?;
        self.now().endpoint = Some(endpoint);
        Ok(())
    }

    fn registry(
        &self,
        settings: &Settings,
        spec: &Spec,
        variables: &Variables,
    ) -> Result<Registry, String> {
        let means = Means {
            fixes: spec.fixes.clone(),
            variables: variables.clone(),
            labels: self.labels.clone(),
            observer: Arc::new(self.watch.clone()),
        };
        let connected = Registry::connect(settings, &means)?;
        let accounted = connected.into_providers().map(|inner| {
            let scheme = inner.url_scheme().to_owned();
            let provider = Provider::ALL.into_iter().find(|it| it.name() == scheme);
            let accounted = Accounted {
                provider: provider.unwrap_or(spec.provider),
                inner,
                account: self.account.clone(),
            };
            Arc::new(accounted) as Arc<dyn SandboxProvider>
        });
        Ok(Registry::new(accounted))
    }

    /// Starts the MCP server anew, with these changes on top of the earlier ones.
    pub(super) async fn restart_mcp(&self, changes: &Changes) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        let (old, spec, providers) = {
            let mut now = self.now();
            now.spec.mcp.extend(changes.clone());
            (now.tools.take(), now.spec.clone(), now.providers.clone())
        };
        drop(old);
        if spec.surface == Surface::Mcp {
            let providers = providers
                .iter()
                .map(|(provider, it)| (*provider, it.variables.clone()));
            let variables = spec.mcp_variables(&self.base, &providers.collect());
            let started = mcp_server::start(&self.server(&spec), &variables).await?;
            self.now().tools = Some(started);
        }
        Ok(())
    }

    /// The MCP server of the stack, unless it is another's.
    fn server(&self, spec: &Spec) -> McpServer {
        if spec.is_direct && matches!(spec.server, McpServer::Ours(_)) {
            return McpServer::Direct {
                labels: self.labels.clone(),
                observer: Arc::new(self.watch.clone()),
            };
        }
        spec.server.clone()
    }
}

/// What a stack with every fix has beyond the original.
fn rollout(fixes: &Fixes, variables: &Variables) -> Result<Rollout, String> {
    if fixes.are_complete() {
        Rollout::read(variables)
    } else {
        Ok(Rollout::default())
    }
}
