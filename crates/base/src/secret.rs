//! A secret and its name. The value is shown by no `Debug` and no serialiser.

use std::fmt;

/// A value that must appear in no artefact, and the name that stands for it: `<secret:NAME>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// What the placeholder says; usually the environment variable it came from.
    pub name: String,
    value: String,
}

impl Secret {
    /// Names a secret value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// The value itself, for the one place that must send it.
    pub fn expose(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<secret:{}>", self.name)
    }
}
