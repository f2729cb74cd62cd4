//! Serving on a socket until told to stop.

use std::future::Future;
use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use tokio::net::TcpListener;

use super::dispatch::router;
use crate::platform::Platform;

/// As [`serve`], but every connection ends with its answer, so that none is used again that a later
/// endpoint on the same socket knows nothing of.
///
/// # Errors
/// When the socket fails.
pub async fn serve_once_each(
    listener: TcpListener,
    platform: Arc<Platform>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let calls = platform.calls.clone();
    let close = |mut answer: Response| async move {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(header::CONNECTION, close);
        answer
    };
    let router = router(platform).layer(map_response(close));
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await?;
    calls.close();
    calls.wait().await;
    Ok(())
}

/// Serves the endpoint on a bound listener until `stop` completes, and then until what was asked
/// has been answered.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: TcpListener,
    platform: Arc<Platform>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let calls = platform.calls.clone();
    axum::serve(listener, router(platform))
        .with_graceful_shutdown(stop)
        .await?;
    calls.close();
    calls.wait().await;
    Ok(())
}
