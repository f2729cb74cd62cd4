//! The operations of one sandbox (contract 1.5).

use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::control::answer::Answer;
use crate::daytona::control::{
    ApiError, build_logs, check, lifecycle, ports, resize, settings, snapshots,
};
use crate::daytona::sandbox::Sandbox;

/// Operations that Daytona has and the stand-in has not, and why.
const REFUSED: [(&str, &str); 9] = [
    ("ssh-access", "there is no SSH gateway"),
    ("signing-key", "file addresses are not signed"),
    ("secrets", "no secrets are kept"),
    ("telemetry", "no telemetry is kept"),
    ("parent", "there are no forks"),
    ("organization", "it is for runners"),
    ("region-quota", "it is for runners"),
    ("state", "it is for runners"),
    ("project-dir", "it is older than the toolbox"),
];

/// Whether Daytona has such an operation, implemented here or not.
pub(super) fn exists(method: &str, rest: &[&str]) -> bool {
    let here = match rest {
        [] => matches!(method, "GET" | "DELETE"),
        [
            "start" | "stop" | "archive" | "recover" | "resize" | "pause" | "fork" | "snapshot"
            | "backup" | "last-activity" | "network-settings",
        ]
        | [
            "autostop" | "autoarchive" | "autodelete" | "autopause" | "ttl" | "public",
            _,
        ]
        | ["ports", _, "signed-preview-url", _, "expire"] => method == "POST",
        ["labels"] => method == "PUT",
        ["toolbox-proxy-url" | "build-logs" | "build-logs-url" | "forks" | "ancestors"]
        | ["ports", _, "preview-url" | "signed-preview-url"] => method == "GET",
        _ => false,
    };
    here || refused(rest).is_some()
}

fn refused(rest: &[&str]) -> Option<&'static str> {
    let first = rest.first()?;
    let known = REFUSED.iter().find(|(name, _)| name == first);
    known.map(|(_, why)| *why)
}

/// Answers one.
pub(super) async fn answer(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    asked: &Asked,
    rest: &[&str],
    body: Body,
) -> Result<Answer, ApiError> {
    let ok = |value| Ok(Answer::Json(StatusCode::OK, value));
    // These POSTs declare no status, and NestJS answers 201 then (contract 1.5).
    let created = |value| Ok(Answer::Json(StatusCode::CREATED, value));
    let id = &sandbox.fixed.id;
    match (asked.method.as_str(), rest) {
        ("GET", []) => ok(sandbox.dto(app)),
        ("DELETE", []) => ok(lifecycle::delete(app, sandbox)?),
        ("POST", ["start"]) => ok(lifecycle::start(app, sandbox)?),
        ("POST", ["stop"]) => ok(lifecycle::stop(app, sandbox, asked)?),
        ("POST", ["archive"]) => ok(lifecycle::archive(app, sandbox)?),
        ("POST", ["recover"]) => ok(lifecycle::recover()?),
        ("POST", ["resize"]) => ok(resize::resize(app, sandbox, body).await?),
        ("POST", ["backup"]) => created(resize::backup(app, sandbox)?),
        ("POST", ["snapshot"]) => ok(snapshots::of_sandbox(app, sandbox, body).await?),
        ("POST", ["pause"]) => Err(check::no_pause()),
        ("POST", ["fork"]) => {
            let message = "Forking is not supported for this sandbox";
            Err(ApiError::unsupported(message))
        }
        ("GET", ["forks" | "ancestors"]) => ok(json!([])),
        ("PUT", ["labels"]) => ok(settings::labels(app, sandbox, body).await?),
        ("POST", ["public", value]) => created(settings::public(app, sandbox, value)?),
        ("POST", ["network-settings"]) => ok(settings::network_settings(app, sandbox, body).await?),
        ("POST", ["last-activity"]) => {
            sandbox.touch(app.now());
            Ok(Answer::Empty(StatusCode::CREATED))
        }
        ("GET", ["ports", port, "preview-url"]) => ok(ports::preview_url(app, sandbox, port)?),
        ("GET", ["ports", port, "signed-preview-url"]) => {
            ok(ports::signed(app, sandbox, port, asked)?)
        }
        ("POST", ["ports", port, "signed-preview-url", token, "expire"]) => {
            Ok(Answer::Empty(ports::expire(app, sandbox, port, token)?))
        }
        ("GET", ["build-logs-url"]) => {
            let build = sandbox.fixed.build.as_ref();
            ok(build_logs::url_of_sandbox(app, id, build)?)
        }
        ("GET", ["build-logs"]) => {
            let log = build_logs::of(app, asked, id, true)?;
            Ok(Answer::Whole(Box::new(log)))
        }
        ("GET", ["toolbox-proxy-url"]) => ok(json!({"url": app.toolbox_url()})),
        (_, rest) if refused(rest).is_some() => {
            let why = refused(rest).unwrap_or_default();
            let what = format!("{}: {why}", asked.route());
            Err(ApiError::not_implemented(&what))
        }
        ("POST", [which, minutes]) => created(settings::interval(app, sandbox, which, minutes)?),
        _ => Err(ApiError::not_implemented(&asked.route())),
    }
}
