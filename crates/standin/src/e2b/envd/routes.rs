//! envd's order of checks, and its routes (contract 3.1, 4).

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{ALLOW, ORIGIN};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use crate::e2b::app::App;
use crate::e2b::envd::call::Call;
use crate::e2b::envd::codec::{Codec, Kind, Wire};
use crate::e2b::envd::rpc::{self, TimeLimit};
use crate::e2b::envd::users::{self, Accounts};
use crate::e2b::envd::{cors, files, filesystem, metrics, process};
use crate::e2b::error::{PlainError, RpcError};
use crate::e2b::reply::{Route, empty, healthy, text};
use crate::e2b::sandbox::Sandbox;

/// Answers a request to a running sandbox's envd.
pub(crate) async fn answer(
    app: &Arc<App>,
    sandbox: Arc<Sandbox>,
    route: &Route,
    request: Request,
) -> Response {
    if cors::is_preflight(&request) {
        return cors::preflight(request.headers());
    }
    let from_page = request.headers().contains_key(ORIGIN);
    let response = checked(app, sandbox, route, request).await;
    cors::mark(response, from_page)
}

/// Token, then Basic user, then the route.
async fn checked(
    app: &Arc<App>,
    sandbox: Arc<Sandbox>,
    route: &Route,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    if !is_open(request.method(), &path) && !has_token(&sandbox, &request) {
        return route.plain_error(&PlainError::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized access, please provide a valid access token or method signing if \
             supported",
        ));
    }
    let accounts = Accounts::new(Arc::clone(&sandbox));
    let basic = match users::basic(&accounts, request.headers()).await {
        Ok(basic) => basic,
        Err(error) => {
            // In the shape that the request's type asks for, before anyone looks at the path.
            return match Codec::of(request.headers(), Kind::Stream) {
                Some(codec) => rpc::failed_stream(route, codec, &error),
                None => route.rpc_error(&error),
            };
        }
    };
    let call = Call {
        app: Arc::clone(app),
        sandbox,
        route: route.clone(),
        accounts,
        basic,
        wire: Wire::new(Codec::Json, Kind::Unary, &path),
    };
    if let Some(kind) = kind_of(&path) {
        return remote(call, kind, &path, request).await;
    }
    plain(call, &path, request).await
}

/// What needs no token, or checks it in its own way.
fn is_open(method: &Method, path: &str) -> bool {
    matches!(
        (method.as_str(), path),
        ("GET", "/health" | "/files") | ("POST", "/files")
    )
}

fn has_token(sandbox: &Sandbox, request: &Request) -> bool {
    let Some(token) = &sandbox.token else {
        return true;
    };
    let given = request.headers().get("x-access-token");
    given.is_some_and(|given| given.as_bytes() == token.as_bytes())
}

async fn plain(call: Call, path: &str, request: Request) -> Response {
    match (request.method().as_str(), path) {
        ("GET", "/health") => healthy(),
        ("GET", "/envs") => call.route.json(StatusCode::OK, json!(call.sandbox.envs)),
        ("GET", "/metrics") => used(&call).await,
        ("POST", "/files/compose") => files::compose::answer(&call, request).await,
        ("GET", "/files") => files::download::answer(&call, request).await,
        ("POST", "/files") => files::upload::answer(&call, request).await,
        (_, "/health" | "/envs" | "/metrics") => not_allowed("GET"),
        (_, "/files") => not_allowed("GET, POST"),
        (_, "/files/compose") => not_allowed("POST"),
        _ => text(StatusCode::NOT_FOUND, "404 page not found"),
    }
}

/// 405 without a body.
fn not_allowed(allowed: &'static str) -> Response {
    let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
    let allowed = HeaderValue::from_static(allowed);
    response.headers_mut().insert(ALLOW, allowed);
    response
}

async fn used(call: &Call) -> Response {
    match metrics::read(call).await {
        Ok(metrics) => call.route.json(StatusCode::OK, metrics),
        Err(error) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            let error = PlainError::new(status, error.to_string());
            call.route.plain_error(&error)
        }
    }
}

/// The kind of a method; `None` when the path is none.
fn kind_of(path: &str) -> Option<Kind> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    match (service, method) {
        ("process.Process", "Start" | "Connect" | "StreamInput")
        | ("filesystem.Filesystem", "WatchDir") => Some(Kind::Stream),
        ("process.Process", "List" | "Update" | "SendInput" | "SendSignal" | "CloseStdin")
        | (
            "filesystem.Filesystem",
            "Stat" | "MakeDir" | "Move" | "ListDir" | "Remove" | "CreateWatcher"
            | "GetWatcherEvents" | "RemoveWatcher",
        ) => Some(Kind::Unary),
        _ => None,
    }
}

async fn remote(mut call: Call, kind: Kind, path: &str, request: Request) -> Response {
    if request.method() != Method::POST {
        return not_allowed("POST");
    }
    let Some(codec) = Codec::of(request.headers(), kind) else {
        return empty(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    };
    call.wire = Wire::new(codec, kind, path);
    match kind {
        Kind::Unary => {
            let (route, wire) = (call.route.clone(), call.wire);
            let outcome = unary(call, path, request).await;
            rpc::unary(&route, wire, outcome)
        }
        Kind::Stream => {
            let route = call.route.clone();
            match stream(call, path, request).await {
                Ok(response) => response,
                Err(error) => rpc::failed_stream(&route, codec, &error),
            }
        }
    }
}

async fn stream(call: Call, path: &str, request: Request) -> Result<Response, RpcError> {
    rpc::check_version(request.headers())?;
    match path {
        "/filesystem.Filesystem/WatchDir" => filesystem::stream_events(call, request).await,
        _ => process::stream(call, path, request).await,
    }
}

async fn unary(call: Call, path: &str, request: Request) -> Result<serde_json::Value, RpcError> {
    rpc::check_version(request.headers())?;
    let limit = TimeLimit::read(request.headers())?;
    let (parts, body) = request.into_parts();
    let work = async {
        let message = rpc::read_unary(call.wire, &parts.headers, body).await?;
        match path.strip_prefix("/filesystem.Filesystem/") {
            Some(method) => filesystem::unary(&call, method, &message).await,
            None => process::unary(&call, path, &message).await,
        }
    };
    tokio::select! {
        biased;
        () = limit.passed() => Err(RpcError::deadline()),
        outcome = work => outcome,
    }
}
