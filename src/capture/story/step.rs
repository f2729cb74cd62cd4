//! One step's lines.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::calls::Form;
use super::yaml::{flow, quoted, text};

/// The lines of a step at this indentation, from its dash on.
pub(super) fn step(
    form: &Form,
    capture: Option<&IndexMap<String, String>>,
    indent: usize,
) -> String {
    let margin = " ".repeat(indent);
    let verb = form.verb;
    let mut lines = if let Some(main) = short(form) {
        format!("{margin}- {verb}: {}\n", text(main, indent + 4))
    } else {
        let mut lines = format!("{margin}- {verb}:\n");
        for (key, value) in &form.arguments {
            let value = match value {
                Value::String(it) => text(it, indent + 8),
                other => flow(other),
            };
            let _ = writeln!(lines, "{margin}      {key}: {value}");
        }
        lines
    };
    if let Some(capture) = capture {
        let _ = writeln!(lines, "{margin}  capture:");
        for (name, pattern) in capture {
            let pattern = quoted(pattern);
            let _ = writeln!(
                lines,
                "{margin}    {name}: {{ field: text, pattern: {pattern} }}"
            );
        }
    }
    lines
}

/// A step as a comment of one line.
pub(super) fn comment(form: &Form) -> String {
    let arguments: Map<String, Value> = form.arguments.clone();
    match short(form) {
        Some(main) => format!("- {}: {}", form.verb, quoted(main)),
        None => format!("- {}: {}", form.verb, flow(&Value::Object(arguments))),
    }
}

/// The one argument that can stand alone: the main one, for the sandbox `main`.
fn short(form: &Form) -> Option<&str> {
    let main = match form.verb {
        "provision" => "name",
        "execute" => "cmd",
        "read_file" | "upload_artifact" => "path",
        _ => return None,
    };
    let mut others = form.arguments.iter().filter(|(key, _)| *key != main);
    let is_main = |(key, value): (&String, &Value)| key == "sandbox_name" && value == "main";
    let alone = others.all(is_main);
    form.arguments.get(main)?.as_str().filter(|_| alone)
}
