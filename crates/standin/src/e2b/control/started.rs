//! The start command of a template, in each sandbox anew (contract 7.2).
//!
//! The service keeps the memory of a machine in which the command runs already. Here files are kept
//! and no processes, so it is started with the sandbox, which is answered for once it is ready.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::e2b::app::App;
use crate::e2b::build::{
    Context, DEFAULT_READY_SECONDS, Product, READY_EVERY, Start, is_ready, start_request,
};
use crate::e2b::envd;
use crate::e2b::log::Level;
use crate::e2b::sandbox::Sandbox;

/// How long a sandbox waits until its start command is ready; its build has proved that it will be.
const READY_TIME_MAX: Duration = Duration::from_secs(60);

/// Starts what a product starts.
///
/// # Errors
/// In words: it does not start, or is not ready in time.
pub(crate) async fn start(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    product: &Product,
) -> Result<(), String> {
    let Some(start) = &product.start else {
        return Ok(());
    };
    sandbox.note(
        Level::Warn,
        "The start command runs anew: the template keeps files and no processes",
    );
    if let Some(command) = &start.command {
        let engine = sandbox.engine.as_ref();
        let request = start_request(engine, &product.context, command).await?;
        let started = envd::process::start_own(app, sandbox, request).await;
        started.map_err(|error| format!("the start command cannot be run: {}", error.message))?;
    }
    tokio::select! {
        outcome = ready(sandbox, start, &product.context) => outcome,
        () = sandbox.dead.cancelled() => Err("the sandbox has gone".to_owned()),
    }
}

async fn ready(sandbox: &Sandbox, start: &Start, context: &Context) -> Result<(), String> {
    let Some(command) = &start.ready else {
        sleep(Duration::from_secs(DEFAULT_READY_SECONDS)).await;
        return Ok(());
    };
    let end = Instant::now() + READY_TIME_MAX;
    let late = || {
        let seconds = READY_TIME_MAX.as_secs();
        format!("the start command was not ready within {seconds} s")
    };
    loop {
        let tried = timeout_at(end, is_ready(sandbox.engine.as_ref(), context, command)).await;
        if tried.map_err(|_| late())?? {
            return Ok(());
        }
        if Instant::now() + READY_EVERY >= end {
            return Err(late());
        }
        sleep(READY_EVERY).await;
    }
}
