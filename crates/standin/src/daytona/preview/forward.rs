//! Passes a request to a port inside a sandbox.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{HeaderName, HeaderValue, Uri};
use axum::response::Response;

use crate::daytona::activity::InUse;
use crate::daytona::app::App;
use crate::daytona::preview::door::{TOKEN_HEADER, without_token};
use crate::daytona::sandbox::Sandbox;
use crate::daytona::toolbox::ToolError;
use crate::engine::EngineError;
use crate::shared;

/// Passes a request on, and the answer back.
///
/// # Errors
/// [`ToolError::Dead`] when nothing answers there.
pub(super) async fn forward(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    port: u16,
    request: Request,
) -> Result<Response, ToolError> {
    let in_use = InUse::begin(app, sandbox);
    let boot = sandbox.boot();
    let stream = sandbox
        .engine
        .connect(port)
        .await
        .map_err(|error| match error {
            EngineError::Refused { .. } => ToolError::not_implemented("previews with this engine"),
            // Nothing listens: the proxy has nothing to pass on.
            _ => ToolError::Dead,
        })?;
    let request = outgoing(request)?;
    let passed = shared::pass_on(stream, request, boot, in_use, |task| {
        app.tasks.background(task);
    });
    passed.await.ok_or(ToolError::Dead)
}

/// The request as the program inside gets it: with its host, without the token.
fn outgoing(request: Request) -> Result<Request, ToolError> {
    let mut request = shared::outgoing(request);
    let uri: Result<Uri, _> = without_token(request.uri()).parse();
    *request.uri_mut() = uri.map_err(|_| ToolError::bad("malformed request target"))?;
    let headers = request.headers_mut();
    headers.remove(TOKEN_HEADER);
    if let Some(host) = headers.get(HOST).cloned() {
        headers.insert(HeaderName::from_static("x-forwarded-host"), host);
    }
    let proto = HeaderName::from_static("x-forwarded-proto");
    headers.insert(proto, HeaderValue::from_static("http"));
    Ok(request)
}
