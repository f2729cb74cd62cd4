//! Serving over streamable HTTP, to clients on this machine.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::serve::EndsWhenDropped;
use crate::server::Server;
use crate::settings::Settings;
use crate::wire::MESSAGE_BYTES_MAX;

/// Where the server answers.
pub const PATH: &str = "/mcp";

/// How long a client may be silent before its session ends. A command alone may take longer than the
/// SDK's five minutes, and nothing is heard of the client meanwhile.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// Binds an address of this machine.
///
/// # Errors
/// An address that others reach, and what the system says.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        let text = format!(
            "{address} can be reached from other machines, and the server asks nobody who they \
             are; give an address such as 127.0.0.1:0"
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    TcpListener::bind(address).await
}

/// Answers at [`PATH`] until `stop`, which ends what has no answer yet; then the sandboxes that the
/// server holds itself are ended. All clients share what the server knows of sessions.
///
/// A request whose `Host` is no name of this machine, or whose `Origin` is a page of another one,
/// is refused: a web page must not reach the server through its reader's browser.
///
/// # Errors
/// What the system says of the listener.
pub async fn listen(
    listener: TcpListener,
    settings: &Settings,
    stop: CancellationToken,
) -> io::Result<()> {
    let ends = EndsWhenDropped(Server::new(settings));
    let server = ends.0.clone();
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(["localhost", "127.0.0.1", "::1"])
        .with_allowed_origins(["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"])
        .with_max_request_body_bytes(MESSAGE_BYTES_MAX)
        .with_cancellation_token(stop.clone());
    let mut sessions = LocalSessionManager::default();
    sessions.session_config.keep_alive = Some(IDLE);
    let sessions = Arc::new(sessions);
    let service = StreamableHttpService::new(move || Ok(server.clone()), sessions, config);
    let router = Router::new().route_service(PATH, service);
    let served = tokio::select! {
        served = axum::serve(listener, router).into_future() => served,
        () = stop.cancelled() => Ok(()),
    };
    ends.0.end().await;
    served
}
