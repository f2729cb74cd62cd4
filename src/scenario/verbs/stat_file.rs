//! `stat_file`: facts about one path.

use crate::call::sandbox_call::FilePath;
use crate::call::{SandboxRequest, ToolCall};
use crate::scenario::verbs::key::Key;
use crate::scenario::verbs::list_files::ENTRIES;
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "stat_file",
    what: "Asks for the facts of one path, given as the one entry of `entries`.",
    example: "stat_file: notes/a.txt",
    short: Some("path"),
    keys: &[Key::SANDBOX, Key::PATH],
    fields: &[ENTRIES],
    call: Some(|asked| {
        let path = asked.text("path")?;
        let request = SandboxRequest::StatFile(FilePath { path });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
