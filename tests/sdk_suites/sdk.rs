//! The four SDKs, and how a script of theirs is started.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use libtest_mimic::Failed;
use tokio::process::Command;

/// Settings of the caller's environment that would point an SDK elsewhere.
const FOREIGN: [&str; 4] = ["E2B_", "DAYTONA_", "OTEL_", "CUTOVER_CAPABILITIES"];

/// What a script is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Node,
}

/// An official SDK.
#[derive(Debug)]
pub(crate) struct Sdk {
    /// Folder of its suite below `tests/sdk`, and its name in the trials.
    pub(crate) folder: &'static str,
    /// Name of its package in the registry.
    pub(crate) package: &'static str,
    /// Whose stand-in it drives.
    pub(crate) provider: &'static str,
    pub(crate) language: Language,
}

/// Every SDK that judges.
pub(crate) const SDKS: [Sdk; 4] = [
    Sdk {
        folder: "e2b_py",
        package: "e2b",
        provider: "e2b",
        language: Language::Python,
    },
    Sdk {
        folder: "e2b_js",
        package: "e2b",
        provider: "e2b",
        language: Language::Node,
    },
    Sdk {
        folder: "daytona_py",
        package: "daytona",
        provider: "daytona",
        language: Language::Python,
    },
    Sdk {
        folder: "daytona_js",
        package: "@daytona/sdk",
        provider: "daytona",
        language: Language::Node,
    },
];

/// `tests/sdk` of this crate.
pub(crate) fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

impl Sdk {
    fn script(&self, name: &str) -> PathBuf {
        let ending = match self.language {
            Language::Python => "py",
            Language::Node => "mjs",
        };
        home().join(self.folder).join(format!("{name}.{ending}"))
    }

    /// The script that runs all checks.
    pub(crate) fn suite(&self) -> PathBuf {
        self.script("suite")
    }

    /// The script that lists the SDK's public operations.
    pub(crate) fn surface(&self) -> PathBuf {
        self.script("surface")
    }

    /// The table of what proves each operation.
    pub(crate) fn table(&self) -> PathBuf {
        home().join(self.folder).join("coverage.yaml")
    }

    /// What runs its scripts, or why nothing can.
    pub(crate) fn interpreter(&self) -> Result<Interpreter, String> {
        let (variable, program) = match self.language {
            Language::Python => ("CUTOVER_SDK_PYTHON", None),
            Language::Node => ("CUTOVER_SDK_NODE_MODULES", Some("node")),
        };
        let Some(value) = std::env::var_os(variable).filter(|value| !value.is_empty()) else {
            return Err(format!("{variable} is not set; see tests/sdk/README.md"));
        };
        Ok(Interpreter {
            program: program.map_or_else(|| value.clone(), OsString::from),
            setting: (variable, value),
        })
    }
}

/// A program that runs scripts.
#[derive(Debug)]
pub(crate) struct Interpreter {
    program: OsString,
    setting: (&'static str, OsString),
}

impl Interpreter {
    /// The command that runs a script, with nothing of the caller's settings for the SDK left.
    pub(crate) fn command(&self, script: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(script).stdin(Stdio::null()).kill_on_drop(true);
        if let Some(folder) = script.parent() {
            command.current_dir(folder);
        }
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if FOREIGN.iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command
            .env(self.setting.0, &self.setting.1)
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The lines that a script prints; at least one, and each once.
    pub(crate) fn lines(&self, script: &Path, args: &[&str]) -> Result<BTreeSet<String>, Failed> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.lines_now(script, args))
    }

    /// Like [`Self::lines`], for a caller that has a runtime.
    pub(crate) async fn lines_now(
        &self,
        script: &Path,
        args: &[&str],
    ) -> Result<BTreeSet<String>, Failed> {
        let shown = script.display();
        let output = self.command(script).args(args).output();
        let output = output
            .await
            .map_err(|error| format!("{} for {shown}: {error}", self.program.to_string_lossy()))?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!("{shown}: {}\n{stderr}", output.status).into());
        }
        let stdout = String::from_utf8_lossy(&output.stdout);
        let mut lines = BTreeSet::new();
        for line in stdout.lines().filter(|line| !line.trim().is_empty()) {
            if !lines.insert(line.to_owned()) {
                return Err(format!("{shown} prints `{line}` twice").into());
            }
        }
        if lines.is_empty() {
            return Err(format!("{shown} prints nothing\n{stderr}").into());
        }
        Ok(lines)
    }
}
