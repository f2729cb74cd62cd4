//! Runs a suite against a stand-in on an engine, and believes none of its words unchecked.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cutover_standin::engine::{EngineError, EngineSettings, WantedImage, by_settings};
use cutover_standin::server::{Standin, StandinError, StandinOptions};
use cutover_standin::{daytona, e2b};
use libtest_mimic::{Completion, Failed};

use crate::required::without;
use crate::sdk::{Interpreter, Language, Sdk};

/// Ample for a suite that is to end within 90 seconds on an idle machine of two cores.
const SUITE_TIMEOUT: Duration = Duration::from_secs(420);

/// The checks of template builds, on the Docker engine.
pub(crate) fn judge_docker(sdk: &'static Sdk) -> Result<Completion, Failed> {
    let image = std::env::var_os("CUTOVER_TEST_IMAGE").and_then(|image| image.into_string().ok());
    let Some(image) = image else {
        let why = "CUTOVER_TEST_IMAGE names no image that is here".to_owned();
        return without("docker", why);
    };
    judge_with(sdk, "docker", Some(&image))
}

/// One trial.
pub(crate) fn judge(sdk: &'static Sdk, engine: &'static str) -> Result<Completion, Failed> {
    judge_with(sdk, engine, None)
}

fn judge_with(
    sdk: &'static Sdk,
    engine: &'static str,
    image: Option<&str>,
) -> Result<Completion, Failed> {
    let interpreter = match sdk.interpreter() {
        Err(missing) => return without("sdk", missing),
        Ok(interpreter) => interpreter,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
        let mut settings = EngineSettings::new(helper);
        settings.docker.images = image.map(wanted_image).into_iter().collect();
        let engine = match by_settings(engine, &settings).await {
            Err(refused @ EngineError::Refused { .. }) => {
                return without(engine, refused.to_string());
            }
            outcome => outcome?,
        };
        let capabilities = engine.capabilities();
        let mut options = StandinOptions::new(engine);
        options.image = image.map(str::to_owned);
        let standin = start(sdk.provider, options).await?;
        let outcome = run(sdk, &interpreter, &capabilities, image, standin.as_ref()).await;
        let left = standin.sandboxes();
        standin.stop().await;
        outcome?;
        if !left.is_empty() {
            return Err(format!("the suite left sandboxes: {left:?}").into());
        }
        Ok(Completion::Completed)
    })
}

fn wanted_image(name: &str) -> WantedImage {
    WantedImage {
        name: name.to_owned(),
        programs: vec!["/bin/bash".to_owned()],
    }
}

async fn start(provider: &str, options: StandinOptions) -> Result<Arc<dyn Standin>, StandinError> {
    match provider {
        "e2b" => e2b::start(options).await,
        _ => daytona::start(options).await,
    }
}

async fn run(
    sdk: &Sdk,
    interpreter: &Interpreter,
    capabilities: &[String],
    image: Option<&str>,
    standin: &dyn Standin,
) -> Result<(), Failed> {
    let mut checks = interpreter.lines_now(&sdk.suite(), &["--list"]).await?;
    let mut command = interpreter.command(&sdk.suite());
    if let Some(image) = image {
        let builds = match sdk.language {
            Language::Python => "sync.template.",
            Language::Node => "template.",
        };
        checks.retain(|check| check.starts_with(builds));
        command
            .args(["--only", builds])
            .env("CUTOVER_TEMPLATE_IMAGE", image);
    }
    command
        .envs(standin.env())
        .env("CUTOVER_CAPABILITIES", capabilities.join(","));
    let child = command.spawn()?;
    let output = tokio::time::timeout(SUITE_TIMEOUT, child.wait_with_output()).await;
    let output = output.map_err(|_| format!("the suite ran over {SUITE_TIMEOUT:?}"))??;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let mut problems = problems(&stdout, &checks, capabilities);
    if problems.is_empty() && !output.status.success() {
        problems.push(format!("the suite ended with {}", output.status));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}\n{stderr}", problems.join("\n")).into())
}

/// What is wrong with what a suite said: a failure, a check it did not run, or a skip for want of
/// something that the engine has.
pub(crate) fn problems(
    stdout: &str,
    checks: &BTreeSet<String>,
    capabilities: &[String],
) -> Vec<String> {
    let mut problems = Vec::new();
    let mut told = BTreeSet::new();
    let mut passed = 0;
    for line in stdout.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, reason) = rest.split_once(": ").unwrap_or((rest, ""));
        match word {
            "ok" => passed += 1,
            "skip" if lacks(reason, capabilities) => {}
            "skip" => problems.push(format!("{line}\n    but the engine has that")),
            "FAIL" => problems.push(line.to_owned()),
            _ => {
                problems.push(format!("not a line of the protocol: {line}"));
                continue;
            }
        }
        if !told.insert(name.to_owned()) {
            problems.push(format!("{name} was told twice"));
        }
    }
    let silent = checks.difference(&told);
    problems.extend(silent.map(|name| format!("{name} was listed and not run")));
    let unknown = told.difference(checks);
    problems.extend(unknown.map(|name| format!("{name} was run and not listed")));
    if passed == 0 {
        problems.push("no check passed".to_owned());
    }
    problems
}

/// `needs A, B`: whether at least one of them is missing.
fn lacks(reason: &str, capabilities: &[String]) -> bool {
    reason.strip_prefix("needs ").is_some_and(|needs| {
        let mut needs = needs.split(',').map(str::trim);
        needs.any(|need| !capabilities.iter().any(|had| had == need))
    })
}
