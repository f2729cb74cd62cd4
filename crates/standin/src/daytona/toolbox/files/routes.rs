//! Which request is which operation on files (contract 2.5).

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::daytona::reply::empty;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::files::{change, download, find, info, list, raw, transfer, upload};
use crate::daytona::toolbox::machine::Machine;
use crate::shared::go_path;

/// Answers a request below `/files`.
pub(in crate::daytona::toolbox) async fn answer(
    machine: &Machine,
    method: &str,
    rest: &[&str],
    body: Body,
) -> Result<Response, ToolError> {
    let ok = |value: Value| Ok(machine.json(StatusCode::OK, value));
    let done = |status: StatusCode| Ok(empty(status));
    match (method, rest) {
        ("GET", []) => ok(Value::Array(list::list(machine).await?)),
        ("GET", ["info"]) => ok(info::info(machine).await?),
        ("GET", ["find"]) => ok(Value::Array(find::find(machine).await?)),
        ("GET", ["search"]) => ok(json!({"files": find::search(machine).await?})),
        ("POST", ["replace"]) => ok(Value::Array(find::replace(machine, body).await?)),
        ("POST", ["folder"]) => {
            change::make_folder(machine).await?;
            done(StatusCode::CREATED)
        }
        ("DELETE", []) => {
            change::delete(machine).await?;
            done(StatusCode::NO_CONTENT)
        }
        ("POST", ["move"]) => {
            transfer::rename(machine).await?;
            done(StatusCode::OK)
        }
        ("POST", ["permissions"]) => {
            change::set_permissions(machine).await?;
            done(StatusCode::OK)
        }
        ("POST", ["bulk-upload"]) => upload::bulk(machine, body).await,
        ("POST", ["upload"]) => {
            upload::single(machine, body).await?;
            done(StatusCode::OK)
        }
        ("POST", ["upload-v2"]) => {
            let path = upload::single(machine, body).await?;
            let name = go_path::base(&path);
            ok(json!({"name": name, "path": path, "type": "file"}))
        }
        ("POST", ["bulk-download"]) => download::bulk(machine, body).await,
        ("GET", ["download"]) => raw::download(machine).await,
        _ => Err(ToolError::NoRoute),
    }
}
