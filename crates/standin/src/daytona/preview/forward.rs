//! Passes a request to a port inside a sandbox, streaming both ways.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONNECTION, HOST, UPGRADE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use futures_util::StreamExt as _;
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_util::sync::CancellationToken;

use crate::daytona::activity::InUse;
use crate::daytona::app::App;
use crate::daytona::preview::door::{TOKEN_HEADER, without_token};
use crate::daytona::sandbox::Sandbox;
use crate::daytona::toolbox::ToolError;
use crate::engine::EngineError;

/// Headers that belong to one connection, not to the request.
const OF_CONNECTION: [&str; 7] = [
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
];

/// Passes a request on, and the answer back.
///
/// # Errors
/// [`ToolError::Dead`] when nothing answers there.
pub(super) async fn forward(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    port: u16,
    mut request: Request,
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
    let opened = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = opened.map_err(|_| ToolError::Dead)?;
    let ends = boot.clone();
    app.tasks.background(async move {
        // How a connection ends is seen by who reads from it.
        let _ = ends.run_until_cancelled(connection.with_upgrades()).await;
    });
    let upgrade = is_upgrade(request.headers()).then(|| hyper::upgrade::on(&mut request));
    let request = outgoing(request)?;
    let answered = boot.run_until_cancelled(sender.send_request(request)).await;
    let mut answer = answered.and_then(Result::ok).ok_or(ToolError::Dead)?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let inside = hyper::upgrade::on(&mut answer);
        let outside = upgrade.ok_or(ToolError::Dead)?;
        app.tasks.background(join(inside, outside, boot, in_use));
        let (parts, _) = answer.into_parts();
        return Ok(Response::from_parts(parts, Body::empty()));
    }
    let (mut parts, body) = answer.into_parts();
    for name in OF_CONNECTION {
        parts.headers.remove(name);
    }
    parts.headers.remove(CONNECTION);
    // In use until the last byte is out, or nobody wants it any more.
    let body = Body::new(body).into_data_stream().map(move |piece| {
        let _held = &in_use;
        piece
    });
    Ok(Response::from_parts(parts, Body::from_stream(body)))
}

/// Carries bytes both ways until one side ends.
async fn join(inside: OnUpgrade, outside: OnUpgrade, boot: CancellationToken, in_use: InUse) {
    let carry = async {
        let (Ok(inside), Ok(outside)) = tokio::join!(inside, outside) else {
            return;
        };
        let (mut inside, mut outside) = (TokioIo::new(inside), TokioIo::new(outside));
        // Either side may break off; there is nobody to tell.
        let _ = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
    };
    let _ = boot.run_until_cancelled(carry).await;
    drop(in_use);
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    let connection = headers
        .get(CONNECTION)
        .and_then(|value| value.to_str().ok());
    let named = connection.is_some_and(|text| text.to_ascii_lowercase().contains("upgrade"));
    named && headers.contains_key(UPGRADE)
}

/// The request as the program inside gets it: with its host, without the token.
fn outgoing(request: Request) -> Result<hyper::Request<Body>, ToolError> {
    let (mut parts, body) = request.into_parts();
    let upgrade = is_upgrade(&parts.headers);
    let uri: Result<Uri, _> = without_token(&parts.uri).parse();
    parts.uri = uri.map_err(|_| ToolError::bad("malformed request target"))?;
    for name in OF_CONNECTION {
        parts.headers.remove(name);
    }
    if !upgrade {
        parts.headers.remove(CONNECTION);
    }
    parts.headers.remove(TOKEN_HEADER);
    if let Some(host) = parts.headers.get(HOST).cloned() {
        let name = HeaderName::from_static("x-forwarded-host");
        parts.headers.insert(name, host);
    }
    let proto = HeaderName::from_static("x-forwarded-proto");
    parts
        .headers
        .insert(proto, HeaderValue::from_static("http"));
    parts.extensions.clear();
    Ok(hyper::Request::from_parts(parts, body))
}
