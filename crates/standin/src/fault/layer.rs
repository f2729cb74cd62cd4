//! Where a fault meets a request.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::fault::body::{dribbling, truncated};
use crate::fault::listener::Connection;
use crate::fault::{FaultKind, FaultSwitch};

/// A provider's own shapes for the answers that a fault gives in its place.
#[async_trait]
pub trait FaultAnswers: Send + Sync + fmt::Debug {
    /// What the provider answers to too many requests, `Retry-After` included.
    fn rate_limited(&self, retry_after_s: u64) -> Response;

    /// What the provider (or the load balancer before it) answers with this status.
    fn status(&self, code: u16) -> Response;

    /// Lets the sandbox that the request addresses die as if its machine had failed; the request
    /// then goes its ordinary way and meets a dead sandbox. False when it addresses none: then the
    /// next request is tried.
    async fn death(&self, request: &Parts) -> bool;
}

/// What hit a request: an extension of its answer, for whoever stands before the faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultHit(pub FaultKind);

#[derive(Debug, Clone)]
struct Faults {
    switch: FaultSwitch,
    answers: Arc<dyn FaultAnswers>,
}

/// Puts the faults before every route of a router, its fallback included; call it last. Under
/// [`super::serve`] it also ends handlers that are at work when the server stops.
pub fn with_faults<S>(
    router: Router<S>,
    switch: FaultSwitch,
    answers: Arc<dyn FaultAnswers>,
) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router.layer(from_fn_with_state(Faults { switch, answers }, answer))
}

async fn answer(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let connection = request
        .extensions()
        .get::<ConnectInfo<Connection>>()
        .map(|info| info.0.clone());
    let Some(connection) = connection else {
        return decide(&faults, None, request, next).await;
    };
    tokio::select! {
        response = decide(&faults, Some(&connection), request, next) => response,
        () = connection.stopping() => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn decide(
    faults: &Faults,
    connection: Option<&Connection>,
    request: Request,
    next: Next,
) -> Response {
    let Some(kind) = faults.switch.decide() else {
        return next.run(request).await;
    };
    let mut response = hit(faults, connection, request, next, kind.clone()).await;
    response.extensions_mut().insert(FaultHit(kind));
    response
}

async fn hit(
    faults: &Faults,
    connection: Option<&Connection>,
    request: Request,
    next: Next,
    kind: FaultKind,
) -> Response {
    match kind {
        FaultKind::Latency(latency) => {
            tokio::time::sleep(latency).await;
            next.run(request).await
        }
        FaultKind::RateLimited { retry_after_s } => faults.answers.rate_limited(retry_after_s),
        FaultKind::Status(code) => faults.answers.status(code),
        FaultKind::Reset => reset(connection),
        FaultKind::Truncate => {
            // An answer without a body cannot break off in its middle; it does not arrive at all.
            truncated(next.run(request).await).unwrap_or_else(|| reset(connection))
        }
        FaultKind::Slow => dribbling(next.run(request).await),
        FaultKind::Death => {
            let (parts, body) = request.into_parts();
            if faults.answers.death(&parts).await {
                faults.switch.sandbox_died();
            } else {
                faults.switch.owe_death();
            }
            next.run(Request::from_parts(parts, body)).await
        }
    }
}

fn reset(connection: Option<&Connection>) -> Response {
    let Some(connection) = connection else {
        // Only a router that is not run by `serve` comes here; it must not look like success.
        let text = "fault `reset` needs the stand-in's own listener";
        return (StatusCode::NOT_IMPLEMENTED, text).into_response();
    };
    connection.reset();
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}
