//! What a call of a tool comes to.

use cutover_js::{Text, Value, json};

/// The result of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// What the agent reads. Nearly always a text: the platform's members pass as they are.
    pub(crate) text: Value,
    /// Whether the call failed.
    pub(crate) is_error: bool,
}

impl Answer {
    /// What the platform said.
    pub(crate) fn said(text: Value) -> Self {
        let is_error = false;
        Self { text, is_error }
    }

    /// A failure, in these words.
    pub(crate) fn failed(text: Text) -> Self {
        Self {
            text: Value::String(text),
            is_error: true,
        }
    }

    /// The result as JSON.
    pub(crate) fn json(&self) -> String {
        let text = json::stringify(&self.text);
        format!(
            "{{\"content\":[{{\"type\":\"text\",\"text\":{text}}}],\"isError\":{}}}",
            self.is_error
        )
    }
}

/// The parts one after another.
pub(crate) fn text(parts: &[&dyn AsText]) -> Text {
    let mut whole = Text::new();
    for part in parts {
        part.append_to(&mut whole);
    }
    whole
}

/// What can be a part of a text.
pub(crate) trait AsText {
    fn append_to(&self, text: &mut Text);
}

impl AsText for &str {
    fn append_to(&self, text: &mut Text) {
        text.push_str(self);
    }
}

impl AsText for Text {
    fn append_to(&self, text: &mut Text) {
        text.push_text(self);
    }
}
