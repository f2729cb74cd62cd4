//! `send_signal`: signal a background process.

use crate::call::sandbox_call::SendSignal;
use crate::call::{Provider, SandboxRequest, ToolCall};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "send_signal",
    what: "Sends a signal to a background process.",
    example: "send_signal: { process: server, signal: TERM }",
    providers: &[Provider::E2b],
    keys: &[
        Key::SANDBOX,
        Key::PROCESS,
        Key::required(
            "signal",
            Kind::Signal,
            "`TERM` asks the process to end, `KILL` ends it at once.",
            "TERM",
        ),
    ],
    call: Some(|asked| {
        let request = SandboxRequest::SendSignal(SendSignal {
            process: asked.text("process")?,
            signal: asked.text("signal")?,
        });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
