//! A checked scenario. Everything that could be wrong without running has been found before a
//! value of these types exists.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cutover_base::secret::Secret;
use cutover_base::side::Side;
use indexmap::IndexMap;
use regex::Regex;
use serde_json::Value;

use crate::call::Surface;
pub use crate::scenario::compare_kind::CompareKind;
use crate::scenario::field_path::FieldPath;
use crate::scenario::matcher::Matcher;
use crate::scenario::verbs::{self, Call, HarnessAction, Verb};
use crate::scenario::want::Want;

/// One scenario file.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The path below `scenarios/` without the ending, e.g. `execute/nonzero-exit`.
    pub name: String,
    /// Where it was read from, as shown to the user.
    pub file: PathBuf,
    /// The text as it was read.
    pub text: Arc<str>,
    /// SHA-256 of the text, lower-case hex.
    pub sha256: String,
    /// Why the scenario exists.
    pub why: String,
    /// Tags to select by.
    pub tags: Vec<String>,
    /// Surfaces on which it runs.
    pub surfaces: Vec<Surface>,
    /// Quirks that the scenario shows, with the line that names them.
    pub quirks: Vec<(String, usize)>,
    /// Quirks for which the scenario checks that both sides are alike, with the line that names them.
    pub parity: Vec<(String, usize)>,
    /// Capabilities without which the scenario is `unsupported`.
    pub requires: Vec<String>,
    /// Axes and their points; every combination is a case of its own.
    pub matrix: IndexMap<String, Vec<Value>>,
    /// Whether the run may be judged without it.
    pub optional: bool,
    /// What the commands touch outside the sandbox.
    pub effects: Effects,
    /// Calls of real use that it stands for; 0 where it stands for none.
    pub traffic: u64,
    /// How the platform is set up for it.
    pub platform: PlatformSettings,
    /// How the MCP server is set up for it.
    pub mcp: McpSettings,
    /// What its steps ask for that not every provider or lane has.
    pub wants: Vec<Want>,
    /// Secrets that it uses as `${{ secrets.NAME }}`, with their values once a run has them.
    pub secrets: IndexMap<String, Option<Secret>>,
    /// The steps in order; the implicit `00-provision` is among them.
    pub steps: Vec<Step>,
}

/// How a scenario has the platform set up; variables that it does not name are the side's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlatformSettings {
    /// Variables that are set, or with `None` unset.
    pub env: IndexMap<String, Option<String>>,
    /// How long the platform lets a command run, if not as long as it does by itself.
    pub execute_timeout: Option<Duration>,
}

/// How a scenario has the MCP server set up; variables that it does not name are the side's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct McpSettings {
    /// Variables that are set, or with `None` unset.
    pub env: IndexMap<String, Option<String>>,
}

/// What a scenario's commands touch outside the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effects {
    /// Nothing.
    #[default]
    None,
    /// They read from the network.
    Network,
    /// They change something elsewhere; never replayed without `--allow external`.
    External,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its id, unique in the scenario: the user's, or `NN-verb`.
    pub id: String,
    /// Line of the step in the file, from 1; 0 for the implicit provision.
    pub line: usize,
    /// What it does.
    pub action: Action,
    /// Matchers that must hold.
    pub expect: Vec<Expect>,
    /// Changes to how fields are compared.
    pub compare: Vec<CompareRule>,
    /// Extra normalisation, each with a why.
    pub normalise: Vec<NormaliseRule>,
    /// Values to keep for later steps.
    pub capture: Vec<Capture>,
    /// Repeat until a condition holds.
    pub until: Option<Until>,
    /// How long the harness waits for a call of it, instead of what holds for the run.
    pub guard: Option<Duration>,
    /// Whether the step runs at the end whatever happened (last first).
    pub defer: bool,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    /// A call; its arguments may hold `${{ name }}`.
    Call(Call),
    /// Something that the harness does; the verb is the one that was written.
    Harness(&'static Verb, HarnessAction),
    /// Steps that run at the same time; their ids are `PARENT/ID`.
    Parallel(Vec<Step>),
}

impl Action {
    /// The verb that was written.
    pub fn verb(&self) -> &'static Verb {
        match self {
            Self::Call(call) => call.verb,
            Self::Harness(verb, _) => verb,
            Self::Parallel(_) => &verbs::PARALLEL,
        }
    }
}

/// A matcher that must hold, and where it applies.
#[derive(Debug, Clone)]
pub struct Expect {
    /// Only on this surface.
    pub surface: Option<Surface>,
    /// Only with a platform before the provider, or only without one.
    pub with_platform: Option<bool>,
    /// Only on this side.
    pub side: Option<Side>,
    /// What is looked at.
    pub path: FieldPath,
    /// What must hold.
    pub matcher: Matcher,
    /// Line in the file, from 1.
    pub line: usize,
}

/// How a field is compared, instead of the default.
#[derive(Debug, Clone)]
pub struct CompareRule {
    /// What it is about.
    pub path: FieldPath,
    /// How.
    pub kind: CompareKind,
    /// Line in the file, from 1.
    pub line: usize,
}

/// A step's own normalisation rule: the first match group (or the whole match) becomes `<as>`.
#[derive(Debug, Clone)]
pub struct NormaliseRule {
    /// The field it applies to.
    pub field: FieldPath,
    /// What is replaced.
    pub pattern: Regex,
    /// The name of the placeholder.
    pub placeholder: String,
    /// Why this is noise.
    pub why: String,
}

/// A value kept for later steps.
#[derive(Debug, Clone)]
pub struct Capture {
    /// Its name in `${{ name }}`.
    pub name: String,
    /// Where it is taken from.
    pub path: FieldPath,
    /// Take only the first group of this pattern.
    pub pattern: Option<Regex>,
}

/// Repetition until a condition holds.
#[derive(Debug, Clone)]
pub struct Until {
    /// What must become true; all of them.
    pub that: Vec<(FieldPath, Matcher)>,
    /// Pause between attempts.
    pub every: Duration,
    /// How long at most; afterwards the last outcome stands.
    pub budget: Duration,
    /// Stop at once when one of these holds.
    pub abort_if: Vec<(FieldPath, Matcher)>,
}
