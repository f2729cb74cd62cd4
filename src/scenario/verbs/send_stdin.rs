//! `send_stdin`: write to the standard input of a background process.

use crate::call::sandbox_call::SendStdin;
use crate::call::{Provider, SandboxRequest, ToolCall};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "send_stdin",
    what: "Writes to the standard input of a background process, then closes it if asked.",
    example: "send_stdin: { process: server, data: \"a line\\n\" }",
    keys: &[
        Key::SANDBOX,
        Key::PROCESS,
        Key::required("data", Kind::Data, "What to write.", "{ text: hello }").unless("close"),
        Key::optional(
            "close",
            Kind::Flag,
            "Whether to close standard input afterwards.",
            "true",
        )
        .default("false")
        .only(&[Provider::E2b]),
    ],
    call: Some(|asked| {
        let request = SandboxRequest::SendStdin(SendStdin {
            process: asked.text("process")?,
            // Closing alone sends nothing.
            data: asked.maybe_data("data").unwrap_or_default(),
            close: asked.flag("close"),
        });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
