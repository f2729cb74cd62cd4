//! Passing a request on to a port inside.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{EXPECT, HOST};
use axum::response::Response;
use tokio::sync::OwnedSemaphorePermit;

use crate::e2b::app::App;
use crate::e2b::proxy::refusal::Refusal;
use crate::e2b::sandbox::Sandbox;
use crate::engine::EngineError;
use crate::shared::{outgoing, pass_on};

/// Marks an answer that is not the stand-in's own: its request is not read to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PassedThrough;

/// Passes a request on. `room` is held while anything of it is under way.
pub(crate) async fn forward(
    app: &App,
    sandbox: &Sandbox,
    port: u16,
    room: OwnedSemaphorePermit,
    request: Request,
) -> Result<Response, Refusal> {
    let (https, mask) = {
        let network = sandbox.network();
        (network.is_https(port), network.masked_host(port))
    };
    if https {
        let what = format!("httpsPorts: TLS to port {port}");
        return Err(Refusal::NotImplemented { what });
    }
    let closed = Refusal::PortClosed { port };
    let stream = match sandbox.engine.connect(port).await {
        Ok(stream) => stream,
        Err(EngineError::Gone) => return Err(Refusal::NotFound),
        Err(EngineError::Refused { cause, .. }) => {
            let what = format!("ports of a sandbox on this engine: {cause}");
            return Err(Refusal::NotImplemented { what });
        }
        Err(_) => return Err(closed),
    };
    let mut request = outgoing(request);
    let headers = request.headers_mut();
    // Whoever asked has been told to go on already.
    headers.remove(EXPECT);
    if let Some(host) = mask.and_then(|mask| HeaderValue::try_from(mask).ok()) {
        headers.insert(HOST, host);
    }
    let passed = pass_on(stream, request, sandbox.link(), room, |task| {
        app.tasks.spawn(task);
    });
    let mut response = passed.await.ok_or(closed)?;
    response.extensions_mut().insert(PassedThrough);
    Ok(response)
}
