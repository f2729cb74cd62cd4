//! What writing and reading a journal share: its lines, and what can be wrong with it.

use std::io;
use std::path::PathBuf;

use cutover_base::redact::Redactor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes that one line may have. Values above 64 KiB lie in blobs, so that only structured values
/// make long lines; 64 MiB is far above any listing and keeps a damaged file from eating memory.
pub const LINE_BYTES_MAX: usize = 64 << 20;

/// Where a line stands in the journal, its end included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub(crate) start: u64,
    pub(crate) len: usize,
}

/// Line 1 of a journal.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FormatLine {
    /// `cutover.journal/1`.
    pub format: String,
    /// The version of cutover that wrote it.
    #[serde(default)]
    pub version: String,
}

/// Why a journal could not be written or read. Always names the file.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// It could not be made, most often because the folder is not writable.
    #[error("cannot create the journal `{}`: {message}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// An event could not be written, most often because the disk is full.
    #[error("cannot write to the journal `{}`: {message}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// It could not be read.
    #[error("cannot read the journal `{}`: {message}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// It is no journal, or one of a newer major version.
    #[error("`{}` is not a journal this version reads: {message}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What stood there.
        message: String,
    },
    /// A line in it makes no sense.
    #[error("the journal `{}` is damaged at line {line}: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
}

/// An event or the format line as a line, with its end.
pub(crate) fn to_line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    if line.len() > LINE_BYTES_MAX {
        return Err(io::Error::other(format!(
            "an event of {} bytes, over {LINE_BYTES_MAX}",
            line.len()
        )));
    }
    Ok(line)
}

/// A line whose texts hold no secret. It stays JSON, whatever stands around a secret in it.
pub(crate) fn without_secrets(line: Vec<u8>, redactor: &Redactor) -> io::Result<Vec<u8>> {
    if redactor.finds(&line) {
        line_without_secrets(&line, redactor)
    } else {
        Ok(line)
    }
}

/// A journal's line with placeholders in the place of secrets.
///
/// # Errors
/// When it is no JSON.
pub fn line_without_secrets(line: &[u8], redactor: &Redactor) -> io::Result<Vec<u8>> {
    to_line(&redacted(serde_json::from_slice(line)?, redactor))
}

fn redacted(value: Value, redactor: &Redactor) -> Value {
    match value {
        Value::String(text) => Value::String(redactor.text(&text)),
        Value::Array(items) => items
            .into_iter()
            .map(|item| redacted(item, redactor))
            .collect(),
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, item)| (redactor.text(&key), redacted(item, redactor)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::secret::Secret;

    use super::*;

    #[test]
    fn a_line_without_a_secret_is_the_same_json_with_placeholders() {
        let redactor = Redactor::new(vec![Secret::new("KEY", "\"quoted\\key\"")]);
        let event = serde_json::json!({
            "\"quoted\\key\"": ["a\\\"quoted\\key\"\\", {"n": 1.5, "t": null}],
            "text": "x \"quoted\\key\"",
        });
        let line = to_line(&event).unwrap();
        let safe: Value =
            serde_json::from_slice(&without_secrets(line, &redactor).unwrap()).unwrap();
        assert_eq!(safe["text"], "x <secret:KEY>");
        let shown = safe.to_string();
        assert!(
            !shown.contains("quoted") && shown.contains("1.5"),
            "{shown}"
        );
        let plain = to_line(&serde_json::json!({"b": 1, "a": 2})).unwrap();
        assert_eq!(without_secrets(plain.clone(), &redactor).unwrap(), plain);
    }
}
