//! Reads mappings of files other than scenarios (ledger, profile, settings) and collects every mistake with its place.

use std::ops::RangeInclusive;

use crate::scenario::node::{Key, Kind, Node, Position};
use crate::scenario::{Problem, nearest};

/// A file being read, and the mistakes found so far.
#[derive(Debug)]
pub(crate) struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    pub(crate) problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    pub(crate) const fn new(file: &'t str, text: &'t str) -> Self {
        Self {
            file,
            text,
            problems: Vec::new(),
        }
    }

    pub(crate) const fn file(&self) -> &'t str {
        self.file
    }

    pub(crate) fn problem(&mut self, at: Position, message: impl Into<String>) {
        self.problem_with_help(at, message, None);
    }

    pub(crate) fn problem_with_help(
        &mut self,
        at: Position,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let problem = Problem::at(self.file, self.text, at, message).with_help(help);
        self.problems.push(problem);
    }

    /// The entries of a mapping whose keys are all known and stand once.
    pub(crate) fn map<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&str],
    ) -> Option<&'n [(Key, Node)]> {
        let Kind::Map(entries) = &node.kind else {
            self.problem(
                node.at,
                format!("{what} is a mapping, not {}", node.type_name()),
            );
            return None;
        };
        for (index, (key, _)) in entries.iter().enumerate() {
            if entries[..index].iter().any(|(had, _)| had.text == key.text) {
                self.problem(
                    key.at,
                    format!("duplicate key `{}`", key.text.escape_debug()),
                );
            } else if !known.contains(&key.text.as_str()) {
                let help = nearest(&key.text, known).map_or_else(
                    || format!("{what} has: {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("unknown key `{}` in {what}", key.text.escape_debug());
                self.problem_with_help(key.at, message, Some(help));
            }
        }
        Some(entries)
    }

    /// The value of a key that must be there.
    pub(crate) fn required<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        key: &str,
    ) -> Option<&'n Node> {
        let found = node.get(key);
        if found.is_none() {
            self.problem(node.at, format!("{what} needs `{key}`"));
        }
        found
    }

    /// Text that must be there and must not be empty.
    pub(crate) fn text(&mut self, node: &Node, what: &str, key: &str) -> Option<String> {
        let value = self.required(node, what, key)?;
        self.text_of(value, key)
    }

    /// Text that may be missing.
    pub(crate) fn optional_text(&mut self, node: &Node, key: &str) -> Option<String> {
        let value = node.get(key)?;
        self.text_of(value, key)
    }

    pub(crate) fn text_of(&mut self, value: &Node, key: &str) -> Option<String> {
        match value.as_text() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => {
                self.problem(value.at, format!("`{key}` is empty"));
                None
            }
            None => {
                self.problem(
                    value.at,
                    format!("`{key}` is text, not {}", value.type_name()),
                );
                None
            }
        }
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        value: &Node,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text_of(value, key)?;
        if let Some((_, word)) = words.iter().find(|(name, _)| *name == text) {
            return Some(*word);
        }
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let help = nearest(&text, &names).map(|near| format!("did you mean `{near}`?"));
        let message = format!(
            "`{key}` is one of {}, not `{}`",
            names.join(", "),
            text.escape_debug()
        );
        self.problem_with_help(value.at, message, help);
        None
    }

    /// A whole number from `min` up.
    pub(crate) fn number(&mut self, value: &Node, key: &str, min: u64) -> Option<u64> {
        let number = match &value.kind {
            Kind::Number(number) => number.as_u64().filter(|number| *number >= min),
            _ => None,
        };
        if number.is_none() {
            self.problem(
                value.at,
                format!(
                    "`{key}` is a whole number from {min} up, such as `{}`",
                    min.max(2)
                ),
            );
        }
        number
    }

    /// A number, whole or not, within bounds.
    pub(crate) fn amount(
        &mut self,
        value: &Node,
        key: &str,
        bounds: RangeInclusive<f64>,
    ) -> Option<f64> {
        let amount = match &value.kind {
            Kind::Number(number) => number.as_f64().filter(|amount| bounds.contains(amount)),
            _ => None,
        };
        if amount.is_none() {
            let (least, most) = (bounds.start(), bounds.end());
            self.problem(
                value.at,
                format!("`{key}` is a number from {least} to {most}, such as `0.5`"),
            );
        }
        amount
    }

    /// A list of texts; a single text is a list of one.
    pub(crate) fn texts(&mut self, value: &Node, key: &str) -> Vec<String> {
        match &value.kind {
            Kind::List(items) => items
                .iter()
                .filter_map(|item| self.text_of(item, key))
                .collect(),
            _ => self.text_of(value, key).into_iter().collect(),
        }
    }
}
