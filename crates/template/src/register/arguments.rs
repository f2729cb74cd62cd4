//! `--build-arg NAME=VALUE`: values for the `ARG`s of a Dockerfile.

use indexmap::IndexMap;

use crate::register::findings::Findings;

/// The values that were given, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildArguments(IndexMap<String, String>);

impl BuildArguments {
    /// Reads `NAME=VALUE`s.
    ///
    /// # Errors
    /// Each that is none, in a sentence.
    pub fn read(given: &[String]) -> Result<Self, String> {
        let mut all = IndexMap::new();
        let mut wrong = Vec::new();
        for text in given {
            let is_name = |name: &str| {
                !name.is_empty()
                    && !name.starts_with(|c: char| c.is_ascii_digit())
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            };
            match text.split_once('=') {
                Some((name, value)) if is_name(name) => {
                    all.insert(name.to_owned(), value.to_owned());
                }
                _ => wrong.push(format!("--build-arg {text}: it takes NAME=VALUE")),
            }
        }
        if wrong.is_empty() {
            Ok(Self(all))
        } else {
            Err(wrong.join("\nerror: "))
        }
    }

    /// The value of one.
    pub(crate) fn get(&self, name: &str) -> Option<&String> {
        self.0.get(name)
    }

    /// Tells those that no `ARG` of the Dockerfile takes.
    pub(crate) fn check_names(&self, declared: &[String], findings: &mut Findings<'_>) {
        for name in self.0.keys().filter(|name| !declared.contains(name)) {
            let message = format!("--build-arg {name}: the Dockerfile has no ARG of this name");
            let help = "the README of the template lists its build arguments";
            findings.error(0, "build-arg", message, help);
        }
    }
}
