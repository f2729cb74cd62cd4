//! What the original's checks of a message say, in the words and the layout of its library.

use std::fmt::Write as _;

/// One thing that is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issue {
    /// Where it stands.
    pub(super) path: Vec<Step>,
    /// What is wrong there.
    pub(super) fault: Fault,
}

/// One step on the way to a part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a member.
    Key(String),
    /// Into an element.
    Index(usize),
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Another type than the one expected.
    Type {
        expected: &'static str,
        received: &'static str,
    },
    /// None of these texts.
    Choice(&'static [&'static str]),
    /// Not what a rule without words asks for.
    Custom,
}

/// The message of an error: the issues as JSON in lines, two spaces a level.
pub(super) fn message(issues: &[Issue]) -> String {
    let mut out = "[".to_owned();
    for (index, issue) in issues.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let path = list(issue.path.iter().map(Step::json));
        let (before, text) = issue.fault.told();
        let text = quoted(&text);
        // Writing to a text cannot fail.
        let _ = write!(
            out,
            "{comma}\n  {{\n{before}\n    \"path\": {path},\n    \"message\": {text}\n  }}"
        );
    }
    out + "\n]"
}

impl Step {
    fn json(&self) -> String {
        match self {
            Self::Key(key) => quoted(key),
            Self::Index(index) => index.to_string(),
        }
    }
}

impl Fault {
    /// The members before the path, and the message.
    fn told(&self) -> (String, String) {
        match self {
            Self::Type { expected, received } => (
                format!("    \"expected\": \"{expected}\",\n    \"code\": \"invalid_type\","),
                format!("Invalid input: expected {expected}, received {received}"),
            ),
            Self::Choice(values) => (
                format!(
                    "    \"code\": \"invalid_value\",\n    \"values\": {},",
                    list(values.iter().map(|value| quoted(value)))
                ),
                format!(
                    "Invalid option: expected one of {}",
                    values
                        .iter()
                        .map(|value| quoted(value))
                        .collect::<Vec<_>>()
                        .join("|")
                ),
            ),
            Self::Custom => (
                "    \"code\": \"custom\",".to_owned(),
                "Invalid input".to_owned(),
            ),
        }
    }
}

/// An array of JSON texts, inside an issue.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.map(|item| format!("\n      {item}")).collect();
    if items.is_empty() {
        return "[]".to_owned();
    }
    format!("[{}\n    ]", items.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
