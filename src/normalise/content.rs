//! A value in memory, before and after the rules.

use std::io;

use bytes::Bytes;
use cutover_base::blob::Blob;
use serde_json::Value;

use crate::call::FieldValue;

/// Values up to this many bytes are normalised; larger ones are compared by length and hash
/// alone. 4 MiB is sixteen times the largest file an agent can read through the platform, and
/// bounds the memory of a comparison. A larger value that holds an id therefore differs, and the
/// report says that it was not normalised.
pub const NORMALISED_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// A field's value in memory, as it came.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The field was not there.
    Absent,
    /// A JSON value.
    Json(Value),
    /// Bytes.
    Bytes(Bytes),
    /// Bytes beyond [`NORMALISED_BYTES_MAX`]: what is known without reading them.
    Large {
        /// Length in bytes.
        len: u64,
        /// SHA-256, lower-case hex.
        sha256: String,
    },
}

impl Content {
    /// Loads a field's value; a spilled blob of moderate size is read from its file.
    ///
    /// # Errors
    /// When the file of a spilled blob cannot be read.
    pub fn load(value: Option<&FieldValue>) -> io::Result<Self> {
        Ok(match value {
            None => Self::Absent,
            Some(FieldValue::Json(value)) => Self::Json(value.clone()),
            Some(FieldValue::Bytes(blob)) => Self::of_blob(blob)?,
        })
    }

    fn of_blob(blob: &Blob) -> io::Result<Self> {
        if blob.len > NORMALISED_BYTES_MAX {
            return Ok(Self::Large {
                len: blob.len,
                sha256: blob.sha256.clone(),
            });
        }
        let max = usize::try_from(NORMALISED_BYTES_MAX).unwrap_or(usize::MAX);
        let bytes = blob.head(max)?;
        // A file that was cut short would otherwise compare as if the sandbox had said less.
        if bytes.len() as u64 != blob.len {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("blob {} is shorter than recorded", blob.sha256),
            ));
        }
        Ok(Self::Bytes(bytes))
    }

    /// Text as bytes, whether it came as a JSON string or as captured bytes: which of the two
    /// a surface uses is our own affair and never a difference.
    #[must_use]
    pub fn text_as_bytes(self) -> Self {
        match self {
            Self::Json(Value::String(text)) => Self::Bytes(Bytes::from(text)),
            other => other,
        }
    }

    /// JSON that came as text, parsed; what is not JSON stays as it is.
    #[must_use]
    pub fn parsed(self) -> Self {
        match self.text_as_bytes() {
            Self::Bytes(bytes) => match serde_json::from_slice(&bytes) {
                Ok(value) => Self::Json(value),
                Err(_) => Self::Bytes(bytes),
            },
            other => other,
        }
    }
}

/// A value that may be compared: either the rules were applied to it, or the kind of comparison
/// is raw and says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalised {
    content: Content,
    rules: Vec<String>,
}

impl Normalised {
    /// After the rules, with the names of those that changed something.
    pub(super) fn after(content: Content, rules: Vec<String>) -> Self {
        Self { content, rules }
    }

    /// For kinds of comparison that are raw by definition (`exact`, an explicit `bytes`).
    pub fn untouched(content: Content) -> Self {
        Self::after(content, Vec::new())
    }

    /// The value.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The value, and the rules that changed something.
    pub fn into_parts(self) -> (Content, Vec<String>) {
        (self.content, self.rules)
    }

    /// Names of the rules that changed something, in the order they were applied.
    pub fn rules(&self) -> &[String] {
        &self.rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_value_is_known_by_its_hash_and_not_read() {
        let blob = Blob::from_file("/nonexistent".into(), NORMALISED_BYTES_MAX + 1, "ab".into());
        let content = Content::load(Some(&FieldValue::Bytes(blob))).unwrap();
        assert_eq!(
            content,
            Content::Large {
                len: NORMALISED_BYTES_MAX + 1,
                sha256: "ab".to_owned()
            }
        );
    }

    #[test]
    fn a_blob_that_was_cut_short_is_an_error_and_not_a_shorter_answer() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"abc").unwrap();
        let blob = Blob::from_file(file.path().to_owned(), 5, "ab".into());
        assert!(Content::load(Some(&FieldValue::Bytes(blob))).is_err());
    }

    #[test]
    fn text_is_the_same_in_both_of_our_forms() {
        let json = Content::Json(Value::from("a\n")).text_as_bytes();
        assert_eq!(json, Content::Bytes(Bytes::from_static(b"a\n")));
        let number = Content::Json(Value::from(3));
        assert_eq!(number.clone().text_as_bytes(), number);
    }
}
