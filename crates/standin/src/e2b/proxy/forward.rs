//! Passing a request on to a port inside, and its answer back, as both come.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, StatusCode, Uri, Version};
use axum::response::Response;
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::e2b::app::App;
use crate::e2b::proxy::headers;
use crate::e2b::proxy::refusal::Refusal;
use crate::e2b::sandbox::Sandbox;
use crate::engine::EngineError;

/// Marks an answer that is not the stand-in's own: its request is not read to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PassedThrough;

/// Passes a request on. `room` is held while anything of it is under way.
pub(crate) async fn forward(
    app: &App,
    sandbox: &Sandbox,
    port: u16,
    room: OwnedSemaphorePermit,
    mut request: Request,
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
    // Small messages of an upgraded connection must not wait for each other.
    let _ = stream.set_nodelay(true);
    let Ok((mut sender, connection)) = http1::handshake(TokioIo::new(stream)).await else {
        return Err(closed);
    };
    let (link, room) = (sandbox.link(), Arc::new(room));
    let (broken, held) = (link.clone(), Arc::clone(&room));
    app.tasks.spawn(async move {
        tokio::select! {
            // An error is seen by whoever reads the answer.
            _ = connection.with_upgrades() => {}
            () = broken.cancelled() => {}
        }
        drop(held);
    });
    let asks_upgrade = headers::upgrade(request.headers()).is_some();
    let inner = asks_upgrade.then(|| hyper::upgrade::on(&mut request));
    let request = outgoing(request, mask);
    let Ok(mut response) = sender.send_request(request).await else {
        return Err(closed);
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS
        && let Some(inner) = inner
    {
        let outer = hyper::upgrade::on(&mut response);
        app.tasks.spawn(relay(inner, outer, link, room));
    }
    let mut response = response.map(Body::new);
    headers::strip(response.headers_mut());
    response.extensions_mut().insert(PassedThrough);
    Ok(response)
}

/// The request as it goes to the port.
fn outgoing(mut request: Request, mask: Option<String>) -> Request {
    let has_body = request.headers().contains_key(CONTENT_LENGTH)
        || request.headers().contains_key(TRANSFER_ENCODING);
    let path = request.uri().path_and_query().cloned();
    let host = request.uri().authority().map(ToString::to_string);
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    *request.version_mut() = Version::HTTP_11;
    headers::strip(request.headers_mut());
    // Whoever asked has been told to go on already.
    request.headers_mut().remove(EXPECT);
    let headers = request.headers_mut();
    if let Some(host) = mask.and_then(|mask| HeaderValue::try_from(mask).ok()) {
        headers.insert(HOST, host);
    } else if !headers.contains_key(HOST)
        && let Some(host) = host.and_then(|host| HeaderValue::try_from(host).ok())
    {
        headers.insert(HOST, host);
    }
    if has_body {
        return request;
    }
    // A body of unknown length would be announced as one.
    request.map(|_| Body::empty())
}

/// Carries bytes both ways until either end closes, or the sandbox does.
async fn relay(
    inner: OnUpgrade,
    outer: OnUpgrade,
    link: CancellationToken,
    room: Arc<OwnedSemaphorePermit>,
) {
    let carry = async {
        let (Ok(inner), Ok(outer)) = tokio::join!(inner, outer) else {
            return;
        };
        let (mut inner, mut outer) = (TokioIo::new(inner), TokioIo::new(outer));
        // An error means that one end broke: the other is closed with it.
        let _ = tokio::io::copy_bidirectional(&mut inner, &mut outer).await;
    };
    tokio::select! {
        () = carry => {}
        () = link.cancelled() => {}
    }
    drop(room);
}
