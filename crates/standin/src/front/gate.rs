//! The layer before everything else of a stand-in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;

use crate::fault::{Connection, FaultHit, FaultSwitch};
use crate::front::counted::{CountedRequest, CountedResponse};
use crate::front::desk;
use crate::front::entry::Entry;
use crate::front::request_log::RequestLog;
use crate::front::wire::Wire;
use crate::server::{Standin, StandinOptions};

/// The front of one stand-in.
#[derive(Debug)]
pub(crate) struct Front {
    /// The provider behind it.
    pub(crate) wire: Arc<dyn Wire>,
    /// The engine's name.
    pub(crate) engine: &'static str,
    /// The faults in force.
    pub(crate) faults: FaultSwitch,
    /// When it was started.
    pub(crate) began: Instant,
    /// Requests since the start or the last reset, those of the desk not counted.
    pub(crate) requests: AtomicU64,
    /// How many of them a fault hit.
    pub(crate) faults_hit: AtomicU64,
    /// The log, if there is one.
    pub(crate) log: Option<RequestLog>,
    /// Hides the key wherever it stands in a line.
    pub(crate) redactor: Redactor,
    /// The machine's own time, for the log.
    pub(crate) wall: Clock,
    /// Set when the stand-in stands.
    standin: OnceLock<Weak<dyn Standin>>,
}

impl Front {
    /// A front for a stand-in that is about to start with these options.
    pub(crate) fn new(wire: Arc<dyn Wire>, seen: &Seen) -> Arc<Self> {
        let key = Secret::new(wire.key_variable(), wire.key());
        Arc::new(Self {
            engine: seen.engine,
            faults: seen.faults.clone(),
            log: seen.log.clone(),
            wire,
            began: Instant::now(),
            requests: AtomicU64::new(0),
            faults_hit: AtomicU64::new(0),
            redactor: Redactor::new(vec![key]),
            wall: Clock::new(),
            standin: OnceLock::new(),
        })
    }

    /// Puts the front before a router; call it last, after the faults.
    pub(crate) fn before(self: &Arc<Self>, router: Router) -> Router {
        router.layer(from_fn_with_state(Arc::clone(self), answer))
    }

    /// Lets the desk reach the stand-in. It does not keep it alive.
    pub(crate) fn open(&self, standin: &Arc<dyn Standin>) {
        // It is opened once, by the function that made it.
        let _ = self.standin.set(Arc::downgrade(standin));
    }

    /// The stand-in, while it stands.
    pub(crate) fn standin(&self) -> Option<Arc<dyn Standin>> {
        self.standin.get()?.upgrade()
    }
}

/// What the front takes from the options before the stand-in consumes them.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    engine: &'static str,
    faults: FaultSwitch,
    log: Option<RequestLog>,
}

impl From<&StandinOptions> for Seen {
    fn from(options: &StandinOptions) -> Self {
        Self {
            engine: options.engine.name(),
            faults: options.faults.clone(),
            log: options.log.clone(),
        }
    }
}

async fn answer(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    if desk::is_for(request.uri().path()) {
        let connection = request.extensions().get::<ConnectInfo<Connection>>();
        let Some(ConnectInfo(connection)) = connection.cloned() else {
            return desk::answer(&front, request).await;
        };
        return tokio::select! {
            response = desk::answer(&front, request) => response,
            () = connection.stopping() => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
    }
    front.requests.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let mut entry = Entry::begin(Arc::clone(&front), &parts);
    let body = Body::new(CountedRequest::new(body, entry.bytes_in()));
    let response = next.run(Request::from_parts(parts, body)).await;
    let hit = response.extensions().get::<FaultHit>();
    if hit.is_some() {
        front.faults_hit.fetch_add(1, Ordering::Relaxed);
    }
    entry.answered(response.status(), hit.map(|hit| &hit.0));
    // A streamed body of a known length says it in the header only.
    let length = response.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    entry.announced(length.or_else(|| response.body().size_hint().exact()));
    response.map(|body| Body::new(CountedResponse::new(body, entry)))
}
