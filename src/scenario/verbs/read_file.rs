//! `read_file`: read a whole file.

use crate::call::sandbox_call::FilePath;
use crate::call::{SandboxRequest, Surface, ToolCall};
use crate::scenario::compare_kind::CompareKind;
use crate::scenario::verbs::field::{Compared, Domain, Field};
use crate::scenario::verbs::key::Key;
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "read_file",
    what: "Reads a whole file.",
    example: "read_file: notes/a.txt",
    surfaces: &[Surface::Mcp, Surface::Platform, Surface::Provider],
    short: Some("path"),
    keys: &[Key::SANDBOX, Key::PATH],
    fields: &[Field {
        name: "content",
        domain: Domain::Text,
        what: "The content of the file.",
        compared: Compared::By("$.content", CompareKind::Bytes),
    }],
    call: Some(|asked| {
        let path = asked.text("path")?;
        let request = SandboxRequest::ReadFile(FilePath { path });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
