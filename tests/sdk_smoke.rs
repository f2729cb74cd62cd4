//! The official Python SDKs, unmodified, against the stand-ins: the judge that we did not write.
//!
//! Goal: a stand-in that has drifted from its provider's wire fails here. Method: the stand-in
//! runs in this process on a free port; a script of `tests/sdk/` runs in the interpreter that
//! `CUTOVER_SDK_PYTHON` names (a virtual environment with `tests/sdk/requirements.txt`), and its
//! exit code is the verdict. Without an interpreter the trials are ignored, or fail when
//! `CUTOVER_REQUIRE` contains `sdk`.
#![expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment where the interpreter is"
)]

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cutover::standin::engine::process::ProcessEngine;
use cutover::standin::engine::{Engine, EngineError};
use cutover::standin::server::{Standin, StandinOptions};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::process::Command;

/// Ample for a script that waits for nothing longer than a second.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(180);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![Trial::ignorable_test("e2b_python_sdk", || {
        judge("e2b_smoke.py", |options| async {
            let started = cutover::standin::e2b::start(options).await;
            started.map_err(|error| error.to_string())
        })
    })];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn judge<F>(script: &str, start: impl Fn(StandinOptions) -> F + Send) -> Result<Completion, Failed>
where
    F: Future<Output = Result<Arc<dyn Standin>, String>>,
{
    let Ok(python) = std::env::var("CUTOVER_SDK_PYTHON") else {
        let required = std::env::var("CUTOVER_REQUIRE").unwrap_or_default();
        if required.split(',').any(|word| word.trim() == "sdk") {
            return Err("CUTOVER_REQUIRE wants the SDKs, CUTOVER_SDK_PYTHON names none".into());
        }
        return Ok(Completion::ignored_with(
            "CUTOVER_SDK_PYTHON names no interpreter",
        ));
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let engine = engine().await?;
        let capabilities = engine.capabilities().join(",");
        let standin = start(StandinOptions::new(engine)).await?;
        let outcome = run(&python, script, &capabilities, standin.as_ref()).await;
        let left = standin.sandboxes();
        standin.stop().await;
        outcome?;
        if !left.is_empty() {
            return Err(format!("the script left sandboxes: {left:?}").into());
        }
        Ok(Completion::Completed)
    })
}

/// The engine used in earnest; where the machine refuses it, the one that needs nothing.
async fn engine() -> Result<Arc<dyn Engine>, EngineError> {
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    match cutover::standin::engine::by_name("namespaces", helper).await {
        Err(EngineError::Refused { .. }) => Ok(Arc::new(ProcessEngine::new())),
        outcome => outcome,
    }
}

async fn run(
    python: &str,
    script: &str,
    capabilities: &str,
    standin: &dyn Standin,
) -> Result<(), Failed> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let child = Command::new(python)
        .arg(script)
        .current_dir(folder)
        .envs(standin.env())
        .env("CUTOVER_CAPABILITIES", capabilities)
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = tokio::time::timeout(SCRIPT_TIMEOUT, child.wait_with_output()).await;
    let output = output.map_err(|_| format!("{script} ran over {SCRIPT_TIMEOUT:?}"))??;
    if output.status.success() {
        return Ok(());
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{script}: {}\n{stdout}{stderr}", output.status).into())
}
