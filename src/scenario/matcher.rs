//! Paths into outcomes, and matchers on what they find.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::bytes::Regex;
use serde_json::Value;

use crate::scenario::nearest::nearest;
use crate::scenario::node::{Key, Kind, Node, Position};
use crate::scenario::template::{Part, Template};

/// Characters of a found value that a message shows.
pub(crate) const SHOWN_CHARS_MAX: usize = 160;

/// Operators, all of which must hold.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    /// The operators in the order they were written.
    pub operators: Vec<Operator>,
}

/// One operator of a matcher.
#[derive(Debug, Clone)]
pub enum Operator {
    /// Equal to a JSON value; text is compared with bytes as UTF-8.
    Equals(Value),
    /// Equal to bytes (`equals: {base64: ...}`).
    EqualsBytes(Vec<u8>),
    /// The whole text matches (anchored at both ends).
    Matches(Regex),
    /// Contains the text.
    Contains(String),
    /// Starts with the text.
    StartsWith(String),
    /// Ends with the text.
    EndsWith(String),
    /// Equal to one of the values.
    OneOf(Vec<Value>),
    /// The path finds nothing (`true`) or something (`false`).
    Absent(bool),
    /// A number at least this.
    Min(f64),
    /// A number at most this.
    Max(f64),
    /// SHA-256 of the bytes, hex.
    Sha256(String),
}

/// A mistake in a matcher and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatcherError {
    /// Where it is.
    pub at: Position,
    /// What is wrong, one line.
    pub message: String,
}

impl Matcher {
    /// Reads a matcher: a scalar means `equals`, a mapping is operators.
    ///
    /// # Errors
    /// Every mistake in it, with its place.
    pub fn from_node(node: &Node) -> Result<Self, Vec<MatcherError>> {
        let error = |message: &str| {
            vec![MatcherError {
                at: node.at,
                message: message.to_owned(),
            }]
        };
        match &node.kind {
            Kind::Map(entries) if entries.is_empty() => {
                Err(error("a matcher needs at least one operator"))
            }
            Kind::Map(entries) => Self::from_entries(entries),
            Kind::List(_) => Err(error(
                "a list is no matcher: write `equals: [...]` or `one_of: [...]`",
            )),
            Kind::Text(text) => literal(text)
                .map(|text| Self {
                    operators: vec![Operator::Equals(Value::String(text))],
                })
                .map_err(|message| error(&message)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => Ok(Self {
                operators: vec![Operator::Equals(node.to_json())],
            }),
        }
    }

    /// Reads the operators of a mapping, in their order.
    ///
    /// # Errors
    /// Every mistake in it, with its place; a repeated operator is one.
    pub fn from_entries(entries: &[(Key, Node)]) -> Result<Self, Vec<MatcherError>> {
        let mut operators = Vec::new();
        let mut errors = Vec::new();
        for (index, (key, node)) in entries.iter().enumerate() {
            let mut error = |at: Position, message: String| {
                errors.push(MatcherError { at, message });
            };
            if entries[..index].iter().any(|(had, _)| had.text == key.text) {
                error(key.at, format!("duplicate operator `{}`", key.text));
                continue;
            }
            if !Operator::NAMES.contains(&key.text.as_str()) {
                error(key.at, unknown_operator(&key.text));
                continue;
            }
            match Operator::parse(&key.text, &node.to_json()) {
                Ok(operator) => operators.push(operator),
                Err(message) => error(node.at, message),
            }
        }
        if errors.is_empty() {
            Ok(Self { operators })
        } else {
            Err(errors)
        }
    }
}

fn unknown_operator(name: &str) -> String {
    let known = match nearest(name, &Operator::NAMES) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of {}", Operator::NAMES.join(", ")),
    };
    format!("unknown matcher `{}`; {known}", cut(name))
}

impl Operator {
    /// The operators' names, in the order in which they are told.
    pub const NAMES: [&'static str; 10] = [
        "equals",
        "matches",
        "contains",
        "starts_with",
        "ends_with",
        "one_of",
        "absent",
        "min",
        "max",
        "sha256",
    ];

    /// Reads one operator.
    ///
    /// # Errors
    /// When the name is unknown or the operand is not what the operator takes.
    pub fn parse(name: &str, operand: &Value) -> Result<Self, String> {
        match name {
            "equals" => equals(operand),
            "matches" => pattern(&text(name, operand)?).map(Self::Matches),
            "contains" => text(name, operand).map(Self::Contains),
            "starts_with" => text(name, operand).map(Self::StartsWith),
            "ends_with" => text(name, operand).map(Self::EndsWith),
            "one_of" => match operand {
                Value::Array(list) if !list.is_empty() => {
                    let list: Result<_, _> = list.iter().map(without_references).collect();
                    list.map(Self::OneOf)
                }
                _ => Err("`one_of` takes a list with at least one value".to_owned()),
            },
            "absent" => match operand {
                Value::Bool(absent) => Ok(Self::Absent(*absent)),
                _ => Err("`absent` takes `true` or `false`".to_owned()),
            },
            "min" => number(name, operand).map(Self::Min),
            "max" => number(name, operand).map(Self::Max),
            "sha256" => sha256(&text(name, operand)?),
            _ => Err(unknown_operator(name)),
        }
    }
}

