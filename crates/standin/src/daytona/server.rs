//! The running stand-in: started, controlled, stopped.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use cutover_base::clock::Clock;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::daytona::app::{App, ORGANIZATION};
use crate::daytona::faults::Answers;
use crate::daytona::front::DaytonaWire;
use crate::daytona::image::{Builder, Builds};
use crate::daytona::rate::Rates;
use crate::daytona::registry::Registry;
use crate::daytona::sandbox::State;
use crate::daytona::signed_previews::SignedPreviews;
use crate::daytona::snapshots::Snapshots;
use crate::daytona::storage::Storage;
use crate::daytona::tasks::Tasks;
use crate::daytona::{dispatch, front, life, timers};
use crate::fault::{Connections, Fault, FaultListener, FaultSwitch, Planted, serve, with_faults};
use crate::front::Front;
use crate::server::{SandboxFacts, Standin, StandinError, StandinOptions};

/// Starts the Daytona stand-in on loopback.
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
    let seen = (&options).into();
    let tasks = Tasks::default();
    let image = options.image.as_deref();
    let image = image.and_then(|name| options.engine.image(name));
    let builder = Builder {
        engine: Arc::clone(&options.engine),
        allow_network: options.allow_network,
        memory_bytes_max: options.memory_bytes_max,
        image: image.as_ref().map(|image| image.name.clone()),
    };
    let app = Arc::new(App {
        engine: options.engine,
        clock: options.clock,
        key: options.key.unwrap_or_else(new_key),
        addr,
        tamper: options.tamper,
        swap_shell: options.swap_shell,
        allow_network: options.allow_network,
        memory_bytes_max: options.memory_bytes_max,
        image: image.clone(),
        registry: Registry::default(),
        builds: Builds::new(builder, tasks.clone()),
        snapshots: Snapshots::open(options.state_dir.as_deref(), image.as_ref()),
        storage: Storage::new(ORGANIZATION),
        signed: SignedPreviews::default(),
        rates: Rates::default(),
        tasks,
    });
    let switch = options.faults;
    let router = Router::new()
        .fallback(dispatch::handle)
        .with_state(Arc::clone(&app));
    let answers = Arc::new(Answers {
        app: Arc::clone(&app),
    });
    let router = with_faults(router, switch.clone(), answers);
    let gate = Front::new(Arc::new(DaytonaWire(Arc::clone(&app))), &seen);
    let router = gate.before(router);
    app.tasks.tracker.spawn(async move {
        // `serve` gives no error; it ends with its connections.
        let _ = serve(listener, router).await;
    });
    app.tasks.background(timers::run(Arc::clone(&app)));
    let standin: Arc<dyn Standin> = Arc::new(DaytonaStandin {
        app,
        connections,
        switch,
    });
    gate.open(&standin);
    Ok(standin)
}

/// A key of Daytona's shape: `dtn_` and 64 hexadecimal digits.
fn new_key() -> String {
    format!("dtn_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// A running Daytona stand-in.
#[derive(Debug)]
struct DaytonaStandin {
    app: Arc<App>,
    connections: Connections,
    switch: FaultSwitch,
}

#[async_trait]
impl Standin for DaytonaStandin {
    fn addr(&self) -> SocketAddr {
        self.app.addr
    }

    fn key(&self) -> &str {
        &self.app.key
    }

    fn env(&self) -> Vec<(String, String)> {
        [
            ("DAYTONA_API_KEY", self.app.key.clone()),
            ("DAYTONA_API_URL", format!("http://{}/api", self.app.addr)),
            ("DAYTONA_TARGET", "us".to_owned()),
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
        let all = self.app.registry.all();
        all.iter().map(|sandbox| sandbox.fixed.id.clone()).collect()
    }

    fn facts(&self) -> Vec<SandboxFacts> {
        let all = self.app.registry.all();
        all.iter().map(|sandbox| front::facts(sandbox)).collect()
    }

    async fn kill(&self, sandbox: &str) -> bool {
        let Some(sandbox) = self.app.registry.find(sandbox) else {
            return false;
        };
        life::die(&sandbox).await;
        true
    }

    async fn expire(&self, sandbox: &str) -> bool {
        let Some(sandbox) = self.app.registry.find(sandbox) else {
            return false;
        };
        {
            let mut facts = sandbox.facts();
            if facts.state != State::Started {
                return facts.state == State::Stopped;
            }
            life::mark_stopping(&mut facts, self.app.now());
        }
        life::finish_stop(&self.app, &sandbox, true).await;
        true
    }

    async fn clear(&self) -> usize {
        let mut ending = JoinSet::new();
        for sandbox in self.app.registry.all() {
            let app = Arc::clone(&self.app);
            // A task of the stand-in's own, so that a caller that goes away leaves nothing half
            // destroyed; `None` when the stand-in stops, which destroys the rest.
            ending.spawn(async move {
                let shared = Arc::clone(&app);
                let end = async move { life::finish_destroy(&shared, &sandbox).await };
                app.tasks.detached(end).await.is_some()
            });
        }
        let ended = ending.join_all().await;
        ended.into_iter().filter(|ended| *ended).count()
    }

    async fn stop(&self) {
        self.abort();
        self.connections.stop().await;
        // A request that was at work may have started one more shell before its connection broke.
        self.abort();
        self.app.tasks.tracker.close();
        self.app.tasks.tracker.wait().await;
        // Requests that were at work are over now; whatever they made is taken away.
        for sandbox in self.app.registry.all() {
            life::finish_destroy(&self.app, &sandbox).await;
        }
        for snapshot in self.app.snapshots.all() {
            let image = snapshot.facts().image.clone();
            if let Some(built) = image.and_then(|image| image.built.clone()) {
                built.remove().await;
            }
        }
        self.app.builds.remove_all().await;
    }
}

impl DaytonaStandin {
    fn abort(&self) {
        self.app.tasks.stop.cancel();
        self.connections.abort();
        for sandbox in self.app.registry.all() {
            sandbox.boot().cancel();
        }
    }
}

impl Drop for DaytonaStandin {
    fn drop(&mut self) {
        self.abort();
        if self.app.registry.all().is_empty() || tokio::runtime::Handle::try_current().is_err() {
            // Without a runtime the engine's own drop takes the sandboxes away.
            return;
        }
        let app = Arc::clone(&self.app);
        self.app.tasks.tracker.spawn(async move {
            for sandbox in app.registry.all() {
                life::finish_destroy(&app, &sandbox).await;
            }
        });
        self.app.tasks.tracker.close();
    }
}
