//! The running stand-in: started, controlled, stopped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use cutover_base::clock::Clock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::e2b::app::App;
use crate::e2b::build::{Templates, Workshop};
use crate::e2b::drain::drain_answered;
use crate::e2b::faults::Answers;
use crate::e2b::front::E2bWire;
use crate::e2b::idempotency::IdempotencyKeys;
use crate::e2b::registry::Registry;
use crate::e2b::slots::Slots;
use crate::e2b::snapshots::Snapshots;
use crate::e2b::{auth, dispatch, front, life, timers};
use crate::engine::EngineError;
use crate::fault::{Connections, Fault, FaultListener, FaultSwitch, Planted, serve, with_faults};
use crate::front::Front;
use crate::server::{SandboxFacts, Standin, StandinError, StandinOptions};

/// Starts the E2B stand-in on loopback.
///
/// # Errors
/// [`StandinError::Bind`] when its port cannot be bound; [`StandinError::Engine`] when the folder
/// of its state cannot be used.
pub async fn start(options: StandinOptions) -> Result<Arc<dyn Standin>, StandinError> {
    let port = options.port;
    let bind = |source| StandinError::Bind { port, source };
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = FaultListener::bind(wanted).await.map_err(bind)?;
    let addr = listener.addr().map_err(bind)?;
    let connections = listener.connections();
    let state = options.state_dir.as_deref();
    let unusable = |error: io::Error| {
        let what = "keep the state of the E2B stand-in";
        StandinError::Engine(EngineError::internal(what, &error))
    };
    let seen = (&options).into();
    let workshop = Workshop::new(
        Arc::clone(&options.engine),
        options.allow_network,
        options.memory_bytes_max,
        options.image.clone(),
    );
    let app = Arc::new(App {
        addr,
        templates: Templates::new(options.clock.clone()),
        workshop,
        engine: options.engine,
        started_at: options.clock.now(),
        clock: options.clock,
        key: options.key.unwrap_or_else(auth::new_key),
        tamper: options.tamper,
        swap_shell: options.swap_shell,
        allow_network: options.allow_network,
        memory_bytes_max: options.memory_bytes_max,
        image: options.image,
        registry: Registry::default(),
        slots: Slots::new(),
        snapshots: Snapshots::open(state).map_err(unusable)?,
        creates: IdempotencyKeys::default(),
        tasks: TaskTracker::new(),
        stopping: CancellationToken::new(),
    });
    let switch = options.faults;
    let router = Router::new()
        .fallback(dispatch::handle)
        .with_state(Arc::clone(&app))
        // Uploads are streamed; what is read whole has a bound of its own.
        .layer(DefaultBodyLimit::disable());
    let answers = Arc::new(Answers {
        app: Arc::clone(&app),
    });
    let router = with_faults(router, switch.clone(), answers).layer(from_fn(drain_answered));
    let gate = Front::new(Arc::new(E2bWire(Arc::clone(&app))), &seen);
    let router = gate.before(router);
    app.tasks.spawn(async move {
        // `serve` gives no error; it ends with its connections.
        let _ = serve(listener, router).await;
    });
    app.tasks.spawn(timers::run(Arc::clone(&app)));
    let standin: Arc<dyn Standin> = Arc::new(E2bStandin {
        app,
        addr,
        connections,
        switch,
    });
    gate.open(&standin);
    Ok(standin)
}

/// A running E2B stand-in.
#[derive(Debug)]
struct E2bStandin {
    app: Arc<App>,
    addr: SocketAddr,
    connections: Connections,
    switch: FaultSwitch,
}

#[async_trait]
impl Standin for E2bStandin {
    fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn key(&self) -> &str {
        &self.app.key
    }

    fn env(&self) -> Vec<(String, String)> {
        let url = format!("http://{}", self.addr);
        // The domain is for `get_host`: user ports are reached under `localhost`, see `proxy`.
        let domain = format!("localhost:{}", self.addr.port());
        [
            ("E2B_API_KEY", self.app.key.clone()),
            ("E2B_API_URL", url.clone()),
            ("E2B_SANDBOX_URL", url),
            ("E2B_DOMAIN", domain),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn clock(&self) -> &Clock {
        &self.app.clock
    }

    fn set_faults(&self, faults: Vec<Fault>) {
        self.switch.set(faults);
    }

    fn planted(&self) -> Planted {
        self.switch.planted()
    }

    fn sandboxes(&self) -> Vec<String> {
        let all = self.app.registry.all(self.app.clock.now());
        all.iter().map(|sandbox| sandbox.id.clone()).collect()
    }

    fn facts(&self) -> Vec<SandboxFacts> {
        let all = self.app.registry.all(self.app.clock.now());
        all.iter().map(|sandbox| front::facts(sandbox)).collect()
    }

    async fn kill(&self, sandbox: &str) -> bool {
        match life::end(&self.app, sandbox) {
            Some(ending) => ending.await.is_ok(),
            None => false,
        }
    }

    async fn expire(&self, sandbox: &str) -> bool {
        timers::expire(&self.app, sandbox).await
    }

    async fn clear(&self) -> usize {
        // All end at once; a caller that goes away stops none of them.
        let ids = self.app.registry.ids();
        let endings: Vec<_> = ids
            .iter()
            .filter_map(|id| life::end(&self.app, id))
            .collect();
        let mut ended = 0;
        for ending in endings {
            ended += usize::from(ending.await.is_ok());
        }
        ended
    }

    async fn stop(&self) {
        self.abort();
        self.connections.stop().await;
        // A request that was at work may have made one more sandbox before its connection broke.
        for id in self.app.registry.ids() {
            life::end(&self.app, &id);
        }
        self.app.tasks.wait().await;
        self.app.workshop.clear().await;
    }
}

impl E2bStandin {
    fn abort(&self) {
        self.app.stopping.cancel();
        self.connections.abort();
        for id in self.app.registry.ids() {
            life::end(&self.app, &id);
        }
        self.app.tasks.close();
    }
}

impl Drop for E2bStandin {
    fn drop(&mut self) {
        // Ending a sandbox needs a runtime; without one the engine's own drop takes it away.
        if tokio::runtime::Handle::try_current().is_ok() {
            self.abort();
        } else {
            self.app.stopping.cancel();
            self.connections.abort();
        }
    }
}
