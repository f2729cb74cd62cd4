//! Which tool a call is for.

use cutover_js::{Object, Text};

use super::{Tools, provision, text, upload};
use crate::answer::{self, Answer};
use crate::failure::Escaped;
use crate::session::Tool;

/// Calls a tool.
///
/// # Errors
/// An exception that no tool of the original catches.
pub(crate) async fn call(
    tools: &Tools,
    name: &Text,
    arguments: &Object,
) -> Result<Answer, Escaped> {
    let tool = match name.as_str() {
        Some("provision") => Tool::Provision,
        Some("execute") => Tool::Execute,
        Some("read_file") => Tool::ReadFile,
        Some("upload_artifact") => Tool::Upload,
        _ => return Ok(Answer::failed(answer::text(&[&"unknown tool: ", name]))),
    };
    let direct = tools.past_platform(tool, arguments);
    Ok(match (tool, direct) {
        (Tool::Provision, Some(direct)) => direct.provision(arguments).await,
        (Tool::Execute, Some(direct)) => direct.execute(arguments).await,
        (Tool::ReadFile, Some(direct)) => direct.read_file(arguments).await,
        (Tool::Provision, None) => provision::call(tools, arguments).await,
        (Tool::Execute, None) => text::call(tools, &text::EXECUTE, arguments).await,
        (Tool::ReadFile, None) => text::call(tools, &text::READ_FILE, arguments).await,
        (Tool::Upload, _) => upload::call(tools, arguments).await?,
    })
}
