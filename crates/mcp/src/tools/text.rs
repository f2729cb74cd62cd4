//! `execute` and `read_file`: what a command printed, and what a file holds, as text.

use cutover_js::Object;

use super::{Tools, in_band};
use crate::answer::Answer;
use crate::member;
use crate::session::Tool;

/// One of the two.
#[derive(Debug)]
pub(super) struct Asked {
    tool: Tool,
    name: &'static str,
    /// Where the platform is asked, below the session.
    path: &'static str,
    /// The arguments that are handed on.
    arguments: [&'static str; 2],
    /// The member of the answer that has the text.
    member: &'static str,
}

/// A shell command in a sandbox.
pub(super) const EXECUTE: Asked = Asked {
    tool: Tool::Execute,
    name: "execute",
    path: "/sandbox/execute",
    arguments: ["sandbox_name", "cmd"],
    member: "output",
};

/// A file in a sandbox.
pub(super) const READ_FILE: Asked = Asked {
    tool: Tool::ReadFile,
    name: "read_file",
    path: "/sandbox/read-file",
    arguments: ["sandbox_name", "path"],
    member: "content",
};

pub(super) async fn call(tools: &Tools, asked: &Asked, arguments: &Object) -> Answer {
    let session = match tools.session(asked.tool, arguments) {
        Ok(session) => session,
        Err(missing) => return missing.answer(asked.name),
    };
    let body = member::body(arguments, &asked.arguments);
    let answered = tools.platform.post(&session, asked.path, body).await;
    let said = answered.and_then(|json| {
        let text = member::or(&json, asked.member, "")?;
        Ok(in_band::judged(tools, &json, text))
    });
    said.unwrap_or_else(|failure| failure.answer(asked.name))
}
