//! The official Python SDKs, unmodified, against the stand-ins: the judge that we did not write.
//!
//! Goal: a stand-in that has drifted from its provider's wire fails here. Method: the stand-in
//! runs in this process on a free port; a script of `tests/sdk/` runs in the interpreter that
//! `CUTOVER_SDK_PYTHON` names (a virtual environment with `tests/sdk/requirements.txt`), and its
//! exit code is the verdict. One trial per SDK and engine. Without an interpreter the trials are
//! ignored, or fail when `CUTOVER_REQUIRE` contains `sdk`; an engine that the machine refuses is
//! ignored, or fails when `CUTOVER_REQUIRE` names it.
#![expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment where the interpreter is"
)]

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cutover::standin::engine::{EngineError, by_name};
use cutover::standin::server::{Standin, StandinError, StandinOptions};
use cutover::standin::{daytona, e2b};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::process::Command;

/// Ample for a script that waits for nothing longer than a few seconds.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(180);

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for provider in ["e2b", "daytona"] {
        for engine in ["process", "namespaces"] {
            let name = format!("{provider}_python_sdk_{engine}");
            trials.push(Trial::ignorable_test(name, move || judge(provider, engine)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn required(word: &str) -> bool {
    let required = std::env::var("CUTOVER_REQUIRE").unwrap_or_default();
    required.split(',').any(|one| one.trim() == word)
}

fn judge(provider: &str, engine: &str) -> Result<Completion, Failed> {
    let Ok(python) = std::env::var("CUTOVER_SDK_PYTHON") else {
        if required("sdk") {
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
        let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
        let engine = match by_name(engine, helper).await {
            Err(refused @ EngineError::Refused { .. }) if !required(engine) => {
                return Ok(Completion::ignored_with(refused.to_string()));
            }
            outcome => outcome?,
        };
        let capabilities = engine.capabilities().join(",");
        let standin = start(provider, StandinOptions::new(engine)).await?;
        let outcome = run(&python, provider, &capabilities, standin.as_ref()).await;
        let left = standin.sandboxes();
        standin.stop().await;
        outcome?;
        if !left.is_empty() {
            return Err(format!("the script left sandboxes: {left:?}").into());
        }
        Ok(Completion::Completed)
    })
}

async fn start(provider: &str, options: StandinOptions) -> Result<Arc<dyn Standin>, StandinError> {
    match provider {
        "e2b" => e2b::start(options).await,
        _ => daytona::start(options).await,
    }
}

async fn run(
    python: &str,
    provider: &str,
    capabilities: &str,
    standin: &dyn Standin,
) -> Result<(), Failed> {
    let script = format!("{provider}_smoke.py");
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let child = Command::new(python)
        .arg(&script)
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
