//! Recorded groups as they lie in files: a line about the group, then a line a step.

use cutover_js::{Text, Value, json, numbers};

/// Steps that were recorded against one endpoint and one database.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its name.
    pub id: String,
    /// The variables of the endpoint, with placeholders.
    pub settings: Value,
    /// The database at the beginning; null for the usual one.
    pub seed: Value,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// One step: what was done and what came of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its number and name.
    pub id: String,
    /// What was done, with placeholders.
    pub input: Value,
    /// What came of it, with placeholders for what differs every time.
    pub output: Value,
    /// What reached other servers meanwhile.
    pub wire: Value,
    /// Paths of what is not compared.
    pub ignore: Vec<String>,
    /// The quirks that it shows.
    pub quirks: Vec<String>,
}

/// Reads a file of groups.
pub fn read(lines: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in lines.lines() {
        let line = json::parse(line.as_bytes()).expect("a line of recorded data is JSON");
        if let Some(id) = line.get("group") {
            groups.push(Group {
                id: text(id),
                settings: member(&line, "settings"),
                seed: member(&line, "seed"),
                steps: Vec::new(),
            });
            continue;
        }
        let group = groups.last_mut().expect("a group comes before its steps");
        group.steps.push(Step {
            id: text(&member(&line, "step")),
            input: member(&line, "input"),
            output: member(&line, "output"),
            wire: member(&line, "wire"),
            ignore: texts(&line, "ignore"),
            quirks: texts(&line, "quirks"),
        });
    }
    groups
}

/// A member of an object, or null.
pub(crate) fn member(value: &Value, name: &str) -> Value {
    value.get(name).cloned().unwrap_or(Value::Null)
}

pub(crate) fn text(value: &Value) -> String {
    value.as_text().map(Text::to_string).unwrap_or_default()
}

/// The status of a scripted answer: 200 unless it says another.
pub(crate) fn status_of(answer: &Value) -> u16 {
    let status = number(answer.get("status")).and_then(|it| it.try_into().ok());
    status.unwrap_or(200)
}

/// A whole number that is not negative.
pub(crate) fn number(value: Option<&Value>) -> Option<u32> {
    match value? {
        Value::Number(number) => numbers::to_js_string(*number).parse().ok(),
        _ => None,
    }
}

pub(crate) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        _ => &[],
    }
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    items(&member(value, name)).iter().map(text).collect()
}
