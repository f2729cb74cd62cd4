//! The way to the port and back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::future::BoxFuture;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::headers;

/// Passes a request on over a new connection, until `ends` is cancelled. `held` is kept until the
/// last byte is out, or nobody wants it any more; `spawn` runs what is still to do then.
///
/// `None` when nothing answers there, or an upgrade comes that nobody asked for.
pub(crate) async fn pass_on<H: Send + Sync + 'static>(
    stream: TcpStream,
    mut request: Request,
    ends: CancellationToken,
    held: H,
    spawn: impl Fn(BoxFuture<'static, ()>),
) -> Option<Response> {
    // Small messages of an upgraded connection must not wait for each other.
    let _ = stream.set_nodelay(true);
    let opened = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = opened.ok()?;
    let (broken, held) = (ends.clone(), Arc::new(held));
    let kept = Arc::clone(&held);
    spawn(Box::pin(async move {
        // An error is seen by whoever reads the answer.
        let _ = broken.run_until_cancelled(connection.with_upgrades()).await;
        drop(kept);
    }));
    let asked = headers::upgrade(request.headers()).is_some();
    let outside = asked.then(|| hyper::upgrade::on(&mut request));
    request.extensions_mut().clear();
    let answered = ends.run_until_cancelled(sender.send_request(request)).await;
    let mut answer = answered.and_then(Result::ok)?;
    headers::strip(answer.headers_mut());
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let inside = hyper::upgrade::on(&mut answer);
        spawn(Box::pin(relay(inside, outside?, ends, held)));
        return Some(answer.map(|_| Body::empty()));
    }
    Some(answer.map(|inner| Body::new(Holding { inner, _held: held })))
}

/// Carries bytes both ways until either end closes.
async fn relay<H: Send + Sync>(
    inside: OnUpgrade,
    outside: OnUpgrade,
    ends: CancellationToken,
    held: Arc<H>,
) {
    let carry = async {
        let (Ok(inside), Ok(outside)) = tokio::join!(inside, outside) else {
            return;
        };
        let (mut inside, mut outside) = (TokioIo::new(inside), TokioIo::new(outside));
        // An error means that one end broke: the other is closed with it.
        let _ = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
    };
    let _ = ends.run_until_cancelled(carry).await;
    drop(held);
}

/// An answer's body, with what is held as long as it is sent.
struct Holding<H> {
    inner: Incoming,
    _held: Arc<H>,
}

impl<H> HttpBody for Holding<H> {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
