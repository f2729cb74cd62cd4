//! The layer before everything else of a stand-in: counts and logs requests, and leads those for
//! the desk there.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::fault::{Connection, FaultHit};
use crate::front::counted::{CountedRequest, CountedResponse};
use crate::front::desk;
use crate::front::entry::Entry;
use crate::front::gate::Front;

impl Front {
    /// Puts the front before a router; call it last, after the faults.
    pub(crate) fn before(self: &Arc<Self>, router: Router) -> Router {
        router.layer(from_fn_with_state(Arc::clone(self), answer))
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
