//! What a provider answers to a call, and what that is as fields of an outcome.

use cutover_base::blob::Blob;
use serde_json::{Value, json};

use crate::call::Outcome;

/// What a finished command gave. Nothing is derived from anything else.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecuteReply {
    /// The exit code as the provider said it.
    pub exit_code: Option<i64>,
    /// The signal's name as the provider said it, without `SIG`, where it says one.
    pub signal: Option<String>,
    /// What the provider keeps of the output.
    pub streams: Streams,
}

/// Output streams as the provider keeps them.
#[derive(Debug, Clone, PartialEq)]
pub enum Streams {
    /// Kept apart (E2B; Daytona sessions). `output` is stdout then stderr.
    Apart {
        /// Standard output.
        stdout: Blob,
        /// Standard error.
        stderr: Blob,
        /// What a caller would be handed: stdout, then stderr.
        output: Blob,
    },
    /// One string in order of arrival (Daytona execute).
    Merged {
        /// The string.
        output: Blob,
    },
}

/// A background process at a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessHandle {
    /// What the scenario may see of it (E2B: pid; Daytona: command id).
    pub id: String,
    /// The driver's own facts.
    pub private: Value,
}

/// A file, directory or other thing in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Name relative to what was listed; base name for a stat.
    pub name: String,
    /// `file`, `directory`, `symlink` or `other`, as the provider tells it.
    pub kind: String,
    /// Size in bytes, if told.
    pub size: Option<u64>,
    /// Permission bits, four octal digits, if told.
    pub mode: Option<String>,
    /// Time of modification as the provider wrote it.
    pub mtime: Option<String>,
    /// Owner as the provider wrote it.
    pub owner: Option<String>,
    /// What a symlink points to, if told.
    pub target: Option<String>,
}

impl From<ExecuteReply> for Outcome {
    fn from(reply: ExecuteReply) -> Self {
        let mut outcome = Self::default();
        if let Some(code) = reply.exit_code {
            outcome = outcome.with("exit_code", code);
        }
        if let Some(signal) = reply.signal {
            outcome = outcome.with("signal", signal);
        }
        match reply.streams {
            Streams::Apart {
                stdout,
                stderr,
                output,
            } => outcome
                .with_bytes("stdout", stdout)
                .with_bytes("stderr", stderr)
                .with_bytes("output", output)
                .with("streams", "apart"),
            Streams::Merged { output } => outcome
                .with_bytes("output", output)
                .with("streams", "merged"),
        }
    }
}

/// A call that gives nothing but its success.
pub(super) fn nothing((): ()) -> Outcome {
    Outcome::default()
}

/// Files and directories as the field `entries`.
pub(super) fn entries_of(entries: &[Entry]) -> Outcome {
    let entries: Vec<Value> = entries.iter().map(entry_json).collect();
    Outcome::default().with("entries", entries)
}

/// What a provider did not tell is left out, which is a value of its own.
fn entry_json(entry: &Entry) -> Value {
    let mut json = json!({ "name": entry.name, "kind": entry.kind });
    let told = [
        ("size", entry.size.map(Value::from)),
        ("mode", entry.mode.clone().map(Value::from)),
        ("mtime", entry.mtime.clone().map(Value::from)),
        ("owner", entry.owner.clone().map(Value::from)),
        ("target", entry.target.clone().map(Value::from)),
    ];
    for (key, value) in told {
        if let Some(value) = value {
            json[key] = value;
        }
    }
    json
}
