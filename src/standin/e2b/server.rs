//! The running stand-in: started, controlled, stopped.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::base::clock::Clock;
use crate::standin::e2b::app::App;
use crate::standin::e2b::drain::drain_refused;
use crate::standin::e2b::faults::Answers;
use crate::standin::e2b::registry::{self, Registry};
use crate::standin::e2b::{auth, dispatch};
use crate::standin::fault::{Connections, Fault, FaultListener, FaultSwitch, serve, with_faults};
use crate::standin::server::{Standin, StandinError, StandinOptions};

/// Starts the E2B stand-in on loopback.
///
/// # Errors
/// [`StandinError::Bind`] when its port cannot be bound.
pub async fn start(options: StandinOptions) -> Result<Arc<dyn Standin>, StandinError> {
    let port = options.port;
    let bind = |source| StandinError::Bind { port, source };
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = FaultListener::bind(wanted).await.map_err(bind)?;
    let addr = listener.addr().map_err(bind)?;
    let connections = listener.connections();
    let app = Arc::new(App {
        engine: options.engine,
        clock: options.clock,
        key: options.key.unwrap_or_else(auth::new_key),
        tamper: options.tamper,
        swap_shell: options.swap_shell,
        allow_network: options.allow_network,
        registry: Registry::new(),
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
    let router = with_faults(router, switch.clone(), answers).layer(from_fn(drain_refused));
    app.tasks.spawn(async move {
        // `serve` gives no error; it ends with its connections.
        let _ = serve(listener, router).await;
    });
    app.tasks.spawn(registry::expire(Arc::clone(&app)));
    Ok(Arc::new(E2bStandin {
        app,
        addr,
        connections,
        switch,
    }))
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
        [
            ("E2B_API_KEY", self.app.key.clone()),
            ("E2B_API_URL", url.clone()),
            ("E2B_SANDBOX_URL", url),
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

    fn sandboxes(&self) -> Vec<String> {
        let all = self.app.registry.all(self.app.clock.now());
        all.iter().map(|sandbox| sandbox.id.clone()).collect()
    }

    async fn kill(&self, sandbox: &str) -> bool {
        match self.app.end(sandbox) {
            Some(ending) => ending.await.is_ok(),
            None => false,
        }
    }

    async fn expire(&self, sandbox: &str) -> bool {
        registry::expire_one(&self.app, sandbox).await
    }

    async fn stop(&self) {
        self.abort();
        self.connections.stop().await;
        // A request that was at work may have made one more sandbox before its connection broke.
        for id in self.app.registry.ids() {
            self.app.end(&id);
        }
        self.app.tasks.wait().await;
    }
}

impl E2bStandin {
    fn abort(&self) {
        self.app.stopping.cancel();
        self.connections.abort();
        for id in self.app.registry.ids() {
            self.app.end(&id);
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
