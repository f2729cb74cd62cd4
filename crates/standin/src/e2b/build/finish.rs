//! The start command, and when it is ready (contract 7.2).

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::e2b::build::context::{Context, account};
use crate::e2b::build::log::BuildLog;
use crate::e2b::build::product::Start;
use crate::e2b::build::recipe::shortened;
use crate::e2b::build::shell::{self, Ended, Stream};
use crate::e2b::log::Level;
use crate::engine::{EngineError, EngineSandbox, OutputMode, SpawnRequest, StdinMode};

/// The step of the end, in the service's word.
pub(super) const STEP: &str = "finalize";

/// Seconds that a start command is given to be ready where nothing tells. The service waits 20;
/// here each sandbox waits anew, and 2 are ample for what listens on loopback.
pub(crate) const DEFAULT_READY_SECONDS: u64 = 2;

/// How often a ready command is tried (contract 7.2).
pub(crate) const READY_EVERY: Duration = Duration::from_secs(2);

/// How long it is tried in a build (contract 7.2).
const READY_TIME_MAX: Duration = Duration::from_secs(600);

/// How often every process is killed before a build goes on.
const KILLS_MAX: u32 = 200;

/// How long a killed process is given to be gone.
const KILL_PAUSE: Duration = Duration::from_millis(10);

/// The start command as a process.
///
/// # Errors
/// In words, when its user is not there.
pub(crate) async fn start_request(
    engine: &dyn EngineSandbox,
    context: &Context,
    command: &str,
) -> Result<SpawnRequest, String> {
    let account = account(engine, &context.user).await?;
    Ok(SpawnRequest {
        argv: ["/bin/bash", "-l", "-c", command].map(str::to_owned).into(),
        env: context.environment(&account),
        cwd: context.work_dir.clone(),
        identity: account.identity(),
        stdin: StdinMode::Closed,
        output: OutputMode::TwoPipes,
        new_group: true,
    })
}

/// Whether a ready command succeeds now; what it says is thrown away.
///
/// # Errors
/// In words, when it cannot be run at all.
pub(crate) async fn is_ready(
    engine: &dyn EngineSandbox,
    context: &Context,
    command: &str,
) -> Result<bool, String> {
    let request = start_request(engine, context, command).await?;
    let ended = shell::run(engine, request, None, |_, _| {}).await;
    let ended = ended.map_err(|error: EngineError| error.to_string())?;
    Ok(ended == Ended::Code(0))
}

/// Starts the start command in the sandbox of a build and waits until it is ready.
///
/// # Errors
/// In words: it has failed, or is not ready in time.
pub(super) async fn prove(
    engine: &dyn EngineSandbox,
    context: &Context,
    start: &Start,
    log: &BuildLog,
) -> Result<(), String> {
    let ready = until_ready(engine, context, start, log);
    let Some(command) = &start.command else {
        return ready.await;
    };
    log.add(
        Level::Info,
        STEP,
        format!("[finalize] starting: {}", shortened(command)),
    );
    let request = start_request(engine, context, command).await?;
    let said = |stream, line: &str| {
        let (level, name) = match stream {
            Stream::Out => (Level::Info, "stdout"),
            Stream::Err => (Level::Warn, "stderr"),
        };
        log.add(level, STEP, format!("[start] [{name}]: {line}"));
    };
    let runs = async {
        let ended = shell::run(engine, request, None, said).await;
        match ended.map_err(|error| format!("failed to run the start command: {error}"))? {
            // It may have put something in the background that becomes ready.
            Ended::Code(0) => Ok(()),
            ended => Err(format!("the start command has failed: {}", ended.words())),
        }
    };
    tokio::pin!(ready);
    tokio::select! {
        outcome = &mut ready => outcome,
        ended = runs => {
            ended?;
            ready.await
        }
    }
}

async fn until_ready(
    engine: &dyn EngineSandbox,
    context: &Context,
    start: &Start,
    log: &BuildLog,
) -> Result<(), String> {
    let Some(command) = &start.ready else {
        let text = format!(
            "[finalize] no ready command: waiting {DEFAULT_READY_SECONDS} s (the service waits 20)"
        );
        log.add(Level::Warn, STEP, text);
        sleep(Duration::from_secs(DEFAULT_READY_SECONDS)).await;
        return Ok(());
    };
    let shown = shortened(command);
    log.add(
        Level::Info,
        STEP,
        format!("[finalize] waiting until ready: {shown}"),
    );
    // By the stand-in's clock, which may be advanced; one try that hangs is bound as well.
    let began = log.now();
    loop {
        match timeout(READY_TIME_MAX, is_ready(engine, context, command)).await {
            Ok(Ok(true)) => break,
            Ok(Ok(false)) => {}
            Ok(Err(reason)) => return Err(format!("failed to run the ready command: {reason}")),
            Err(_) => return Err(not_ready(&shown)),
        }
        if log.now().duration_since(began).unsigned_abs() >= READY_TIME_MAX {
            return Err(not_ready(&shown));
        }
        sleep(READY_EVERY).await;
    }
    log.add(Level::Info, STEP, "[finalize] ready");
    Ok(())
}

fn not_ready(command: &str) -> String {
    let minutes = READY_TIME_MAX.as_secs() / 60;
    format!("the ready command '{command}' did not succeed within {minutes} minutes")
}

/// Ends every process, those too that are born meanwhile: files alone are kept.
///
/// # Errors
/// In words.
pub(super) async fn end_all(engine: &dyn EngineSandbox) -> Result<(), String> {
    for _ in 0..KILLS_MAX {
        let reached = engine.signal_all(libc::SIGKILL).await;
        if reached.map_err(|error| error.to_string())? == 0 {
            return Ok(());
        }
        sleep(KILL_PAUSE).await;
    }
    Err("processes were still there after they were killed".to_owned())
}
