//! What is wrong with a body.

use cutover_js::{Array, Object, Text, Value};

/// Everything that is wrong with a body, in the order of its schema.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Issues(Vec<Issue>);

/// One thing that is wrong: where, what, and the whole of it as the original writes it.
#[derive(Debug, Clone, PartialEq)]
struct Issue {
    path: Option<&'static str>,
    message: Text,
    written: Object,
}

impl Issues {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an issue. `members` are its keys in their order; `path` and `message` among them have
    /// null for a value and get their own here.
    pub(super) fn add(
        &mut self,
        path: Option<&'static str>,
        message: impl Into<Text>,
        members: Vec<(&'static str, Value)>,
    ) {
        let message = message.into();
        let mut written = Object::new();
        for (key, value) in members {
            match key {
                "path" => {
                    let path = path.into_iter().map(Value::from).collect::<Vec<_>>();
                    written.insert(key, Value::Array(Array::from(path)));
                }
                "message" => written.insert(key, message.clone()),
                key => written.insert(key, value),
            }
        }
        self.0.push(Issue {
            path,
            message,
            written,
        });
    }

    /// The issues as the original answers them: a list of objects.
    pub(crate) fn to_value(&self) -> Value {
        let issues = self
            .0
            .iter()
            .map(|issue| Value::Object(issue.written.clone()));
        Value::Array(Array::from(issues.collect::<Vec<_>>()))
    }

    /// The issues as one sentence: `sandbox_name: Required; cmd is required`.
    pub(crate) fn to_text(&self) -> Text {
        let mut text = Text::new();
        for (at, issue) in self.0.iter().enumerate() {
            if at > 0 {
                text.push_str("; ");
            }
            if let Some(path) = issue.path
                && !issue.message.starts_with(path)
            {
                text.push_str(path);
                text.push_str(": ");
            }
            text.push_text(&issue.message);
        }
        text
    }
}
