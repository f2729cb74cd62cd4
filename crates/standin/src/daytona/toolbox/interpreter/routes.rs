//! Which request is which operation of an interpreter (contract 2.4).

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::fields::Fields;
use crate::daytona::toolbox::interpreter::context::{DEFAULT, PYTHON};
use crate::daytona::toolbox::interpreter::execute;
use crate::daytona::toolbox::machine::Machine;

/// Answers a request below `/process/interpreter`.
pub(in crate::daytona::toolbox) async fn answer(
    machine: &Machine,
    method: &str,
    rest: &[&str],
    body: Body,
) -> Result<Response, ToolError> {
    let memory = machine.sandbox.live.of(&machine.boot);
    match (method, rest) {
        ("GET", ["execute"]) => execute::answer(machine).await,
        ("POST", ["context"]) => {
            let wrong = |text: String| ToolError::body(format!("invalid request payload: {text}"));
            let fields = Fields::read("CreateContextRequest", body)
                .await
                .map_err(wrong)?;
            let language = fields.text("language").map_err(wrong)?;
            if !language.is_empty() && language != PYTHON {
                return Err(ToolError::bad(format!(
                    "unsupported language: {language} (only '{PYTHON}' is supported currently)"
                )));
            }
            let cwd = fields.text("cwd").map_err(wrong)?;
            let context = memory.contexts.create(machine, cwd).await?;
            Ok(machine.json(StatusCode::OK, context.dto()))
        }
        ("GET", ["context"]) => {
            let body = json!({"contexts": memory.contexts.list()});
            Ok(machine.json(StatusCode::OK, body))
        }
        ("DELETE", ["context", DEFAULT]) => Err(ToolError::bad("cannot delete default context")),
        ("DELETE", ["context", id]) => {
            let removed = memory.contexts.remove(id);
            let missing = || ToolError::not_found(format!("context with ID '{id}' not found"));
            removed.ok_or_else(missing)?.end(machine).await;
            let body = json!({"message": "Context deleted successfully"});
            Ok(machine.json(StatusCode::OK, body))
        }
        _ => Err(ToolError::NoRoute),
    }
}
