//! `make_dir`: make a directory.

use crate::call::sandbox_call::FilePath;
use crate::call::{SandboxRequest, ToolCall};
use crate::scenario::verbs::key::Key;
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "make_dir",
    what: "Makes a directory, with its parents as the provider does.",
    example: "make_dir: notes/2026",
    short: Some("path"),
    keys: &[Key::SANDBOX, Key::PATH],
    call: Some(|asked| {
        let path = asked.text("path")?;
        let request = SandboxRequest::MakeDir(FilePath { path });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
