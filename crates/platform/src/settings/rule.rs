//! One rule a variable, and what is said of a value that breaks it.

use std::collections::BTreeMap;
use std::fmt;

use url::Url;

/// Names and values, as an environment has them.
pub type Variables = BTreeMap<String, String>;

/// Every mistake in the variables at once, in the order in which the original checks them.
///
/// The text is the original's, byte for byte: one of its routes hands it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// A variable and what is wrong with it.
    pub mistakes: Vec<(&'static str, String)>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invalid server environment configuration:\n")?;
        for (name, mistake) in &self.mistakes {
            writeln!(f, "  - {name}: {mistake}")?;
        }
        f.write_str("See .env.example for the required keys.")
    }
}

impl std::error::Error for SettingsError {}

/// Reads variables one by one and keeps what is wrong with them.
pub(super) struct Reader<'a> {
    variables: &'a Variables,
    mistakes: Vec<(&'static str, String)>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(variables: &'a Variables) -> Self {
        Self {
            variables,
            mistakes: Vec::new(),
        }
    }

    /// A value that must be there, of at least so many UTF-16 units.
    pub(super) fn required(&mut self, name: &'static str, units_min: usize) -> String {
        if !self.variables.contains_key(name) {
            self.mistakes.push((name, "Required".to_owned()));
        }
        self.optional(name, units_min).unwrap_or_default()
    }

    /// A value that may be missing; one that is there has at least so many UTF-16 units, so an
    /// empty value is a mistake and not the same as none.
    pub(super) fn optional(&mut self, name: &'static str, units_min: usize) -> Option<String> {
        let value = self.variables.get(name)?;
        if value.encode_utf16().count() < units_min {
            let mistake = format!("String must contain at least {units_min} character(s)");
            self.mistakes.push((name, mistake));
        }
        Some(value.clone())
    }

    /// An address, kept as it was written.
    pub(super) fn address(&mut self, name: &'static str) -> Option<String> {
        let value = self.variables.get(name)?;
        if Url::parse(value).is_err() {
            self.mistakes.push((name, "Invalid url".to_owned()));
        }
        Some(value.clone())
    }

    /// One of a few words.
    pub(super) fn one_of<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let value = self.variables.get(name)?;
        let found = words.iter().find(|(word, _)| word == value);
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| format!("'{word}'")).collect();
            let mistake = format!(
                "Invalid enum value. Expected {}, received '{value}'",
                words.join(" | ")
            );
            self.mistakes.push((name, mistake));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// A value without a rule.
    pub(super) fn any(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    /// What was read, unless something was wrong.
    pub(super) fn finish<T>(self, read: T) -> Result<T, SettingsError> {
        if self.mistakes.is_empty() {
            return Ok(read);
        }
        Err(SettingsError {
            mistakes: self.mistakes,
        })
    }
}
