//! A call as the verb that sends the same.

use serde_json::{Map, Value};

use super::sessions::Sessions;
use crate::capture::tool_use::{TOOLS, ToolUse};

/// A verb and its arguments, before anything in them has a name. An argument `null` is left out
/// where the surface leaves it out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Form {
    pub(super) verb: &'static str,
    pub(super) arguments: Map<String, Value>,
}

/// The verb of a call, or why it has none.
pub(super) fn form(call: &ToolUse, sessions: &mut Sessions) -> Result<Form, String> {
    let tool = TOOLS.iter().find(|tool| **tool == call.tool);
    let Some(tool) = tool else {
        return Err(format!("`{}` is no tool of the sandbox", short(&call.tool)));
    };
    let plain = match (*tool, &call.arguments) {
        ("provision", Some(Value::Object(given))) => provision(call, given, sessions),
        ("execute", Some(Value::Object(given))) => {
            on_sandbox("execute", "cmd", call, given, sessions)
        }
        ("read_file", Some(Value::Object(given))) => {
            on_sandbox("read_file", "path", call, given, sessions)
        }
        ("upload_artifact", Some(Value::Object(given))) => upload(call, given, sessions),
        _ => None,
    };
    Ok(plain.unwrap_or_else(|| raw(call)))
}

/// Any other call, word for word.
fn raw(call: &ToolUse) -> Form {
    let mut arguments = Map::from_iter([("name".to_owned(), call.tool.as_str().into())]);
    if let Some(given) = &call.arguments {
        arguments.insert("arguments".to_owned(), given.clone());
    }
    Form {
        verb: "call_tool",
        arguments,
    }
}

fn provision(call: &ToolUse, given: &Map<String, Value>, sessions: &mut Sessions) -> Option<Form> {
    let given = texts_of(given, &["name", "session_id", "project_id"])?;
    let name = given.get("name")?.as_str()?.to_owned();
    let session = given
        .get("session_id")
        .and_then(Value::as_str)
        .map(str::to_owned);
    if !call.answer.is_failure() {
        sessions.provisioned(&name, session.as_deref());
    }
    Some(Form {
        verb: "provision",
        arguments: with_session(call, given, sessions),
    })
}

fn upload(call: &ToolUse, given: &Map<String, Value>, sessions: &Sessions) -> Option<Form> {
    let given = texts_of(given, &["sandbox_name", "path", "name", "session_id"])?;
    given.get("sandbox_name")?;
    given.get("path")?;
    Some(Form {
        verb: "upload_artifact",
        arguments: with_session(call, given, sessions),
    })
}

/// A call that names its sandbox. The verb sends no session, which is the same where the sandbox was
/// provisioned in the session that the call names.
fn on_sandbox(
    verb: &'static str,
    main: &str,
    call: &ToolUse,
    given: &Map<String, Value>,
    sessions: &Sessions,
) -> Option<Form> {
    let mut arguments = texts_of(given, &["sandbox_name", main, "session_id"])?;
    arguments.get(main)?;
    let sandbox = arguments.get("sandbox_name")?.as_str()?.to_owned();
    if let Some(Value::String(session)) = arguments.shift_remove("session_id")
        && (call.answer.is_failure() || !sessions.has(&sandbox, &session))
    {
        return None;
    }
    Some(Form { verb, arguments })
}

/// Says what the verb means where nothing is said of a session: the case's own. A call that named
/// none and failed names none again.
fn with_session(
    call: &ToolUse,
    mut given: Map<String, Value>,
    sessions: &Sessions,
) -> Map<String, Value> {
    match given.get("session_id").and_then(Value::as_str) {
        Some(id) if sessions.knows(id) => {
            given.shift_remove("session_id");
        }
        Some(_) => {}
        None if !call.answer.is_failure() => {}
        None => {
            given.insert("session_id".to_owned(), Value::Null);
        }
    }
    given
}

/// The arguments, if they are texts and no others than these.
fn texts_of(given: &Map<String, Value>, known: &[&str]) -> Option<Map<String, Value>> {
    let fits = |(key, value): (&String, &Value)| known.contains(&key.as_str()) && value.is_string();
    given.iter().all(fits).then(|| given.clone())
}

/// A name that a message can hold.
fn short(name: &str) -> String {
    let plain = name.chars().filter(|c| !c.is_control() && *c != '`');
    plain.take(60).collect()
}
