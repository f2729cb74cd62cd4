//! `move_file`: rename a file or directory.

use crate::call::sandbox_call::MoveFile;
use crate::call::{SandboxRequest, ToolCall};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "move_file",
    what: "Renames a file or directory.",
    example: "move_file: { from: notes/a.txt, to: notes/b.txt }",
    keys: &[
        Key::SANDBOX,
        Key::required("from", Kind::Text, "The path now.", "notes/a.txt"),
        Key::required("to", Kind::Text, "The path afterwards.", "notes/b.txt"),
    ],
    call: Some(|asked| {
        let request = SandboxRequest::MoveFile(MoveFile {
            from: asked.text("from")?,
            to: asked.text("to")?,
        });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
