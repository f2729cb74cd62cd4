//! `remove_file`: remove a file or directory.

use crate::call::sandbox_call::RemoveFile;
use crate::call::{SandboxRequest, ToolCall};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "remove_file",
    what: "Removes a file or directory.",
    example: "remove_file: { path: notes, recursive: true }",
    short: Some("path"),
    keys: &[
        Key::SANDBOX,
        Key::PATH,
        Key::optional(
            "recursive",
            Kind::Flag,
            "Whether a directory may go with what is in it.",
            "true",
        )
        .default("false"),
    ],
    call: Some(|asked| {
        let request = SandboxRequest::RemoveFile(RemoveFile {
            path: asked.text("path")?,
            recursive: asked.flag("recursive"),
        });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
