//! `daytona.create`.

use std::time::Duration;

use cutover_js::{Object, Text, Value, json, numbers};
use indexmap::IndexMap;
use tokio::time::Instant;

use super::answer::Failed;
use super::config::Daytona;
use super::exchange::{Ask, Content};
use super::sandbox::Sandbox;
use crate::error::Error;

/// The label by which the SDK knows the language of a sandbox.
const LANGUAGE_LABEL: &str = "code-toolbox-language";

/// Between two looks at a sandbox that is starting: so long at first, later up to a second.
const LOOKS_APART: Duration = Duration::from_millis(100);
const LOOKS_APART_MAX: Duration = Duration::from_secs(1);
/// After this time looks become rarer.
const RARER_AFTER: Duration = Duration::from_secs(5);
const RARER_BY: f64 = 1.1;

/// What a sandbox is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The provider's default snapshot.
    Default,
    /// A snapshot.
    Snapshot(String),
    /// An image, of which the provider builds a snapshot first.
    Image(String),
}

/// The states in which nobody waits for a sandbox any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finals {
    /// Those that the SDK knows: `error`. A build that failed is waited for until the time is up.
    Sdk,
    /// All of them: `build_failed`, `destroyed` and `destroying`, too.
    All,
}

/// A sandbox that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// What it is made of.
    pub source: Source,
    /// Its environment.
    pub env: IndexMap<String, String>,
    /// Labels beside the SDK's own.
    pub labels: IndexMap<String, String>,
    /// After how many idle minutes it stops; 0 means never.
    pub auto_stop_interval: u32,
    /// How long it may take until it has started.
    pub timeout: Duration,
    /// When to give up before.
    pub finals: Finals,
}

/// A sandbox that could not be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateFailed {
    /// What the SDK throws.
    pub error: Error,
    /// The sandbox that is there nevertheless, which the SDK tells nobody.
    pub sandbox_id: Option<Text>,
}

impl Daytona {
    /// Creates a sandbox and waits until it has started.
    ///
    /// # Errors
    /// What the SDK throws.
    pub async fn create(&self, wanted: &Create) -> Result<Sandbox, CreateFailed> {
        let begin = Instant::now();
        let mut sandbox = self.begin(wanted).await.map_err(|failed| CreateFailed {
            error: timely(failed, wanted.timeout),
            sandbox_id: None,
        })?;
        if sandbox.state() == "started" {
            return Ok(sandbox);
        }
        let left = wanted.timeout.saturating_sub(begin.elapsed());
        let left = left.max(Duration::from_millis(1));
        // A look that goes wrong may take the id away.
        let id = sandbox.id().clone();
        let started = sandbox.wait_until_started(left, wanted.finals).await;
        match started {
            Ok(()) => Ok(sandbox),
            Err(failed) => Err(CreateFailed {
                error: timely(failed, wanted.timeout),
                sandbox_id: Some(id),
            }),
        }
    }

    async fn begin(&self, wanted: &Create) -> Result<Sandbox, Failed> {
        let ask = Ask {
            content: Content::Json(body(wanted)),
            timeout: wanted.timeout,
            ..self.of_control("/sandbox", None)
        };
        let told = self.value(ask).await?;
        if told == Value::Null {
            let message = "Cannot read properties of null (reading 'state')";
            return Err(Failed::without_answer(message));
        }
        Sandbox::of(self, &told)
    }
}

impl Sandbox {
    /// Waits until it has started: `sandbox.waitUntilStarted`.
    pub(super) async fn wait_until_started(
        &mut self,
        timeout: Duration,
        finals: Finals,
    ) -> Result<(), Failed> {
        let begin = Instant::now();
        let mut apart = LOOKS_APART;
        while self.state() != "started" {
            self.refresh().await?;
            match self.state() {
                "started" => return Ok(()),
                "error" => return Err(self.will_not_start()),
                "build_failed" | "destroyed" | "destroying" if finals == Finals::All => {
                    return Err(self.will_not_start());
                }
                _ => {}
            }
            if begin.elapsed() > timeout {
                return Err(Failed::timeout(None));
            }
            tokio::time::sleep(apart).await;
            if begin.elapsed() > RARER_AFTER {
                apart = apart.mul_f64(RARER_BY).min(LOOKS_APART_MAX);
            }
        }
        Ok(())
    }

    fn will_not_start(&self) -> Failed {
        let parts = [
            &"Sandbox ".into(),
            self.id(),
            &" failed to start with status: ".into(),
            &self.state().into(),
            &", error reason: ".into(),
            &self.error_reason(),
        ];
        Failed::without_answer(Text::concat(parts))
    }
}

/// Every time limit is told as that of the whole.
fn timely(failed: Failed, timeout: Duration) -> Error {
    if !failed.timed_out {
        return failed.error;
    }
    let seconds = numbers::to_js_string(timeout.as_secs_f64());
    Error::new(format!(
        "Failed to create and start sandbox within {seconds} seconds. Operation timed out."
    ))
}

fn body(wanted: &Create) -> String {
    let mut body = Object::new();
    match &wanted.source {
        Source::Default => {}
        Source::Snapshot(name) => body.insert("snapshot", name.as_str()),
        Source::Image(name) => {
            let mut build = Object::new();
            build.insert("dockerfileContent", format!("FROM {name}\n"));
            body.insert("buildInfo", build);
        }
    }
    body.insert("env", object(&wanted.env));
    let mut labels = object(&wanted.labels);
    labels.insert(LANGUAGE_LABEL, "python");
    body.insert("labels", labels);
    body.insert("autoStopInterval", wanted.auto_stop_interval);
    json::stringify(&Value::Object(body))
}

fn object(members: &IndexMap<String, String>) -> Object {
    let members = members.iter();
    members
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
