//! Trajectories of mini-swe-agent (`.traj.json`): messages with one shell command each, as a block of
//! code or as a call of the tool `bash`, and the output in the message behind.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::log::Log;
use super::tools;
use crate::capture::tool_use::{Answer, ToolUse};

static BLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?s)```(?:mswea_bash_command|bash|sh)[ \t]*\r?\n(.*?)\r?\n?```").ok()
});

static OUTPUT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)<output>\r?\n?(.*?)</output>").ok());

/// The calls of a trajectory.
pub(super) fn trajectory(value: &Value, name: &str) -> Log {
    let mut log = Log::of("a mini-swe-agent trajectory");
    let id = value
        .get("instance_id")
        .and_then(Value::as_str)
        .unwrap_or(name);
    let messages = value
        .get("messages")
        .or(Some(value))
        .and_then(Value::as_array);
    let messages: &[Value] = messages.map_or(&[], Vec::as_slice);
    for (at, message) in messages.iter().enumerate() {
        if message.get("role").and_then(Value::as_str) != Some("assistant") {
            continue;
        }
        let behind = &messages[at + 1..];
        let end = behind.iter().position(is_agent).unwrap_or(behind.len());
        for call in calls(message, &behind[..end]) {
            log.add(id, call);
        }
    }
    log
}

fn is_agent(message: &Value) -> bool {
    message.get("role").and_then(Value::as_str) == Some("assistant")
}

/// The calls of one message of the agent, with the answers in what follows it.
fn calls(message: &Value, behind: &[Value]) -> Vec<ToolUse> {
    if let Some(asked) = message.get("tool_calls").and_then(Value::as_array)
        && !asked.is_empty()
    {
        let call = |asked: &Value| {
            let name = asked.pointer("/function/name")?.as_str()?;
            let given = match asked.pointer("/function/arguments") {
                Some(Value::String(text)) => serde_json::from_str(text).ok(),
                other => other.cloned(),
            };
            let id = asked.get("id");
            let of_it = |it: &&Value| id.is_some() && it.get("tool_call_id") == id;
            let answer = behind.iter().find(of_it).map_or(Answer::Missing, output);
            Some(tools::call(name, given, answer))
        };
        return asked.iter().filter_map(call).collect();
    }
    let text = content(message);
    let mut blocks = BLOCK.iter().flat_map(|block| block.captures_iter(&text));
    // An agent that gives several blocks is told to give one, and nothing is run.
    let (Some(only), None) = (blocks.next(), blocks.next()) else {
        return Vec::new();
    };
    let answer = behind.first().map_or(Answer::Missing, output);
    vec![tools::ran(&only[1], answer)]
}

/// What a message tells of a command's output.
fn output(message: &Value) -> Answer {
    if let Some(raw) = message.pointer("/extra/raw_output").and_then(Value::as_str) {
        return Answer::text(raw, None);
    }
    let text = content(message);
    let found = OUTPUT.as_ref().and_then(|output| output.captures(&text));
    let shown = found.map(|found| found[1].to_owned());
    Answer::text(&shown.unwrap_or(text), None)
}

/// The text of a message, whole or in parts.
fn content(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}
