//! `wait`: for a time, or for a background process.

use std::time::Duration;

use crate::call::sandbox_call::WaitProcess;
use crate::call::{SandboxRequest, Surface, ToolCall};
use crate::scenario::verbs::execute::FIELDS;
use crate::scenario::verbs::harness::HarnessAction;
use crate::scenario::verbs::key::{Key, Kind, When};
use crate::scenario::verbs::verb::{Verb, VerbKind};

/// Longest real pause: a case that needs more should wait for a condition (`until`) or advance the
/// clock.
const WAIT_MAX: Duration = Duration::from_secs(120);

pub(crate) static VERB: Verb = Verb {
    name: "wait",
    kind: VerbKind::Harness,
    what: "Waits for some real time, or until a background process has ended, and then gives its \
           output and exit code.",
    example: "wait: { process: server }",
    surfaces: &[Surface::Mcp, Surface::Platform, Surface::Provider],
    short: Some("seconds"),
    one_of: &["seconds", "process"],
    keys: &[
        Key::SANDBOX.when(When::With("process")),
        Key::optional(
            "seconds",
            Kind::Duration(Some((Duration::ZERO, WAIT_MAX))),
            "How long to wait.",
            "500ms",
        ),
        Key::optional(
            "process",
            Kind::Process,
            "The background process, by the name it was started under.",
            "server",
        )
        .at(&[Surface::Provider]),
    ],
    fields: &FIELDS,
    harness: Some(|written| written.duration("seconds").map(HarnessAction::Pause)),
    call: Some(|asked| {
        let process = asked.text("process")?;
        let request = SandboxRequest::WaitProcess(WaitProcess { process });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
