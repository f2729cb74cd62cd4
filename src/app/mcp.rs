//! Serving the sandbox tools over MCP: over the standard streams or over HTTP, until the client has
//! gone or a signal comes.

use std::net::SocketAddr;

use cutover_base::fixes::Fixes;
use cutover_mcp::config::{self, Host};
use cutover_mcp::{PATH, Settings, bind, listen, serve_until};
use tokio_util::sync::CancellationToken;

use crate::app::ending::Ending;
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::stack;

/// The server's settings from the environment, with the fixes of a stack.
///
/// # Errors
/// A stack that cannot be served, and an address of E2B that is none.
pub(crate) fn settings(environment: &Environment, stack: &str) -> Result<Settings, AppError> {
    let variable = |name: &str| environment.variables.get(name).cloned();
    if stack::is_direct(stack)? {
        return Settings::direct(variable).map_err(AppError::usage);
    }
    Ok(Settings::from_variables(variable, stack::fixes(stack)?))
}

/// What a host of MCP servers is told, in front of whom the server of a stack stands.
///
/// # Errors
/// A stack that cannot be served.
pub(crate) fn configuration(
    environment: &Environment,
    stack: &str,
    host: Host,
) -> Result<String, AppError> {
    let fixes = if stack::is_direct(stack)? {
        Fixes::none()
    } else {
        stack::fixes(stack)?
    };
    let own: &[&str] = match stack {
        "unified" => &["cutover", "mcp"],
        named => &["cutover", "mcp", "--stack", named],
    };
    let variable = |name: &str| environment.variables.get(name).cloned();
    let mut text = config::config(host, variable, &fixes, own);
    // What is the original's own has no end of a line.
    if fixes.has("Q03") {
        text.push('\n');
    }
    Ok(text)
}

/// Serves the client at the standard streams. As with the original a signal ends it at once, and
/// that is no error; sandboxes of a platform stay, those of the direct mode are ended. A second
/// signal does not wait for that.
///
/// `tell` gets the lines for standard error.
///
/// # Errors
/// Signals that cannot be watched.
pub(crate) async fn over_streams(settings: &Settings, tell: fn(&str)) -> Result<(), AppError> {
    let mut end = Ending::watch()?;
    let [starting, ready] = settings.banner();
    tell(&starting);
    tell(&ready);
    let stop = CancellationToken::new();
    let (read, write) = (tokio::io::stdin(), tokio::io::stdout());
    let mut served = std::pin::pin!(serve_until(read, write, settings, stop.clone()));
    tokio::select! {
        () = &mut served => return Ok(()),
        () = end.came() => stop.cancel(),
    }
    tokio::select! {
        () = served => {}
        () = end.came() => {}
    }
    Ok(())
}

/// Serves clients of this machine over HTTP; `serving` gets the address as soon as it answers.
///
/// # Errors
/// An address that cannot be bound, or that other machines reach; signals that cannot be watched.
pub(crate) async fn over_http(
    settings: &Settings,
    address: SocketAddr,
    tell: fn(&str),
    serving: impl FnOnce(&str) -> Result<(), AppError>,
) -> Result<(), AppError> {
    let wrong = |error: std::io::Error| AppError::usage(format!("--listen: {error}"));
    let mut end = Ending::watch()?;
    let [starting, ready] = settings.banner();
    tell(&starting);
    let listener = bind(address).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    let stop = CancellationToken::new();
    let _stopped_in_any_case = stop.clone().drop_guard();
    let mut served = std::pin::pin!(listen(listener, settings, stop.clone()));
    let ended = |ended: std::io::Result<()>| {
        ended.map_err(|error| AppError::failed(format!("--listen: {error}")))
    };
    tell(&ready);
    serving(&format!("http://{address}{PATH}"))?;
    tokio::select! {
        result = &mut served => return ended(result),
        () = end.came() => stop.cancel(),
    }
    tokio::select! {
        result = served => ended(result),
        () = end.came() => Ok(()),
    }
}
