//! The tools of others, as ours.

use serde_json::{Map, Value, json};

use crate::capture::tool_use::{Answer, TOOLS, ToolUse};

/// Tools that run a shell command, by the names that agents' programs give them.
const SHELLS: [&str; 14] = [
    "bash",
    "Bash",
    "shell",
    "sh",
    "terminal",
    "run",
    "run_command",
    "run_shell_command",
    "run_in_terminal",
    "execute_bash",
    "execute_command",
    "exec",
    "exec_command",
    "container.exec",
];

/// Tools that read a file.
const READERS: [&str; 5] = ["read", "Read", "view", "open_file", "cat"];

/// A call of a tool of anybody's, as one of ours where it does the same. Others keep their names.
pub(super) fn call(tool: &str, arguments: Option<Value>, answer: Answer) -> ToolUse {
    let (tool, arguments) = match known(tool) {
        Some(known) => (known.to_owned(), arguments),
        None => same(tool, arguments.as_ref()).unwrap_or_else(|| (tool.to_owned(), arguments)),
    };
    ToolUse {
        tool,
        arguments,
        answer,
        overlaps: false,
    }
}

/// One of our tools, under the name that a host gives it: `sandbox_execute`,
/// `mcp__sandbox__execute`.
fn known(tool: &str) -> Option<&'static str> {
    TOOLS.into_iter().find(|known| {
        let before = tool.strip_suffix(known);
        before
            .is_some_and(|before| before.is_empty() || before.ends_with(['_', '.', '/', '-', ':']))
    })
}

fn same(tool: &str, arguments: Option<&Value>) -> Option<(String, Option<Value>)> {
    let given = arguments?.as_object()?;
    if SHELLS.contains(&tool) {
        let cmd = ["command", "cmd", "code"]
            .iter()
            .find_map(|key| command(given.get(*key)?))?;
        return Some(execute(&cmd));
    }
    if READERS.contains(&tool) {
        let path = ["filePath", "file_path", "path"]
            .iter()
            .find_map(|key| given.get(*key)?.as_str())?;
        // A part of a file is no whole file.
        let mut parts = ["offset", "limit", "view_range", "start"].into_iter();
        if parts.any(|key| given.get(key).is_some_and(|value| !value.is_null())) {
            return None;
        }
        let arguments = json!({ "sandbox_name": "main", "path": path });
        return Some(("read_file".to_owned(), Some(arguments)));
    }
    None
}

/// A shell command in the sandbox `main`.
pub(super) fn execute(cmd: &str) -> (String, Option<Value>) {
    let arguments: Map<String, Value> = Map::from_iter([
        ("sandbox_name".to_owned(), "main".into()),
        ("cmd".to_owned(), cmd.into()),
    ]);
    ("execute".to_owned(), Some(arguments.into()))
}

/// The same as a call with its answer.
pub(super) fn ran(cmd: &str, answer: Answer) -> ToolUse {
    let (tool, arguments) = execute(cmd);
    ToolUse {
        tool,
        arguments,
        answer,
        overlaps: false,
    }
}

/// A command that is a text, or words of which a shell's own text is the command.
fn command(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => {
            let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
            match words?.as_slice() {
                ["bash" | "sh" | "/bin/bash" | "/bin/sh", "-c" | "-lc", text] => {
                    Some((*text).to_owned())
                }
                words => Some(
                    words
                        .iter()
                        .map(|word| quoted(word))
                        .collect::<Vec<_>>()
                        .join(" "),
                ),
            }
        }
        _ => None,
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A value that stands for an answer: a text, the result of a tool as the protocol has it, or any
/// JSON.
pub(super) fn answer(value: &Value) -> Answer {
    match value {
        Value::String(text) => Answer::text(text, None),
        Value::Null => Answer::Missing,
        Value::Object(map) if map.contains_key("content") => {
            crate::capture::relay::read(&json!({ "result": value }))
        }
        Value::Object(map) if map.contains_key("error") && map.len() == 1 => {
            let told = map
                .get("error")
                .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
            Answer::text(&told.unwrap_or_default(), Some(true))
        }
        other => Answer::text(&other.to_string(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_of_others_are_ours_where_they_do_the_same() {
        for (tool, given, wanted) in [
            (
                "mcp__sandbox__execute",
                json!({"cmd": "ls"}),
                ("execute", json!({"cmd": "ls"})),
            ),
            (
                "sandbox_read_file",
                json!({"path": "a"}),
                ("read_file", json!({"path": "a"})),
            ),
            (
                "bash",
                json!({"command": "ls", "timeout": 1}),
                ("execute", json!({"sandbox_name": "main", "cmd": "ls"})),
            ),
            (
                "shell",
                json!({"command": ["bash", "-lc", "ls a"]}),
                ("execute", json!({"sandbox_name": "main", "cmd": "ls a"})),
            ),
            (
                "shell",
                json!({"command": ["ls", "a b"]}),
                (
                    "execute",
                    json!({"sandbox_name": "main", "cmd": "ls 'a b'"}),
                ),
            ),
            (
                "read",
                json!({"filePath": "/a"}),
                ("read_file", json!({"sandbox_name": "main", "path": "/a"})),
            ),
            (
                "read",
                json!({"filePath": "/a", "offset": 3}),
                ("read", json!({"filePath": "/a", "offset": 3})),
            ),
            ("edit", json!({"a": 1}), ("edit", json!({"a": 1}))),
        ] {
            let made = call(tool, Some(given), Answer::Missing);
            assert_eq!(
                (made.tool.as_str(), made.arguments.unwrap()),
                wanted,
                "{tool}"
            );
        }
        assert_eq!(known("unexecute"), None);
    }
}
