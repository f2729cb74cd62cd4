//! Outcomes to their form on disk and back: bytes as text if they are UTF-8, else base64, else
//! the hash of a file in `blobs/`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutover_base::blob::Blob;

use crate::call::{Failure, FailureClass, FieldValue, Outcome};
use crate::transcript::event::{StoredResult, StoredStep, StoredValue};
use crate::transcript::folder::BLOBS_DIR;
use crate::transcript::record::{StepRecord, StepResult};

/// Why a stored value cannot be read back, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RestoreError(String);

/// A step's record as it is stored. Its id goes into the event's envelope.
pub fn store_step(record: &StepRecord) -> StoredStep {
    StoredStep {
        started: record.started,
        duration_ms: record.duration_ms,
        attempts: record.attempts,
        result: store_result(&record.result),
        unmet: record.unmet.clone(),
    }
}

/// A stored step as a record again. `run_dir` is the run folder, whose `blobs/` holds the large
/// values; they are opened when they are read, not here.
///
/// # Errors
/// When a value, hash or class is not what a journal holds.
pub fn restore_step(
    step: &str,
    stored: StoredStep,
    run_dir: &Path,
) -> Result<StepRecord, RestoreError> {
    let result = match stored.result {
        StoredResult::Outcome(fields) => {
            let mut outcome = Outcome::default();
            for (name, value) in fields {
                let value = restore_value(value, run_dir)?;
                outcome.fields.insert(name, value);
            }
            StepResult::Outcome(outcome)
        }
        StoredResult::ProviderError { class, message } => {
            let known = FailureClass::ALL.into_iter().find(|c| c.name() == class);
            let class =
                known.ok_or_else(|| RestoreError(format!("unknown failure class `{class}`")))?;
            StepResult::ProviderError(Failure { class, message })
        }
        StoredResult::HarnessError(message) => StepResult::HarnessError(message),
        StoredResult::Unsupported(message) => StepResult::Unsupported(message),
        StoredResult::NotReached(message) => StepResult::NotReached(message),
        StoredResult::NotRecorded(message) => StepResult::NotRecorded(message),
    };
    Ok(StepRecord {
        step: step.to_owned(),
        started: stored.started,
        duration_ms: stored.duration_ms,
        attempts: stored.attempts,
        result,
        unmet: stored.unmet,
    })
}

fn store_result(result: &StepResult) -> StoredResult {
    match result {
        StepResult::Outcome(outcome) => StoredResult::Outcome(
            outcome
                .fields
                .iter()
                .map(|(name, value)| (name.clone(), store_value(value)))
                .collect(),
        ),
        StepResult::ProviderError(failure) => StoredResult::ProviderError {
            class: failure.class.name().to_owned(),
            message: failure.message.clone(),
        },
        StepResult::HarnessError(message) => StoredResult::HarnessError(message.clone()),
        StepResult::Unsupported(message) => StoredResult::Unsupported(message.clone()),
        StepResult::NotReached(message) => StoredResult::NotReached(message.clone()),
        StepResult::NotRecorded(message) => StoredResult::NotRecorded(message.clone()),
    }
}

fn store_value(value: &FieldValue) -> StoredValue {
    let blob = match value {
        FieldValue::Json(json) => {
            return StoredValue {
                json: Some(json.clone()),
                ..StoredValue::default()
            };
        }
        FieldValue::Bytes(blob) => blob,
    };
    let mut stored = StoredValue {
        bytes: Some(blob.len),
        ..StoredValue::default()
    };
    match blob.inline() {
        None => stored.blob = Some(blob.sha256.clone()),
        Some(bytes) => match str::from_utf8(bytes) {
            Ok(text) => stored.text = Some(text.to_owned()),
            Err(_) => stored.base64 = Some(STANDARD.encode(bytes)),
        },
    }
    stored
}

fn restore_value(stored: StoredValue, run_dir: &Path) -> Result<FieldValue, RestoreError> {
    if let Some(text) = stored.text {
        return Ok(FieldValue::Bytes(Blob::from_bytes(text.into_bytes())));
    }
    if let Some(base64) = stored.base64 {
        let bytes = STANDARD
            .decode(base64)
            .map_err(|error| RestoreError(format!("a value is not base64: {error}")))?;
        return Ok(FieldValue::Bytes(Blob::from_bytes(bytes)));
    }
    if let Some(sha256) = stored.blob {
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
        let (true, Some(len)) = (is_hash, stored.bytes) else {
            // A name from a file we did not write must not lead out of the folder.
            return Err(RestoreError(format!("`{sha256:.80}` is no blob")));
        };
        let path = run_dir.join(BLOBS_DIR).join(&sha256);
        return Ok(FieldValue::Bytes(Blob::from_file(path, len, sha256)));
    }
    // JSON's own `null` cannot be told from a missing key; a stored value has one of the four.
    Ok(FieldValue::Json(stored.json.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use cutover_base::blob::BlobStore;
    use cutover_base::redact::Redactor;
    use serde_json::{Value, json};

    use super::*;

    fn record(result: StepResult) -> StepRecord {
        StepRecord {
            step: "s".to_owned(),
            started: "2026-01-02T03:04:05Z".parse().unwrap(),
            duration_ms: 12,
            attempts: 1,
            result,
            unmet: Vec::new(),
        }
    }

    fn round_trip(record: &StepRecord, dir: &Path) -> StepRecord {
        let text = serde_json::to_string(&store_step(record)).unwrap();
        restore_step("s", serde_json::from_str(&text).unwrap(), dir).unwrap()
    }

    #[test]
    fn every_kind_of_value_comes_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::new(dir.path().join(BLOBS_DIR), Redactor::noop());
        let large = store.put(&vec![0xff; 100_000]).unwrap();
        assert!(large.file().is_some());
        let outcome = Outcome::default()
            .with("exit_code", 3)
            .with("signal", Value::Null)
            .with("entries", json!([{"name": "b"}, {"a": 1.5, "name": "a"}]))
            .with_bytes("stdout", Blob::from_bytes("tab\t\u{1b}[31m\r\n"))
            .with_bytes("stderr", Blob::from_bytes(Vec::new()))
            .with_bytes("content", Blob::from_bytes(vec![0, 0xff, 0xfe]))
            .with_bytes("output", large);
        let before = record(StepResult::Outcome(outcome));
        assert_eq!(round_trip(&before, dir.path()), before);
    }

    #[test]
    fn every_kind_of_result_comes_back_as_it_was() {
        let failures =
            FailureClass::ALL.map(|class| StepResult::ProviderError(Failure::new(class, "m")));
        let others = [
            StepResult::HarnessError("h".to_owned()),
            StepResult::Unsupported("u".to_owned()),
            StepResult::NotReached("n".to_owned()),
            StepResult::NotRecorded("r".to_owned()),
        ];
        for result in failures.into_iter().chain(others) {
            let before = record(result);
            assert_eq!(round_trip(&before, Path::new("/nowhere")), before);
        }
    }

    #[test]
    fn a_blob_name_cannot_lead_out_of_the_folder() {
        for name in ["../../etc/passwd", "", "zz", &"g".repeat(64)] {
            let stored = StoredValue {
                blob: Some(name.to_owned()),
                bytes: Some(1),
                ..StoredValue::default()
            };
            assert!(restore_value(stored, Path::new("/run")).is_err(), "{name}");
        }
    }
}
