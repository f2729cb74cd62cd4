//! From a request to its place and back.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use super::answer::{bare, typed};
use super::methods::{allowed, methods};
use super::path::{Place, place};
use super::routes::respond;
use crate::platform::Platform;

/// The endpoint as a router.
pub fn router(platform: Arc<Platform>) -> Router {
    // One handler for all: which path means what is the original's framework's, which collapses
    // slashes, refuses percent signs and knows an OPTIONS for every route.
    Router::new().fallback(dispatch).with_state(platform)
}

async fn dispatch(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let calls = platform.calls.clone();
    let call = calls.spawn(async move { handle(&platform, request).await });
    call.await.unwrap_or_else(|error| {
        tracing::error!("a call ended without an answer: {error}");
        bare(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

async fn handle(platform: &Platform, request: Request) -> Response {
    let place = place(request.uri().path());
    match &place {
        Place::Moved(to) => return moved(to, request.uri().query()),
        Place::Unreadable => return server_error(),
        Place::Nowhere => {
            let page = "<!DOCTYPE html><title>404</title><h1>There is no such page.</h1>";
            return typed(StatusCode::NOT_FOUND, "text/html; charset=utf-8", page);
        }
        _ => {}
    }
    let methods = methods(&place);
    if !methods.is_empty() {
        let method = request.method();
        if method == Method::OPTIONS {
            let mut response = bare(StatusCode::NO_CONTENT);
            if let Ok(allowed) = HeaderValue::from_str(&allowed(methods)) {
                response.headers_mut().insert(header::ALLOW, allowed);
            }
            return response;
        }
        let is_head = method == Method::HEAD && methods.contains(&Method::GET);
        if !methods.contains(method) && !is_head {
            return bare(StatusCode::METHOD_NOT_ALLOWED);
        }
    }
    respond(platform, place, request).await
}

/// Sends whoever asked to the same path, written otherwise. A client repeats a POST there.
fn moved(to: &str, query: Option<&str>) -> Response {
    let to = query.map_or_else(|| to.to_owned(), |query| format!("{to}?{query}"));
    let location = HeaderValue::from_str(&to);
    let mut response = bare(StatusCode::PERMANENT_REDIRECT);
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    *response.body_mut() = to.into();
    response
}

/// What the original's framework answers to a path that it cannot read.
fn server_error() -> Response {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    typed(status, "text/plain", "Internal Server Error")
}
