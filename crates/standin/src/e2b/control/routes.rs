//! From a request to its operation: route, key, sandbox id, body, answer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::e2b::app::App;
use crate::e2b::auth;
use crate::e2b::body::{Fields, Presence};
use crate::e2b::control::create::create;
use crate::e2b::control::operation::{self, Found, Operation};
use crate::e2b::control::page::{Page, Pairs};
use crate::e2b::control::wanted::Version;
use crate::e2b::control::{
    build, fork, lifecycle, list, logs, metrics, snapshots, templates, view,
};
use crate::e2b::error::ControlError;
use crate::e2b::reply::{Route, empty};

/// A request whose operation is known and whose key is right.
struct Asked<'request> {
    app: &'request Arc<App>,
    route: &'request Route,
    headers: &'request HeaderMap,
    pairs: &'request Pairs,
    /// The first segment that stands for `{}`, or nothing.
    parameter: &'request str,
    /// The second.
    second: &'request str,
}

/// What a handler gives: an answer, or an error in the provider's shape.
type Outcome = Result<Response, ControlError>;

/// Answers a control-plane request: route first, then key, then path, then body, as the
/// provider's validator does.
pub(crate) async fn answer(app: &Arc<App>, route: &Route, request: Request) -> Response {
    match operate(app, route, request).await {
        Ok(response) => response,
        Err(error) => route.control_error(&error),
    }
}

async fn operate(app: &Arc<App>, route: &Route, request: Request) -> Outcome {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let segments: Vec<String> = path.split('/').skip(1).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (operation, parameters) = match operation::find(parts.method.as_str(), &segments) {
        Found::Operation(operation, parameters) => (operation, parameters),
        Found::WrongMethod => {
            // The validator calls everything but an unknown path a bad request.
            let text = "validation error: method not allowed";
            return Err(ControlError::bad_request(text));
        }
        Found::Unknown => {
            let text = "validation error: no matching operation was found";
            return Err(ControlError::not_found(text));
        }
    };
    auth::check_key(&parts.headers, &app.key)?;
    let pairs = Pairs::read(parts.uri.query().unwrap_or_default());
    let asked = Asked {
        app,
        route,
        headers: &parts.headers,
        pairs: &pairs,
        parameter: parameters.first().copied().unwrap_or_default(),
        second: parameters.get(1).copied().unwrap_or_default(),
    };
    // One future as large as the largest of them would be carried by every request.
    match operation {
        Operation::Missing(why) => Err(ControlError::not_implemented(&format!(
            "{}: {why}",
            route.name()
        ))),
        operation if is_change(operation) => Box::pin(change(&asked, operation, body)).await,
        operation => Box::pin(look(&asked, operation)).await,
    }
}

/// Whether an operation has a body, or does something.
fn is_change(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::CreateV1
            | O::CreateV2
            | O::ConnectV1
            | O::ConnectV2
            | O::Resume
            | O::SetTimeout
            | O::Refresh
            | O::Pause
            | O::Fork
            | O::CreateSnapshot
            | O::SetNetwork
            | O::PatchTemplate
            | O::RequestBuild
            | O::StartBuild
            | O::AssignTags
            | O::RemoveTags
    )
}

async fn look(asked: &Asked<'_>, operation: Operation) -> Outcome {
    use Operation as O;
    let Asked { app, pairs, .. } = asked;
    let value = match operation {
        O::ListV2 => return list::page(app, pairs).map(|page| asked.paged(page)),
        O::Snapshots => return snapshots::list(app, pairs).map(|page| asked.paged(page)),
        O::TemplatesV2 => return templates::page(app, pairs).map(|page| asked.paged(page)),
        O::Kill => {
            lifecycle::kill(app, asked.id()?).await?;
            return Ok(empty(StatusCode::NO_CONTENT));
        }
        O::DeleteTemplate => {
            templates::delete(app, asked.parameter)?;
            return Ok(empty(StatusCode::NO_CONTENT));
        }
        O::ListV1 => list::all_running(app, pairs)?,
        O::MetricsOfMany => metrics::of_many(app, pairs).await?,
        O::Detail => view::detail(&*lifecycle::find(app, asked.id()?)?),
        O::Metrics => metrics::of_one(app, asked.id()?, pairs).await?,
        O::LogsV1 => logs::deprecated(app, asked.id()?, pairs)?,
        O::LogsV2 => logs::current(app, asked.id()?, pairs)?,
        O::Templates => templates::list(app),
        O::TemplateAlias => templates::alias(app, asked.parameter)?,
        O::Template => templates::one(app, asked.parameter)?,
        O::TemplateTags => templates::tags(app, asked.parameter)?,
        O::BuildFiles => {
            let link = build::link(app, asked.parameter, asked.second)?;
            return Ok(asked.route.json(StatusCode::CREATED, link));
        }
        O::BuildStatus => build::status(app, asked.parameter, asked.second, pairs)?,
        O::BuildLogs => build::logs(app, asked.parameter, asked.second, pairs)?,
        _ => return Err(ControlError::not_implemented(asked.route.name())),
    };
    Ok(asked.route.json(StatusCode::OK, value))
}

