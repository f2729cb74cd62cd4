//! `write_file`: write a whole file.

use crate::call::sandbox_call::WriteFile;
use crate::call::{SandboxRequest, ToolCall};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "write_file",
    what: "Writes a whole file, making its parents as the provider does.",
    example: "write_file: { path: notes/a.txt, data: { text: hello } }",
    keys: &[
        Key::SANDBOX,
        Key::PATH,
        Key::required("data", Kind::Data, "What to write.", "{ text: hello }"),
    ],
    call: Some(|asked| {
        let request = SandboxRequest::WriteFile(WriteFile {
            path: asked.text("path")?,
            data: asked.data("data")?,
        });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
