//! Trajectories of SWE-agent (`.traj`): what the agent did and what it saw, step by step.

use serde_json::Value;

use super::log::Log;
use super::tools;
use crate::capture::tool_use::{Answer, ToolUse};

/// Commands that are SWE-agent's own tools: no shell has them.
const OWN: [&str; 18] = [
    "open",
    "goto",
    "scroll_up",
    "scroll_down",
    "create",
    "edit",
    "insert",
    "append",
    "search_dir",
    "search_file",
    "find_file",
    "submit",
    "str_replace_editor",
    "view_image",
    "exit_cost",
    "exit_context",
    "exit_forfeit",
    "filemap",
];

/// The calls of a trajectory.
pub(super) fn trajectory(value: &Value, name: &str) -> Log {
    let mut log = Log::of("a SWE-agent trajectory");
    let id = value
        .get("instance_id")
        .or_else(|| value.get("environment"))
        .and_then(Value::as_str);
    let steps = value.get("trajectory").and_then(Value::as_array);
    for step in steps.into_iter().flatten() {
        let action = step
            .get("action")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let action = action.trim_end();
        if action.trim().is_empty() {
            continue;
        }
        let observation = step.get("observation").and_then(Value::as_str);
        let answer = observation.map_or(Answer::Missing, |text| Answer::text(text, None));
        let head = action.split_whitespace().next().unwrap_or_default();
        let call = if OWN.contains(&head) {
            ToolUse {
                tool: head.to_owned(),
                arguments: None,
                answer,
                overlaps: false,
            }
        } else {
            tools::ran(action, answer)
        };
        log.add(id.unwrap_or(name), call);
    }
    log
}
