//! Which request is which operation of the control plane.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::control::answer::Answer;
use crate::daytona::control::{ApiError, build_logs, config, create, list, of_sandbox, snapshots};
use crate::daytona::rate::Bucket;

/// First segments below `/api` that Daytona has and the stand-in has not (contract 1.5), and why.
const REFUSED: [(&str, &str); 16] = [
    ("volumes", "no volumes are kept"),
    ("api-keys", "there is one key"),
    ("organizations", "there is one organisation"),
    ("audit", "no audit log is kept"),
    ("regions", "one machine is all regions"),
    ("shared-regions", "one machine is all regions"),
    ("runners", "there are no runners"),
    ("jobs", "there are no runners"),
    ("users", "there are no users"),
    ("webhooks", "nothing is sent"),
    ("secret", "no secrets are kept"),
    ("warm-pools", "there are no pools to set"),
    ("docker-registry", "there is no registry"),
    ("preview", "it is for the proxy"),
    ("toolbox", "it is older than the toolbox of its own"),
    ("workspace", "it is older than sandboxes"),
];

/// Answers a request under `/api`.
pub(in crate::daytona) async fn handle(app: Arc<App>, asked: Asked, body: Body) -> Response {
    let segments = asked.segments("/api/");
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let mut left = None;
    let answer = match admit(&app, &asked, &segments) {
        Err(error) => Err(error),
        Ok(Door::Open(answer)) => Ok(answer),
        Ok(Door::Keyed) => {
            let counted = app
                .rates
                .count(Bucket::of(&asked.method, &segments), app.now());
            left = Some(counted);
            if counted.exceeded {
                let message = "ThrottlerException: Too Many Requests";
                Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, message))
            } else {
                answer(&app, &asked, &segments, body).await
            }
        }
    };
    let mut response = match answer {
        Ok(answer) => answer.into_response(&app, &asked),
        Err(error) => error.into_response(&app, &asked),
    };
    if let Some(left) = left {
        left.tell(&mut response);
    }
    let version = HeaderValue::from_static(config::API_VERSION);
    response
        .headers_mut()
        .insert("x-daytona-api-version", version);
    response
}

/// What stands before the operations.
enum Door {
    /// Anybody may ask: this is the answer.
    Open(Answer),
    /// The key was right.
    Keyed,
}

fn admit(app: &App, asked: &Asked, segments: &[&str]) -> Result<Door, ApiError> {
    let open = |value| Ok(Door::Open(Answer::Json(StatusCode::OK, value)));
    match (asked.method.as_str(), segments) {
        ("GET", ["health"] | ["health", "ready"]) => return open(config::health()),
        ("GET", ["config"]) => return open(config::config(app)),
        _ => {}
    }
    // A route that is not there is told before the key is looked at, as in NestJS.
    if !exists(asked.method.as_str(), segments) {
        let (method, path) = (&asked.method, asked.path_and_query());
        let message = format!("Cannot {method} {path}");
        return Err(ApiError::new(StatusCode::NOT_FOUND, message));
    }
    if asked.bearer() != Some(app.key.as_str()) {
        return Err(ApiError::unauthorized());
    }
    Ok(Door::Keyed)
}

async fn answer(
    app: &Arc<App>,
    asked: &Asked,
    segments: &[&str],
    body: Body,
) -> Result<Answer, ApiError> {
    let ok = |value| Ok(Answer::Json(StatusCode::OK, value));
    match (asked.method.as_str(), segments) {
        ("POST", ["sandbox"]) => ok(create::create(app, body).await?),
        ("GET", ["sandbox"]) => ok(list::list(app, asked)?),
        ("GET", ["sandbox", "paginated"]) => ok(list::paginated(app, asked)?),
        ("GET", ["snapshots"]) => ok(snapshots::list(app, asked)?),
        ("POST", ["snapshots"]) => ok(snapshots::make(app, body).await?),
        ("GET", ["snapshots", name]) => ok(snapshots::get(app, name)?),
        ("DELETE", ["snapshots", id]) => {
            snapshots::delete(app, id).await?;
            Ok(Answer::Empty(StatusCode::OK))
        }
        ("POST", ["snapshots", id, "activate"]) => ok(snapshots::activate(app, id)?),
        ("POST", ["snapshots", id, "deactivate"]) => {
            snapshots::deactivate(app, id)?;
            Ok(Answer::Empty(StatusCode::NO_CONTENT))
        }
        ("GET", ["snapshots", id, "build-logs-url"]) => ok(build_logs::url_of_snapshot(app, id)?),
        ("GET", ["snapshots", id, "build-logs"]) => {
            let log = build_logs::of(app, asked, id, false)?;
            Ok(Answer::Whole(Box::new(log)))
        }
        ("GET", ["object-storage", "push-access"]) => ok(config::push_access(app)),
        (_, ["sandbox", "ssh-access" | "for-runner", ..]) => {
            Err(ApiError::not_implemented(&asked.route()))
        }
        (_, ["sandbox", id, rest @ ..]) => {
            let found = app.registry.find(id);
            let sandbox = found.ok_or_else(|| ApiError::no_sandbox(id))?;
            of_sandbox::answer(app, &sandbox, asked, rest, body).await
        }
        _ => {
            let known = REFUSED
                .iter()
                .find(|(root, _)| segments.first() == Some(root));
            let why = known.map_or("", |(_, why)| why);
            Err(ApiError::not_implemented(&format!(
                "{}: {why}",
                asked.route()
            )))
        }
    }
}

/// Whether Daytona has such a route, implemented here or not.
fn exists(method: &str, segments: &[&str]) -> bool {
    match segments {
        ["sandbox" | "snapshots"] => matches!(method, "GET" | "POST"),
        ["sandbox", rest @ ..] if rest == ["ssh-access", "validate"] => method == "GET",
        ["sandbox", _, rest @ ..] => of_sandbox::exists(method, rest),
        ["snapshots", _] => matches!(method, "GET" | "DELETE"),
        ["snapshots", _, which] => match method {
            "POST" => matches!(*which, "activate" | "deactivate"),
            "GET" => matches!(*which, "build-logs" | "build-logs-url"),
            _ => false,
        },
        ["object-storage", "push-access"] => method == "GET",
        [root, ..] => REFUSED.iter().any(|(known, _)| known == root),
        [] => false,
    }
}
