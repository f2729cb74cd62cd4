//! `resume_sandbox`: let a sandbox go on that was paused or stopped.

use crate::call::{SandboxRequest, ToolCall};
use crate::scenario::verbs::key::Key;
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static VERB: Verb = Verb {
    name: "resume_sandbox",
    kind: VerbKind::Life,
    what: "Lets a paused or stopped sandbox go on: E2B's connect (with the SDK's timeout of 5m), \
           Daytona's start. One that runs goes on running.",
    example: "resume_sandbox: other",
    short: Some("sandbox_name"),
    keys: &[Key::SANDBOX],
    call: Some(|asked| {
        let request = SandboxRequest::Resume;
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
