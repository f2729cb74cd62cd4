//! Which operation a control-plane request is.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use percent_encoding::percent_decode_str;

use crate::standin::e2b::app::App;
use crate::standin::e2b::auth;
use crate::standin::e2b::control::body::{Fields, Presence};
use crate::standin::e2b::control::create::{Version, create};
use crate::standin::e2b::control::{lifecycle, list, view};
use crate::standin::e2b::error::ControlError;
use crate::standin::e2b::reply::{Route, empty};

/// Answers a control-plane request: key first, then the path, then the body.
pub(crate) async fn answer(app: &Arc<App>, route: &Route, request: Request) -> Response {
    match operate(app, route, request).await {
        Ok(response) => response,
        Err(error) => route.control_error(&error),
    }
}

async fn operate(
    app: &Arc<App>,
    route: &Route,
    request: Request,
) -> Result<Response, ControlError> {
    auth::check_key(request.headers(), &app.key)?;
    let (parts, body) = request.into_parts();
    let segments: Vec<String> = parts
        .uri
        .path()
        .trim_start_matches('/')
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let required = Presence::Required;
    match (parts.method.as_str(), segments.as_slice()) {
        ("POST", ["v2", "sandboxes"]) => {
            let fields = Fields::read(body, required).await?;
            let sandbox = create(app, &fields, Version::V2).await?;
            Ok(route.json(StatusCode::CREATED, view::sandbox(&sandbox)))
        }
        ("POST", ["sandboxes"]) => {
            let fields = Fields::read(body, required).await?;
            let sandbox = create(app, &fields, Version::V1).await?;
            Ok(route.json(StatusCode::CREATED, view::sandbox(&sandbox)))
        }
        ("GET", ["v2", "sandboxes"]) => list::page(app, &pairs).map(|page| paged(route, page)),
        ("GET", ["sandboxes"]) => {
            let items = list::all_running(app, &pairs)?;
            Ok(route.json(StatusCode::OK, items))
        }
        ("GET", ["sandboxes", "metrics"]) => Err(unknown(route)),
        ("POST", ["v2", "sandboxes", id, "connect"]) => {
            let fields = Fields::read(body, Presence::Optional).await?;
            connect(app, route, id, &fields, Version::V2).await
        }
        (method, ["sandboxes", id, rest @ ..]) => {
            one_sandbox(app, route, method, (id, rest), body).await
        }
        _ => Err(unknown(route)),
    }
}

/// The operations below `/sandboxes/{id}`.
async fn one_sandbox(
    app: &Arc<App>,
    route: &Route,
    method: &str,
    (id, rest): (&str, &[&str]),
    body: axum::body::Body,
) -> Result<Response, ControlError> {
    let optional = Presence::Optional;
    let required = Presence::Required;
    let plain = || cut(id);
    match (method, rest) {
        ("GET", []) => {
            let sandbox = lifecycle::find(app, plain()?)?;
            return Ok(route.json(StatusCode::OK, view::detail(&sandbox)));
        }
        ("POST", ["connect"]) => {
            let fields = Fields::read(body, required).await?;
            return connect(app, route, id, &fields, Version::V1).await;
        }
        ("POST", ["resume"]) => {
            let fields = Fields::read(body, optional).await?;
            let sandbox = lifecycle::resume(app, plain()?, &fields).await?;
            return Ok(route.json(StatusCode::CREATED, view::sandbox(&sandbox)));
        }
        ("DELETE", []) => lifecycle::kill(app, plain()?).await?,
        ("POST", ["timeout"]) => {
            let fields = Fields::read(body, required).await?;
            lifecycle::set_timeout(app, plain()?, &fields)?;
        }
        ("POST", ["refreshes"]) => {
            let fields = Fields::read(body, optional).await?;
            lifecycle::refresh(app, plain()?, &fields)?;
        }
        ("POST", ["pause"]) => {
            let fields = Fields::read(body, optional).await?;
            lifecycle::pause(app, plain()?, &fields).await?;
        }
        _ => return Err(unknown(route)),
    }
    Ok(empty(StatusCode::NO_CONTENT))
}

async fn connect(
    app: &App,
    route: &Route,
    id: &str,
    fields: &Fields,
    version: Version,
) -> Result<Response, ControlError> {
    let (status, sandbox) = lifecycle::connect(app, cut(id)?, fields, version).await?;
    Ok(route.json(status, view::sandbox(&sandbox)))
}

fn cut(id: &str) -> Result<&str, ControlError> {
    auth::sandbox_id(id).ok_or_else(|| ControlError::bad_request("Invalid sandbox ID"))
}

fn unknown(route: &Route) -> ControlError {
    ControlError::not_implemented(route.name())
}

fn paged(route: &Route, page: list::Page) -> Response {
    let mut response = route.json(StatusCode::OK, page.items);
    let headers = response.headers_mut();
    if let Some(next) = page.next.and_then(|next| HeaderValue::try_from(next).ok()) {
        headers.insert("x-next-token", next);
    }
    if let Some(total) = page.total_running {
        headers.insert("x-total-running", HeaderValue::from(total));
    }
    response
}
