//! Sessions that opencode exports, and the lines that it prints with `--format json`.

use serde_json::Value;

use super::log::Log;
use super::tools;
use crate::capture::tool_use::Answer;

const FORMAT: &str = "an opencode session";

/// The calls of an exported session: `{"info": ..., "messages": [{"info": ..., "parts": [...]}]}`.
pub(super) fn export(value: &Value) -> Log {
    let mut log = Log::of(FORMAT);
    let id = value
        .pointer("/info/id")
        .and_then(Value::as_str)
        .unwrap_or("opencode");
    let messages = value.get("messages").and_then(Value::as_array);
    for message in messages.into_iter().flatten() {
        let parts = message.get("parts").and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            add(&mut log, id, part);
        }
    }
    log
}

/// The calls of its lines: `{"type": "tool_use", "sessionID": ..., "part": {...}}`.
pub(super) fn stream(values: &[(usize, Value)]) -> Log {
    let mut log = Log::of(FORMAT);
    for (_, value) in values {
        let id = value
            .get("sessionID")
            .and_then(Value::as_str)
            .unwrap_or("opencode");
        if let Some(part) = value.get("part") {
            add(&mut log, id, part);
        }
    }
    log
}

fn add(log: &mut Log, session: &str, part: &Value) {
    if part.get("type").and_then(Value::as_str) != Some("tool") {
        return;
    }
    let Some(tool) = part.get("tool").and_then(Value::as_str) else {
        return;
    };
    let state = part.get("state");
    let told = |key: &str| {
        state
            .and_then(|state| state.get(key))
            .and_then(Value::as_str)
    };
    let answer = match (told("output"), told("error")) {
        (_, Some(error)) => Answer::text(error, Some(true)),
        (Some(output), None) => Answer::text(output, None),
        (None, None) => Answer::Missing,
    };
    let arguments = state.and_then(|state| state.get("input")).cloned();
    log.add(session, tools::call(tool, arguments, answer));
}
