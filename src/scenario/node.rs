//! A YAML value that knows where each of its parts stands.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::scenario::yaml::{self, Spanned, YamlError};

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Line, from 1; 0 when no place is known.
    pub line: usize,
    /// Column in characters, from 1; 0 when no place is known.
    pub column: usize,
}

/// A value and its place. An alias stands where it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value begins.
    pub at: Position,
    /// The value.
    pub kind: Kind,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order it was written; repeated keys are kept, so that the check can name
    /// them.
    Map(Vec<(Key, Node)>),
}

/// A key and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Where the key begins.
    pub at: Position,
    /// The key.
    pub text: String,
}

impl Node {
    /// Reads one YAML document.
    ///
    /// # Errors
    /// The first mistake of syntax or budget, with its place.
    pub fn parse(text: &str) -> Result<Self, YamlError> {
        yaml::from_str_with_duplicates(text)
    }

    /// The article and name of the value's type, for messages.
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// The text, if the value is text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entries, if the value is a mapping.
    pub fn as_map(&self) -> Option<&[(Key, Self)]> {
        match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key, if the value is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let entries = self.as_map()?;
        entries
            .iter()
            .find(|(have, _)| have.text == key)
            .map(|(_, value)| value)
    }

    /// The value without places. Of repeated keys the last one stands.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.text.clone(), value.to_json()))
                    .collect(),
            ),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        Ok(Self {
            at: position(&spanned),
            kind: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<String>::deserialize(deserializer)?;
        Ok(Self {
            at: position(&spanned),
            text: spanned.value,
        })
    }
}

fn position<T>(spanned: &Spanned<T>) -> Position {
    Position {
        line: usize::try_from(spanned.referenced.line()).unwrap_or(usize::MAX),
        column: usize::try_from(spanned.referenced.column()).unwrap_or(usize::MAX),
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Kind, E> {
        Number::from_f64(value)
            .map(Kind::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Kind, E> {
        Ok(Kind::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Kind::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_and_key_knows_its_place() {
        let node = Node::parse("a: 1\nsteps:\n  - execute: { cmd: ls }\n    x: no\n").unwrap();
        let steps = node.get("steps").unwrap();
        assert_eq!((steps.at.line, steps.at.column), (3, 3));
        let Kind::List(items) = &steps.kind else {
            panic!("not a list");
        };
        let (key, value) = &items[0].as_map().unwrap()[1];
        assert_eq!((key.at.line, key.at.column), (4, 5));
        assert_eq!((value.at.line, value.at.column), (4, 8));
        let cmd = items[0].get("execute").unwrap().get("cmd").unwrap();
        assert_eq!((cmd.at.line, cmd.at.column), (3, 21));
        assert_eq!(
            node.to_json(),
            json!({"a": 1, "steps": [{"execute": {"cmd": "ls"}, "x": "no"}]})
        );
    }

    #[test]
    fn repeated_keys_are_kept_with_their_places() {
        let node = Node::parse("a: 1\nb: 2\na: 3\n").unwrap();
        let entries = node.as_map().unwrap();
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[2].0.at.line, 3);
    }

    #[test]
    fn aliases_and_merges_are_expanded() {
        let node = Node::parse("base: &b { x: 1 }\nuse: { <<: *b, y: 2 }\nagain: *b\n").unwrap();
        assert_eq!(
            node.to_json(),
            json!({"base": {"x": 1}, "use": {"x": 1, "y": 2}, "again": {"x": 1}})
        );
        assert_eq!(node.get("again").unwrap().at.line, 3);
    }

    #[test]
    fn odd_scalars_read() {
        let node = Node::parse("[-5, 18446744073709551615, 1.5, ~, '', |\n  a\n  b\n]").ok();
        // A block scalar cannot stand in a flow list; the others can.
        assert!(node.is_none());
        let node = Node::parse("[-5, 18446744073709551615, 1.5, ~, '']").unwrap();
        assert_eq!(
            node.to_json(),
            json!([-5, 18_446_744_073_709_551_615_u64, 1.5, null, ""])
        );
    }
}
