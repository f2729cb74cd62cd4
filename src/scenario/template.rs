//! Text with `${{ name }}` in it, and data that is written by kind.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

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

/// The reference to the home folder in the sandbox, which a side is asked for when it is needed.
pub const HOME: &str = "home";

/// How references to secrets of the user's own begin.
pub const SECRETS: &str = "secrets.";

/// Values that references stand for: captures, `home`, `run`, `session`, `sandbox.NAME`,
/// `matrix.AXIS`, `secrets.NAME`.
pub type Bindings = BTreeMap<String, String>;

/// A reference that no earlier step defined on this side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`${{{{ {0} }}}}` is not defined here")]
pub struct Unresolved(pub String);

/// Why a text with `${{` in it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `${{` without `}}` behind it.
    #[error("`${{{{` without `}}}}` behind it; write `$${{{{` for the text itself")]
    Unterminated,
    /// What stands between is not a name.
    #[error(
        "`{0}` is not a name for `${{{{ }}}}`: letters, digits, `_`, `-` and `.`; write `$${{{{` for the text itself"
    )]
    BadName(String),
}

impl Template {
    /// Reads a text with `${{ name }}` in it; `$${{` stands for a literal `${{`.
    ///
    /// # Errors
    /// When a reference has no end or no proper name.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${{") {
            let (before, after) = (&rest[..at], &rest[at + 3..]);
            if let Some(before) = before.strip_suffix('$') {
                literal.push_str(before);
                literal.push_str("${{");
                rest = after;
                continue;
            }
            literal.push_str(before);
            let end = after.find("}}").ok_or(TemplateError::Unterminated)?;
            let name = after[..end].trim();
            if !is_reference_name(name) {
                let shown: String = name.escape_debug().take(40).collect();
                return Err(TemplateError::BadName(shown));
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Reference(name.to_owned()));
            rest = &after[end + 2..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts })
    }

    /// The text, if no reference is in it.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The names it refers to, in order.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

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

/// Data by kind: `text:` may hold references, the others are bytes that the check has already
/// read or made.
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

/// Environment variables with references in their values.
pub type EnvTemplate = Vec<(String, Template)>;

/// JSON with references in its texts; keys stand as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonTemplate(Value);

impl JsonTemplate {
    /// Takes a value, and gives it with the names that it refers to.
    ///
    /// # Errors
    /// The first text in it that is no template.
    pub fn parse(value: Value) -> Result<(Self, Vec<String>), TemplateError> {
        let mut names = Vec::new();
        each_text(&value, &mut |text| {
            let template = Template::parse(text)?;
            names.extend(template.references().map(str::to_owned));
            Ok(())
        })?;
        Ok((Self(value), names))
    }

    /// The value as it was written.
    pub(crate) const fn written(&self) -> &Value {
        &self.0
    }

    /// Puts values in the place of references.
    ///
    /// # Errors
    /// Names the first reference that has no value.
    pub fn resolve(&self, bindings: &Bindings) -> Result<Value, Unresolved> {
        resolved(&self.0, bindings)
    }
}

fn each_text<E>(value: &Value, look: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().try_for_each(|item| each_text(item, look)),
        Value::Object(entries) => entries.values().try_for_each(|item| each_text(item, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn resolved(value: &Value, bindings: &Bindings) -> Result<Value, Unresolved> {
    Ok(match value {
        Value::String(text) => match Template::parse(text) {
            Ok(template) => Value::String(template.resolve(bindings)?),
            // Every text was read when the template was made.
            Err(_) => value.clone(),
        },
        Value::Array(items) => {
            let items = items.iter().map(|item| resolved(item, bindings));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, item)| Ok((key.clone(), resolved(item, bindings)?)));
            Value::Object(entries.collect::<Result<_, Unresolved>>()?)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

fn is_reference_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, resolved: &str) {
        let bindings = Bindings::from([
            ("a".to_owned(), "1".to_owned()),
            ("matrix.size".to_owned(), "64KiB".to_owned()),
        ]);
        let template = Template::parse(text).unwrap();
        assert_eq!(template.resolve(&bindings).unwrap(), resolved, "{text}");
    }

    #[test]
    fn references_and_escapes() {
        check("", "");
        check("echo ${a} $a {{a}}", "echo ${a} $a {{a}}");
        check("x ${{ a }}${{a}} y", "x 11 y");
        check("${{ matrix.size }}", "64KiB");
        check("$${{ a }}", "${{ a }}");
        check("$$${{ a }}", "$${{ a }}");
        check("a $ ${{ a }}", "a $ 1");
        check("é${{ a }}é", "é1é");
    }

    #[test]
    fn references_in_json() {
        let bindings = Bindings::from([("a".to_owned(), "1".to_owned())]);
        let value = serde_json::json!({"x ${{ a }}": ["${{ a }}", {"k": "$${{ a }}"}], "n": 7});
        let (template, names) = JsonTemplate::parse(value).unwrap();
        assert_eq!(names, ["a"]);
        let resolved = template.resolve(&bindings).unwrap();
        let wanted = serde_json::json!({"x ${{ a }}": ["1", {"k": "${{ a }}"}], "n": 7});
        assert_eq!(resolved, wanted);
        let missing = template.resolve(&Bindings::new());
        assert_eq!(missing, Err(Unresolved("a".to_owned())));
        let broken = JsonTemplate::parse(serde_json::json!(["${{ a"]));
        assert_eq!(broken, Err(TemplateError::Unterminated));
    }

    #[test]
    fn broken_references_are_errors() {
        assert_eq!(Template::parse("${{ a"), Err(TemplateError::Unterminated));
        assert!(matches!(
            Template::parse("${{ }}"),
            Err(TemplateError::BadName(_))
        ));
        assert!(matches!(
            Template::parse("${{ a b }}"),
            Err(TemplateError::BadName(_))
        ));
        let error = Template::parse("${{ b }}")
            .unwrap()
            .resolve(&Bindings::new());
        assert_eq!(error, Err(Unresolved("b".to_owned())));
    }
}
