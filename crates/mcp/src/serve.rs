//! Serving over two streams: the standard ones of a process, or a pipe inside one.

use rmcp::service::serve_directly;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::server::Server;
use crate::settings::Settings;
use crate::wire::LineTransport;

/// Answers what comes in lines on `read` with lines on `write`, until `read` has ended and every
/// request has its answer. Then the sandboxes that the server holds itself are ended.
///
/// Dropped, it takes no more requests, and the runtime ends those sandboxes. Nothing is asked of
/// the client before its first call: as with the original, requests before `initialize` are
/// answered.
pub async fn serve<R, W>(read: R, write: W, settings: &Settings)
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    serve_until(read, write, settings, CancellationToken::new()).await;
}

/// As [`serve`], but `stop` ends it at once, whatever has no answer yet.
pub async fn serve_until<R, W>(read: R, write: W, settings: &Settings, stop: CancellationToken)
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let server = EndsWhenDropped(Server::new(settings));
    let running = serve_directly(server.0.clone(), LineTransport::new(read, write), None);
    tokio::select! {
        // A loop that ended badly has nobody left to tell it to.
        _ended = running.waiting() => {}
        () = stop.cancelled() => {}
    }
    server.0.end().await;
}

/// A server whose sandboxes end when nobody serves it any more. Calls that are still answered then
/// hold clones of it.
#[derive(Debug)]
pub(crate) struct EndsWhenDropped(pub(crate) Server);

impl Drop for EndsWhenDropped {
    fn drop(&mut self) {
        self.0.begin_end();
    }
}
