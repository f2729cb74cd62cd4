//! `list_files`: list a directory.

use crate::call::sandbox_call::ListFiles;
use crate::call::{SandboxRequest, ToolCall};
use crate::scenario::compare_kind::CompareKind;
use crate::scenario::verbs::field::{Compared, Domain, Field};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::Verb;

/// Deepest listing asked for.
const DEPTH_MAX: u64 = 100;

pub(crate) static VERB: Verb = Verb {
    name: "list_files",
    what: "Lists a directory.",
    example: "list_files: { path: notes, depth: 2 }",
    short: Some("path"),
    keys: &[
        Key::SANDBOX,
        Key::PATH,
        Key::optional("depth", Kind::Whole(1, DEPTH_MAX), "Levels to list.", "2").implied("`1`"),
    ],
    fields: &[ENTRIES],
    call: Some(|asked| {
        let depth = asked.maybe_whole("depth");
        let request = SandboxRequest::ListFiles(ListFiles {
            path: asked.text("path")?,
            depth: depth.and_then(|depth| u32::try_from(depth).ok()),
        });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};

/// What is in a directory, or what one path is.
pub(crate) const ENTRIES: Field = Field {
    name: "entries",
    domain: Domain::Json,
    what: "Files and directories: `name`, `kind` and, where the provider tells them, `size`, \
           `mode`, `mtime`, `owner`, `target`.",
    compared: Compared::By("$.entries", CompareKind::Json),
};
