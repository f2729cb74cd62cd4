//! Lines of `{"tool": ..., "arguments": ..., "result": ...}`, and of raw JSON-RPC.

use serde_json::Value;

use super::log::Log;
use super::tools;
use crate::capture::relay::Watch;
use crate::capture::tool_use::Answer;

/// Keys that name the session of a line.
const SESSIONS: [&str; 4] = ["session", "session_id", "sessionID", "conversation_id"];

/// The calls of plain lines.
pub(super) fn lines(values: Vec<(usize, Value)>) -> Log {
    let mut log = Log::of("lines of tool calls");
    for (line, mut value) in values {
        let Some(tool) = value.get("tool").and_then(Value::as_str).map(str::to_owned) else {
            log.trouble("no `tool` that is a text; the line was passed over", line);
            continue;
        };
        let session = SESSIONS.iter().find_map(|key| value.get(*key)?.as_str());
        let session = session.unwrap_or("session").to_owned();
        let answer = match (value.get("result"), value.get("error")) {
            (Some(result), _) => tools::answer(result),
            (None, Some(Value::String(told))) => Answer::text(told, Some(true)),
            _ => Answer::Missing,
        };
        let arguments = value.get_mut("arguments").map(Value::take);
        log.add(&session, tools::call(&tool, arguments, answer));
    }
    log
}

/// The calls of raw messages, both directions in one log; a session begins with `initialize`.
pub(super) fn messages(values: Vec<(usize, Value)>) -> Log {
    let mut log = Log::of("JSON-RPC messages");
    let mut watch = Watch::of_a_log();
    let mut number = 0;
    let mut end = |watch: Watch, log: &mut Log| {
        number += 1;
        for call in watch.finish().calls {
            let call = crate::capture::tool_use::ToolUse {
                overlaps: call.overlaps,
                ..tools::call(&call.tool, call.arguments, call.answer)
            };
            log.add(&format!("session-{number}"), call);
        }
    };
    for (line, value) in values {
        // Some logs wrap each message in what they know of it.
        let message = match value.get("message") {
            Some(inner) if inner.get("jsonrpc").is_some() => inner.clone(),
            _ => value,
        };
        if message.get("jsonrpc").is_none() && !message.is_array() {
            log.trouble("no JSON-RPC message; the line was passed over", line);
            continue;
        }
        if message.get("method").and_then(Value::as_str) == Some("initialize") {
            let whole = std::mem::replace(&mut watch, Watch::of_a_log());
            end(whole, &mut log);
        }
        watch.message(message);
    }
    end(watch, &mut log);
    log
}
