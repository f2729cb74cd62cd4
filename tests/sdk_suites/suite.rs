//! Runs a suite against a stand-in on an engine, and believes none of its words unchecked.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cutover_standin::engine::{
    DOCKER_IMAGE_DEFAULT, EngineError, EngineSettings, WantedImage, by_name, by_settings,
};
use cutover_standin::server::{Standin, StandinError, StandinOptions};
use cutover_standin::{daytona, e2b};
use libtest_mimic::{Completion, Failed};

use crate::required::without;
use crate::sdk::{Interpreter, Language, Sdk};

/// Ample for a suite that is to end within 90 seconds on an idle machine of two cores.
const SUITE_TIMEOUT: Duration = Duration::from_secs(420);

/// Ample for the last sandboxes of a suite to go.
const GONE_TIMEOUT: Duration = Duration::from_secs(20);

/// One trial.
pub(crate) fn judge(sdk: &'static Sdk, engine: &'static str) -> Result<Completion, Failed> {
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
        let engine = match by_name(engine, helper).await {
            Err(refused @ EngineError::Refused { .. }) => {
                return without(engine, refused.to_string());
            }
            outcome => outcome?,
        };
        let capabilities = engine.capabilities();
        let standin = start(sdk.provider, StandinOptions::new(engine)).await?;
        let suite = Running {
            sdk,
            interpreter: &interpreter,
            capabilities: &capabilities,
            only: "",
            image: None,
        };
        suite.judge(standin.as_ref()).await
    })
}

/// One trial: the checks of image builds, on an engine that builds images itself.
pub(crate) fn judge_builds(sdk: &'static Sdk) -> Result<Completion, Failed> {
    let interpreter = match sdk.interpreter() {
        Err(missing) => return without("sdk", missing),
        Ok(interpreter) => interpreter,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let image = std::env::var_os("CUTOVER_TEST_IMAGE");
        let image = image.and_then(|name| name.into_string().ok());
        let image = image.unwrap_or_else(|| DOCKER_IMAGE_DEFAULT.to_owned());
        let mut settings = EngineSettings::new(env!("CARGO_BIN_EXE_cutover"));
        settings.docker.images = vec![WantedImage {
            name: image.clone(),
            programs: Vec::new(),
        }];
        let engine = match by_settings("docker", &settings).await {
            Err(refused @ EngineError::Refused { .. }) => {
                return without("docker", refused.to_string());
            }
            outcome => outcome?,
        };
        let capabilities = engine.capabilities();
        let mut options = StandinOptions::new(engine);
        options.image = Some(image.clone());
        let standin = start(sdk.provider, options).await?;
        let suite = Running {
            sdk,
            interpreter: &interpreter,
            capabilities: &capabilities,
            only: builds_of(sdk),
            image: Some(&image),
        };
        suite.judge(standin.as_ref()).await
    })
}

/// How the names of a suite's checks of builds begin.
fn builds_of(sdk: &Sdk) -> &'static str {
    match (sdk.provider, sdk.language) {
        ("e2b", Language::Python) => "sync.template.",
        ("e2b", Language::Node) => "template.",
        _ => "context.",
    }
}

async fn start(provider: &str, options: StandinOptions) -> Result<Arc<dyn Standin>, StandinError> {
    match provider {
        "e2b" => e2b::start(options).await,
        _ => daytona::start(options).await,
    }
}

/// A suite, or those of its checks whose names begin so.
struct Running<'suite> {
    sdk: &'suite Sdk,
    interpreter: &'suite Interpreter,
    capabilities: &'suite [String],
    only: &'suite str,
    /// What builds begin with.
    image: Option<&'suite str>,
}

impl Running<'_> {
    async fn judge(&self, standin: &dyn Standin) -> Result<Completion, Failed> {
        let outcome = run(self, standin).await;
        // A delete is answered while the sandbox still goes.
        let gone = async {
            while !standin.sandboxes().is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(GONE_TIMEOUT, gone).await;
        let left = standin.sandboxes();
        standin.stop().await;
        outcome?;
        if !left.is_empty() {
            return Err(format!("the suite left sandboxes: {left:?}").into());
        }
        Ok(Completion::Completed)
    }
}

async fn run(suite: &Running<'_>, standin: &dyn Standin) -> Result<(), Failed> {
    let Running {
        sdk,
        interpreter,
        capabilities,
        only,
        image,
    } = suite;
    let mut checks = interpreter.lines_now(&sdk.suite(), &["--list"]).await?;
    checks.retain(|name| name.starts_with(only));
    let mut command = interpreter.command(&sdk.suite());
    if !only.is_empty() {
        command.args(["--only", only]);
    }
    if let Some(image) = image {
        command.env("CUTOVER_BASE_IMAGE", image);
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
