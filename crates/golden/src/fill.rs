//! Placeholders in recorded inputs: `${name}` and `@@REPEAT:character:count@@`.

use std::collections::HashMap;
use std::sync::LazyLock;

use cutover_js::{Array, Object, Text, Value};
use regex::{Captures, Regex};

static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\$\{([a-zA-Z0-9_.-]+)\}"));
static REPEAT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)@@REPEAT:(.+?):(\d+)@@"));

pub(crate) fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this crate is one")
}

/// What placeholders stand for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(pub(crate) HashMap<String, String>);

impl Names {
    /// A value with its placeholders filled, in keys too.
    pub(crate) fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.fill_text(text).into(),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.fill(item));
                Value::Array(Array::from(items.collect::<Vec<_>>()))
            }
            Value::Object(members) => {
                let mut filled = Object::new();
                for (key, member) in members.iter() {
                    filled.insert(self.fill_text(key), self.fill(member));
                }
                filled.into()
            }
            other => other.clone(),
        }
    }

    fn fill_text(&self, text: &Text) -> Text {
        // What is no Unicode text has no placeholder in these data.
        let Some(text) = text
            .as_str()
            .filter(|text| text.contains("${") || text.contains("@@"))
        else {
            return text.clone();
        };
        let named = NAME.replace_all(text, |found: &Captures<'_>| {
            self.0
                .get(&found[1])
                .cloned()
                .unwrap_or_else(|| found[0].to_owned())
        });
        let repeated = REPEAT.replace_all(&named, |found: &Captures<'_>| {
            found[1].repeat(found[2].parse().expect("a count is a number"))
        });
        repeated.into_owned().into()
    }
}
