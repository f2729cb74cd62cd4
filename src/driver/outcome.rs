//! What a provider's answers are as fields of an outcome at surface provider.

use serde_json::{Value, json};

use crate::call::Outcome;
use crate::driver::{Entry, ExecuteReply, Streams};

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
