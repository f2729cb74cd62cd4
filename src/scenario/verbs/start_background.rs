//! `start_background`: start a command and go on.

use crate::call::sandbox_call::StartBackground;
use crate::call::{Provider, SandboxRequest, ToolCall};
use crate::scenario::verbs::field::{Compared, Domain, Field};
use crate::scenario::verbs::key::{COMMAND_LIMIT, Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "start_background",
    what: "Starts a command and goes on once the provider says that it runs.",
    example: "start_background: { as: server, cmd: \"python3 -m http.server 8000\" }",
    keys: &[
        Key::SANDBOX,
        Key::required(
            "as",
            Kind::NewProcess,
            "The name for the process.",
            "server",
        ),
        Key::CMD,
        Key::CWD.only(&[Provider::E2b]),
        Key::ENV.only(&[Provider::E2b]),
        Key::optional(
            "timeout",
            COMMAND_LIMIT,
            "The provider's time limit, at which its shell is killed; `0` is none.",
            "10m",
        )
        .implied("E2B: `60s`; Daytona: none")
        .only(&[Provider::E2b]),
    ],
    fields: &[Field {
        name: "process",
        domain: Domain::Json,
        what: "The provider's id of the process: E2B's pid, Daytona's command id.",
        compared: Compared::No("chosen anew each time; compared when the step says so"),
    }],
    call: Some(|asked| {
        let request = SandboxRequest::StartBackground(StartBackground {
            process: asked.text("as")?,
            cmd: asked.text("cmd")?,
            cwd: asked.maybe_text("cwd"),
            env: asked.env("env"),
            timeout: asked.maybe_duration("timeout"),
        });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
