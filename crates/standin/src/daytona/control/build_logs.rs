//! The logs of builds (contract 5.1).

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::control::ApiError;
use crate::daytona::control::snapshots;
use crate::daytona::image::{Build, BuildState};
use crate::daytona::sandbox::BuildInfo;

/// `GET /snapshots/{id}/build-logs-url`.
pub(super) fn url_of_snapshot(app: &App, id_or_name: &str) -> Result<Value, ApiError> {
    let snapshot = snapshots::find(app, id_or_name)?;
    require(snapshot.build.as_ref(), "Snapshot", &snapshot.name)?;
    Ok(url(app, "snapshots", &snapshot.id))
}

/// `GET /sandbox/{idOrName}/build-logs-url`.
pub(super) fn url_of_sandbox(
    app: &App,
    id: &str,
    build: Option<&BuildInfo>,
) -> Result<Value, ApiError> {
    require(build, "Sandbox", id)?;
    Ok(url(app, "sandboxes", id))
}

fn url(app: &App, kind: &str, id: &str) -> Value {
    json!({"url": format!("http://{}/{kind}/{id}/build-logs", app.addr)})
}

fn require<'a>(
    build: Option<&'a BuildInfo>,
    what: &str,
    name: &str,
) -> Result<&'a BuildInfo, ApiError> {
    build.ok_or_else(|| {
        let message = format!("{what} {name} has no build info");
        ApiError::new(StatusCode::NOT_FOUND, message)
    })
}

/// Whether a path outside `/api` is a log's.
pub(in crate::daytona) fn is_log(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(
        parts.as_slice(),
        ["", "snapshots" | "sandboxes", _, "build-logs"]
    )
}

/// `GET {build-logs-url}`, with `?follow=true` until the end.
pub(in crate::daytona) fn of_path(app: &Arc<App>, asked: &Asked) -> Response {
    let answered = match asked.bearer() {
        Some(key) if key == app.key => {
            let segments = asked.segments("/");
            let id = segments.get(1).cloned().unwrap_or_default();
            let of_sandbox = segments.first().is_some_and(|kind| kind == "sandboxes");
            of(app, asked, &id, of_sandbox)
        }
        _ => Err(ApiError::unauthorized()),
    };
    answered.unwrap_or_else(|error| error.into_response(app, asked))
}

/// The log of a snapshot's or a sandbox's build.
pub(super) fn of(
    app: &Arc<App>,
    asked: &Asked,
    id: &str,
    of_sandbox: bool,
) -> Result<Response, ApiError> {
    let info = if of_sandbox {
        let sandbox = app.registry.find(id);
        let sandbox = sandbox.ok_or_else(|| ApiError::no_sandbox(id))?;
        require(sandbox.fixed.build.as_ref(), "Sandbox", id)?.clone()
    } else {
        let snapshot = snapshots::find(app, id)?;
        require(snapshot.build.as_ref(), "Snapshot", &snapshot.name)?.clone()
    };
    let build = app.builds.of(&info.reference).ok_or_else(|| {
        let message = format!("build logs not found for ref: {}", info.reference);
        ApiError::new(StatusCode::NOT_FOUND, message)
    })?;
    let body = if asked.param("follow").as_deref() == Some("true") {
        follow(build, app.tasks.stop.clone())
    } else {
        Body::from(build.log.from(0))
    };
    let mut response = Response::new(body);
    let octets = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, octets);
    Ok(response)
}

/// The log as it grows. It ends when the image is there; after a failure it never does, and the
/// client must look at the state (contract 5.1).
fn follow(build: Arc<Build>, stop: CancellationToken) -> Body {
    let (states, grown) = (build.state(), build.log.grown());
    let start = (build, states, grown, 0);
    let chunks = stream::unfold(start, |(build, mut states, mut grown, at)| async move {
        loop {
            grown.mark_unchanged();
            // Looked at before the text: what is written last is not missed.
            let done = matches!(*states.borrow_and_update(), BuildState::Done(_));
            let more = build.log.from(at);
            if !more.is_empty() {
                let next = at + more.len();
                return Some((Ok(Bytes::from(more)), (build, states, grown, next)));
            }
            if done {
                return None;
            }
            tokio::select! {
                _ = grown.changed() => {}
                _ = states.changed() => {}
            }
        }
    });
    let chunks = chunks.take_until(async move { stop.cancelled().await });
    Body::from_stream(chunks.map(|chunk: Result<Bytes, std::io::Error>| chunk))
}
