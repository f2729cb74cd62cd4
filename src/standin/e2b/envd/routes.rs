//! envd's order of checks, and its routes (contract 3.1, 4).

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use crate::standin::e2b::app::App;
use crate::standin::e2b::envd::call::Call;
use crate::standin::e2b::envd::rpc::{self, Kind, TimeLimit, WrongCodec};
use crate::standin::e2b::envd::{files, filesystem, metrics, process, users};
use crate::standin::e2b::error::{PlainError, RpcError};
use crate::standin::e2b::reply::{Route, empty, healthy, text};
use crate::standin::e2b::sandbox::Sandbox;

/// Answers a request to a running sandbox's envd.
pub(crate) async fn answer(
    app: &Arc<App>,
    sandbox: Arc<Sandbox>,
    route: &Route,
    request: Request,
) -> Response {
    let from_page = request.headers().contains_key(ORIGIN);
    if from_page && is_preflight(&request) {
        return preflight();
    }
    let mut response = checked(app, sandbox, route, request).await;
    if from_page {
        let any = HeaderValue::from_static("*");
        response
            .headers_mut()
            .insert(ACCESS_CONTROL_ALLOW_ORIGIN, any);
    }
    response
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight() -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "*"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (ACCESS_CONTROL_MAX_AGE, "7200"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
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
    let basic = match users::basic(&sandbox, request.headers()).await {
        Ok(basic) => basic,
        Err(error) if kind_of(&path) == Some(Kind::Stream) => {
            return rpc::failed_stream(route, &error);
        }
        Err(error) => return route.rpc_error(&error),
    };
    let call = Call {
        app: Arc::clone(app),
        sandbox,
        route: route.clone(),
        basic,
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
    let not_implemented = |what: &str| {
        let message = format!("the stand-in does not implement {what}");
        let error = PlainError::new(StatusCode::NOT_IMPLEMENTED, message);
        call.route.plain_error(&error)
    };
    match (request.method().as_str(), path) {
        ("GET", "/health") => healthy(),
        ("GET", "/envs") => call.route.json(StatusCode::OK, json!(call.sandbox.envs)),
        ("GET", "/metrics") => used(&call).await,
        ("POST", "/files/compose") => not_implemented("POST /files/compose"),
        ("GET", "/files") => files::download::answer(&call, request).await,
        ("POST", "/files") => files::upload::answer(&call, request).await,
        (_, "/health" | "/envs" | "/metrics" | "/files" | "/files/compose") => {
            empty(StatusCode::METHOD_NOT_ALLOWED)
        }
        _ => text(StatusCode::NOT_FOUND, "404 page not found"),
    }
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

async fn remote(call: Call, kind: Kind, path: &str, request: Request) -> Response {
    if request.method() != Method::POST {
        return empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    match rpc::check_codec(request.headers(), kind) {
        Ok(()) => {}
        Err(WrongCodec::Unsupported) => return empty(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        Err(WrongCodec::NotImplemented) => {
            let text = "the stand-in does not implement codecs other than JSON";
            return call.route.rpc_error(&RpcError::unimplemented(text));
        }
    }
    match kind {
        Kind::Unary => {
            let route = call.route.clone();
            let outcome = unary(call, path, request).await;
            rpc::unary(&route, outcome)
        }
        Kind::Stream => process::stream(call, path, request).await,
    }
}

async fn unary(call: Call, path: &str, request: Request) -> Result<serde_json::Value, RpcError> {
    let limit = TimeLimit::read(request.headers())?;
    let (parts, body) = request.into_parts();
    let work = async {
        let message = rpc::read_unary(&parts.headers, body).await?;
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