fn equals(operand: &Value) -> Result<Operator, String> {
    if let Some(object) = operand.as_object()
        && object.len() == 1
        && let Some(encoded) = object.get("base64")
    {
        let encoded = encoded.as_str().unwrap_or("!");
        return STANDARD
            .decode(encoded)
            .map(Operator::EqualsBytes)
            .map_err(|_| "`base64` is not base64".to_owned());
    }
    without_references(operand).map(Operator::Equals)
}

fn number(name: &str, operand: &Value) -> Result<f64, String> {
    operand
        .as_f64()
        .ok_or_else(|| format!("`{name}` takes a number"))
}

fn text(name: &str, operand: &Value) -> Result<String, String> {
    match operand {
        Value::String(text) => literal(text),
        other => Err(format!(
            "`{name}` takes text; write \"{}\"",
            cut(&other.to_string())
        )),
    }
}

fn sha256(text: &str) -> Result<Operator, String> {
    let hash = text.to_ascii_lowercase();
    if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(Operator::Sha256(hash))
    } else {
        Err("`sha256` takes 64 hex digits".to_owned())
    }
}

/// A pattern that must match the whole. Its flags end with it, and in `(?x)` mode a comment at
/// its end must not swallow the anchor: hence the pattern alone first, then the anchored forms.
fn pattern(text: &str) -> Result<Regex, String> {
    let told = |error: &regex::Error| format!("not a regular expression: {}", regex_reason(error));
    Regex::new(text).map_err(|error| told(&error))?;
    Regex::new(&format!("\\A(?:{text})\\z"))
        .or_else(|_| Regex::new(&format!("\\A(?:{text}\n)\\z")))
        .map_err(|error| told(&error))
}

/// The last line of a regex error, which says what is wrong.
pub(crate) fn regex_reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}

fn without_references(value: &Value) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(literal(text)?),
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(without_references)
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(entries) => {
            let mut plain = serde_json::Map::new();
            for (key, value) in entries {
                plain.insert(key.clone(), without_references(value)?);
            }
            Value::Object(plain)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

/// The text of an operand. Expectations are checked before anything runs, so they hold no
/// references; `$${{` stands for a literal `${{` as everywhere.
fn literal(text: &str) -> Result<String, String> {
    let template = Template::parse(text).map_err(|error| error.to_string())?;
    template
        .parts
        .into_iter()
        .map(|part| match part {
            Part::Literal(text) => Ok(text),
            Part::Reference(name) => Err(format!(
                "a matcher holds no reference; write `$${{{{ {name} }}}}` for the text itself"
            )),
        })
        .collect()
}

/// Cuts a text for a message; what could move a terminal is escaped.
pub(crate) fn cut(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == SHOWN_CHARS_MAX {
            out.push_str("...");
            break;
        }
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(value) => write!(f, "equals {}", cut(&value.to_string())),
            Self::EqualsBytes(bytes) => write!(f, "equals {} given bytes", bytes.len()),
            Self::Matches(pattern) => write!(f, "matches {}", cut(pattern.as_str())),
            Self::Contains(text) => write!(f, "contains {}", cut(&format!("{text:?}"))),
            Self::StartsWith(text) => write!(f, "starts_with {}", cut(&format!("{text:?}"))),
            Self::EndsWith(text) => write!(f, "ends_with {}", cut(&format!("{text:?}"))),
            Self::OneOf(list) => {
                write!(f, "one_of {}", cut(&Value::Array(list.clone()).to_string()))
            }
            Self::Absent(true) => f.write_str("absent"),
            Self::Absent(false) => f.write_str("a value"),
            Self::Min(least) => write!(f, "min {least}"),
            Self::Max(most) => write!(f, "max {most}"),
            Self::Sha256(hash) => write!(f, "sha256 {hash}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(yaml: &str) -> Vec<(usize, String)> {
        match Matcher::from_node(&Node::parse(yaml).unwrap()) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.into_iter().map(|e| (e.at.line, e.message)).collect(),
        }
    }

    #[test]
    fn all_mistakes_of_a_matcher_are_found_at_once() {
        let found = mistakes("equal: 1\nmatches: '('\nmin: x\nsha256: abc\none_of: []\n");
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5]);
        assert_eq!(
            found[0].1,
            "unknown matcher `equal`; did you mean `equals`?"
        );
        assert!(found[1].1.contains("unclosed group"), "{}", found[1].1);
    }

    #[test]
    fn shapes_that_are_no_matcher() {
        for yaml in [
            "[1]",
            "{}",
            "{equals: {base64: '?'}}",
            "{contains: 3}",
            "{absent: yes}",
            "'${{ x }}'",
            "{equals: {a: ['${{ x }}']}}",
            "{min: 1, min: 2}",
        ] {
            assert_eq!(mistakes(yaml).len(), 1, "{yaml}");
        }
    }

    #[test]
    fn a_pattern_is_anchored_whatever_it_says() {
        for (text, yes, no) in [
            ("a|b", "b", "bc"),
            ("(?i)A", "a", "ab"),
            ("(?x) a # comment", "a", "ab"),
            ("(?m)^a$", "a", "a\nb"),
        ] {
            let pattern = pattern(text).unwrap();
            assert!(pattern.is_match(yes.as_bytes()), "{text}");
            assert!(!pattern.is_match(no.as_bytes()), "{text}");
        }
    }

    #[test]
    fn an_escaped_reference_is_text() {
        let matcher = Matcher::from_node(&Node::parse("'$${{ x }}'").unwrap()).unwrap();
        assert_eq!(matcher.operators[0].to_string(), "equals \"${{ x }}\"");
    }
}