async fn change(asked: &Asked<'_>, operation: Operation, body: Body) -> Outcome {
    use Operation as O;
    let app = asked.app;
    let presence = match operation {
        O::ConnectV2 | O::Resume | O::Refresh | O::Pause | O::Fork => Presence::Optional,
        _ => Presence::Required,
    };
    let fields = Fields::read(asked.headers, body, presence).await?;
    let (status, value) = match operation {
        O::CreateV1 => asked.created(&fields, Version::V1).await?,
        O::CreateV2 => asked.created(&fields, Version::V2).await?,
        O::ConnectV1 => asked.connected(&fields, Version::V1).await?,
        O::ConnectV2 => asked.connected(&fields, Version::V2).await?,
        O::Resume => {
            let sandbox = lifecycle::resume(app, asked.id()?, &fields).await?;
            (StatusCode::CREATED, view::sandbox(&sandbox))
        }
        O::Fork => {
            let forks = fork::fork(app, asked.id()?, &fields).await?;
            (StatusCode::CREATED, forks)
        }
        O::CreateSnapshot => {
            let snapshot = snapshots::create(app, asked.id()?, &fields).await?;
            (StatusCode::CREATED, snapshot)
        }
        O::RequestBuild => (StatusCode::ACCEPTED, build::request(app, &fields)?),
        O::StartBuild => {
            build::start(app, asked.parameter, asked.second, &fields)?;
            return Ok(empty(StatusCode::ACCEPTED));
        }
        O::PatchTemplate => (
            StatusCode::OK,
            build::publish(app, asked.parameter, &fields)?,
        ),
        O::AssignTags => (StatusCode::CREATED, build::assign(app, &fields)?),
        operation => {
            match operation {
                O::RemoveTags => build::remove(app, &fields)?,
                O::SetTimeout => lifecycle::set_timeout(app, asked.id()?, &fields)?,
                O::Refresh => lifecycle::refresh(app, asked.id()?, &fields)?,
                O::SetNetwork => lifecycle::set_network(app, asked.id()?, &fields)?,
                _ => lifecycle::pause(app, asked.id()?, &fields).await?,
            }
            return Ok(empty(StatusCode::NO_CONTENT));
        }
    };
    Ok(asked.route.json(status, value))
}

impl Asked<'_> {
    fn id(&self) -> Result<&str, ControlError> {
        auth::sandbox_id(self.parameter)
            .ok_or_else(|| ControlError::bad_request("Invalid sandbox ID"))
    }

    async fn created(
        &self,
        fields: &Fields,
        version: Version,
    ) -> Result<(StatusCode, Value), ControlError> {
        let sandbox = create(self.app, self.headers, fields, version).await?;
        Ok((StatusCode::CREATED, sandbox))
    }

    async fn connected(
        &self,
        fields: &Fields,
        version: Version,
    ) -> Result<(StatusCode, Value), ControlError> {
        let connected = lifecycle::connect(self.app, self.id()?, fields, version).await;
        connected.map(|(status, sandbox)| (status, view::sandbox(&sandbox)))
    }

    fn paged(&self, page: Page) -> Response {
        let mut response = self.route.json(StatusCode::OK, page.items);
        let headers = response.headers_mut();
        if let Some(next) = page.next.and_then(|next| HeaderValue::try_from(next).ok()) {
            headers.insert("x-next-token", next);
        }
        if let Some(total) = page.total_running {
            headers.insert("x-total-running", HeaderValue::from(total));
        }
        response
    }
}
