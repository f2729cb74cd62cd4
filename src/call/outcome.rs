//! What one call gave: named fields, whatever the surface.

use cutover_base::blob::Blob;
use indexmap::IndexMap;
use serde_json::Value;

use crate::call::failure::{Failure, FailureClass};

/// One field's value: structured, or captured bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// A JSON value.
    Json(Value),
    /// Captured bytes: output, file content.
    Bytes(Blob),
}

/// The fields that a call gave, in the order in which they were added.
/// A field that was not given is absent, which is a value of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Fields by name.
    pub fields: IndexMap<String, FieldValue>,
}

impl Outcome {
    /// Adds a structured field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields
            .insert(name.to_owned(), FieldValue::Json(value.into()));
        self
    }

    /// Adds a field of bytes.
    #[must_use]
    pub fn with_bytes(mut self, name: &str, blob: Blob) -> Self {
        self.fields.insert(name.to_owned(), FieldValue::Bytes(blob));
        self
    }

    /// Adds the field `failure` with `class` and `message`.
    #[must_use]
    pub fn with_failure(self, failure: &Failure) -> Self {
        self.with(
            "failure",
            serde_json::json!({ "class": failure.class.name(), "message": failure.message }),
        )
    }

    /// The class in the field `failure`; `None` where there is no failure, or a class that nobody
    /// knows.
    pub fn failure_class(&self) -> Option<FailureClass> {
        let Some(FieldValue::Json(failure)) = self.fields.get("failure") else {
            return None;
        };
        let class = failure.get("class")?.as_str()?;
        FailureClass::ALL
            .into_iter()
            .find(|known| known.name() == class)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_class_of_a_failure_is_read_as_it_was_written() {
        for class in FailureClass::ALL {
            let failed = Outcome::default().with_failure(&Failure::new(class, "no"));
            assert_eq!(failed.failure_class(), Some(class));
        }
        for failure in [json!("timeout"), json!({"class": "slow"}), json!({})] {
            let odd = Outcome::default().with("failure", failure);
            assert_eq!(odd.failure_class(), None, "{odd:?}");
        }
        assert_eq!(
            Outcome::default().with("exit_code", 1).failure_class(),
            None
        );
    }
}
