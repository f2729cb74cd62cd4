//! `terminate`: destroy a sandbox.

use crate::call::{SandboxRequest, ToolCall};
use crate::scenario::verbs::key::Key;
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static VERB: Verb = Verb {
    name: "terminate",
    kind: VerbKind::Life,
    what: "Destroys a sandbox. What is left at the end of a case is destroyed anyway.",
    example: "terminate: other",
    short: Some("sandbox_name"),
    keys: &[Key::SANDBOX],
    call: Some(|asked| {
        let request = SandboxRequest::Terminate;
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
