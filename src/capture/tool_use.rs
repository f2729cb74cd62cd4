//! A tool call as it was seen, before anything is made of it.

use serde_json::Value;

/// The tools of the sandbox.
pub(crate) const TOOLS: [&str; 4] = ["provision", "execute", "read_file", "upload_artifact"];

/// Bytes of an answer's text that are kept: ids stand near the beginning of what is longer.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// One call of a tool, and what came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolUse {
    /// The tool.
    pub(crate) tool: String,
    /// Its arguments; none where the call had none.
    pub(crate) arguments: Option<Value>,
    /// What came back.
    pub(crate) answer: Answer,
    /// Whether a call before it was still without an answer when it was sent.
    pub(crate) overlaps: bool,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Answer {
    /// Nothing, until the end.
    #[default]
    Missing,
    /// Something that was too long to keep, or could not be read.
    NotKept,
    /// A text, perhaps its beginning only.
    Text {
        /// The text.
        text: String,
        /// Whether there was more of it.
        cut: bool,
        /// Whether the tool said that it failed, if it said either.
        is_error: Option<bool>,
    },
    /// The protocol's error, with its message.
    Refused(String),
}

impl Answer {
    /// A text, of which so much is kept as may be.
    pub(crate) fn text(text: &str, is_error: Option<bool>) -> Self {
        let mut end = text.len().min(ANSWER_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self::Text {
            text: text[..end].to_owned(),
            cut: end < text.len(),
            is_error,
        }
    }

    /// The text, whole or its beginning.
    pub(crate) fn shown(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it tells that the tool did not do what was asked.
    pub(crate) fn is_failure(&self) -> bool {
        match self {
            // A platform's words for a failure come as a success in some servers.
            Self::Text { text, is_error, .. } => {
                *is_error == Some(true) || text.starts_with("error:")
            }
            Self::Refused(_) => true,
            Self::NotKept | Self::Missing => false,
        }
    }

    /// Whether it tells that the tool did what was asked.
    pub(crate) fn is_success(&self) -> bool {
        !self.is_failure() && *self != Self::Missing
    }
}

impl ToolUse {
    /// Bytes that it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let arguments = self.arguments.as_ref().map_or(0, weight);
        arguments + self.answer.shown().map_or(0, str::len) + self.tool.len() + 64
    }

    /// An argument that is text.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.arguments.as_ref()?.get(key)?.as_str()
    }
}

/// Bytes of a value, about.
pub(crate) fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 16,
        Value::Array(items) => 16 + items.iter().map(weight).sum::<usize>(),
        Value::Object(map) => {
            16 + map
                .iter()
                .map(|(key, it)| key.len() + weight(it))
                .sum::<usize>()
        }
        _ => 16,
    }
}

/// The texts in a value.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
