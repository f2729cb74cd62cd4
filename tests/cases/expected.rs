//! `expected.json`: what must come of the files in a folder.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// The whole of an `expected.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// What the folder stands for, in a sentence.
    #[serde(rename = "why")]
    _why: String,
    /// The invocations of the program, in order, all in one copy of the folder.
    pub(crate) invocations: Vec<Invocation>,
}

/// One invocation of `cutover` and what must come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invocation {
    /// Arguments, e.g. `["run", "--seed", "7"]`.
    pub(crate) args: Vec<String>,
    /// The exit code.
    pub(crate) exit: i32,
    /// Cases of `report.json` by id. Only of these anything is said.
    #[serde(default)]
    pub(crate) cases: BTreeMap<String, Case>,
    /// Values of `report.json`: RFC 9535 path -> all it must select, in order, e.g.
    /// `{"$.decision.verdict": ["NO_GO"]}`.
    #[serde(default)]
    pub(crate) report: BTreeMap<String, Vec<Value>>,
    /// Words that must stand in a place. Places: `stdout`, `stderr`, `anywhere` (either of these
    /// two), `reports` (each of stdout, `summary.md`, `report.html` and `junit.xml`), or the name of
    /// a file of the run folder. Escapes and line breaks of the formats do not matter.
    #[serde(default)]
    pub(crate) says: BTreeMap<String, Vec<String>>,
    /// Words that must not stand in a place; as above, `reports` meaning none of them.
    #[serde(default)]
    pub(crate) never_says: BTreeMap<String, Vec<String>>,
}

/// What must be told of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// Its verdict.
    pub(crate) verdict: String,
    /// Words in its reason.
    #[serde(default)]
    pub(crate) reason: Vec<String>,
    /// Steps by id. Only of these anything is said.
    #[serde(default)]
    pub(crate) steps: BTreeMap<String, Step>,
}

/// What must be told of a step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// Its verdict.
    pub(crate) verdict: String,
    /// Words in its reason.
    #[serde(default)]
    pub(crate) reason: Vec<String>,
    /// All entries of the ledger that its fields name, sorted, each once.
    #[serde(default)]
    pub(crate) quirks: Option<Vec<String>>,
}

impl Expected {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let read: Self =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        if read.invocations.is_empty() {
            return Err(format!("{}: names no invocation", path.display()));
        }
        Ok(read)
    }

    /// Whether any invocation needs sandboxes.
    pub(crate) fn plays(&self) -> bool {
        let without = |args: &[String]| args.first().is_some_and(|verb| verb == "check");
        !self.invocations.iter().all(|one| without(&one.args))
    }
}
