//! Events of `OpenHands`: actions of the agent and observations of what came of them.

use serde_json::Value;

use super::log::Log;
use super::tools;
use crate::capture::tool_use::{Answer, ToolUse};

/// What is no call of a tool: words, and the agent's own household.
const NO_CALLS: [&str; 18] = [
    "message",
    "finish",
    "think",
    "system",
    "recall",
    "change_agent_state",
    "null",
    "condensation",
    "condensation_request",
    "initialize",
    "start",
    "pause",
    "resume",
    "stop",
    "reject",
    "delegate",
    "add_task",
    "task_tracking",
];

/// The calls of a list of events, which may come in pairs of action and observation.
pub(super) fn events<'v>(values: impl Iterator<Item = &'v Value>, name: &str) -> Log {
    let mut log = Log::of("OpenHands events");
    let mut calls: Vec<(Option<i64>, ToolUse)> = Vec::new();
    let flat = values.flat_map(|value| match value {
        Value::Array(pair) => pair.iter().collect::<Vec<_>>(),
        other => vec![other],
    });
    for event in flat {
        if let Some(action) = event.get("action").and_then(Value::as_str) {
            let id = event.get("id").and_then(Value::as_i64);
            calls.extend(call(action, event.get("args")).map(|call| (id, call)));
        } else if event.get("observation").and_then(Value::as_str).is_some() {
            let cause = event.get("cause").and_then(Value::as_i64);
            let content = event.get("content").or_else(|| event.get("message"));
            let Some(text) = content.and_then(Value::as_str) else {
                continue;
            };
            let of_it = |(id, call): &&mut (Option<i64>, ToolUse)| {
                call.answer == Answer::Missing && (cause.is_none() || *id == cause)
            };
            if let Some((_, call)) = calls.iter_mut().rev().find(of_it) {
                call.answer = Answer::text(text, None);
            }
        }
    }
    for (_, call) in calls {
        log.add(name, call);
    }
    log
}

fn call(action: &str, args: Option<&Value>) -> Option<ToolUse> {
    if NO_CALLS.contains(&action) {
        return None;
    }
    let text = |key: &str| args.and_then(|args| args.get(key)).and_then(Value::as_str);
    let is_input = args.and_then(|args| args.get("is_input"));
    let is_input = is_input.is_some_and(|it| *it == Value::Bool(true) || *it == "true");
    Some(match action {
        // What is typed into a command that runs has no tool of ours.
        "run" if is_input || text("command").is_some_and(str::is_empty) => {
            other("input to a running command")
        }
        "run" => tools::ran(text("command")?, Answer::Missing),
        "call_tool_mcp" => {
            let given = args.and_then(|args| args.get("arguments")).cloned();
            tools::call(text("name")?, given, Answer::Missing)
        }
        "read" => tools::call("read", args.map(whole_file), Answer::Missing),
        action => other(action),
    })
}

/// `OpenHands` says that a whole file is read by its first and last line.
fn whole_file(args: &Value) -> Value {
    let mut args = args.clone();
    let is_whole = args.get("start").and_then(Value::as_i64).unwrap_or(0) == 0
        && args.get("end").and_then(Value::as_i64).unwrap_or(-1) == -1;
    if let (true, Some(map)) = (is_whole, args.as_object_mut()) {
        map.shift_remove("start");
        map.shift_remove("view_range");
    }
    args
}

fn other(tool: &str) -> ToolUse {
    ToolUse {
        tool: tool.to_owned(),
        arguments: None,
        answer: Answer::Missing,
        overlaps: false,
    }
}
