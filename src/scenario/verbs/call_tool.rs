//! `call_tool`: any tool call, sent untouched.

use crate::call::tool_call::CallTool;
use crate::call::{Surface, ToolCall};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "call_tool",
    what: "Sends any tool call to the MCP server, untouched.",
    example: "call_tool: { name: execute, arguments: { cmd: 7 } }",
    surfaces: &[Surface::Mcp],
    keys: &[
        Key::required(
            "name",
            Kind::Text,
            "The tool, which need not exist.",
            "execute",
        ),
        Key::optional(
            "arguments",
            Kind::Json,
            "Its arguments, any JSON; not given: the call has none.",
            "{ cmd: 7 }",
        ),
    ],
    call: Some(|asked| {
        Ok(ToolCall::Tool(CallTool {
            name: asked.text("name")?,
            arguments: asked.maybe_json("arguments"),
        }))
    }),
    ..Verb::BLANK
};
