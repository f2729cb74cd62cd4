//! Text with `${{ name }}` in it, and data that is written by kind.

use std::collections::BTreeMap;

use bytes::Bytes;

/// Text with references; `$${{` stands for a literal `${{`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// Literal text and references, in order.
    pub parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands.
    Literal(String),
    /// The name between `${{` and `}}`, trimmed.
    Reference(String),
}

/// Values that references stand for: captures, `run`, `session`, `sandbox.NAME`, `matrix.AXIS`.
pub type Bindings = BTreeMap<String, String>;

/// A reference that no earlier step defined on this side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`${{{{ {0} }}}}` is not defined here")]
pub struct Unresolved(pub String);

impl Template {
    /// A template without references.
    pub fn literal(text: impl Into<String>) -> Self {
        Self {
            parts: vec![Part::Literal(text.into())],
        }
    }

    /// Puts values in the place of references.
    ///
    /// # Errors
    /// Names the first reference that has no value: the step that would have captured it did
    /// not run.
    pub fn resolve(&self, bindings: &Bindings) -> Result<String, Unresolved> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Reference(name) => match bindings.get(name) {
                    Some(value) => text.push_str(value),
                    None => return Err(Unresolved(name.clone())),
                },
            }
        }
        Ok(text)
    }
}

/// Data by kind (`design.md` section 3): `text:` may hold references, the others are bytes that
/// the check has already read or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataTemplate {
    /// UTF-8 text.
    Text(Template),
    /// Bytes from `base64:` or `file:`.
    Bytes(Bytes),
    /// The `ChaCha20` keystream of a seed; sizes may come from the matrix.
    Random {
        /// The seed.
        seed: Template,
        /// Bytes, e.g. `4096`, `64KiB`, `1MiB`.
        size: Template,
    },
}
