//! `execute`: run a command to its end.

use crate::call::sandbox_call::Execute;
use crate::call::{Provider, SandboxRequest, Surface, ToolCall};
use crate::scenario::compare_kind::CompareKind;
use crate::scenario::verbs::field::{Compared, Domain, Field};
use crate::scenario::verbs::key::{COMMAND_LIMIT, Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "execute",
    what: "Runs a command to its end and gives its output and exit code.",
    example: "execute: \"echo out; echo err >&2; exit 3\"",
    surfaces: &[Surface::Mcp, Surface::Platform, Surface::Provider],
    short: Some("cmd"),
    keys: &[
        Key::SANDBOX,
        Key::CMD,
        Key::CWD,
        Key::ENV,
        Key::optional("user", Kind::Text, "The user to run as.", "root")
            .at(&[Surface::Provider])
            .only(&[Provider::E2b]),
        Key::optional(
            "timeout",
            COMMAND_LIMIT,
            "The provider's time limit; `0` is none.",
            "90s",
        )
        .implied("E2B: `60s`; Daytona: none")
        .at(&[Surface::Provider]),
        Key::optional(
            "stdin",
            Kind::Data,
            "Bytes for standard input, then end of file.",
            "{ text: hello }",
        )
        .at(&[Surface::Provider])
        .only(&[Provider::E2b]),
    ],
    fields: &FIELDS,
    call: Some(|asked| {
        let request = SandboxRequest::Execute(Execute {
            cmd: asked.text("cmd")?,
            cwd: asked.maybe_text("cwd"),
            env: asked.env("env"),
            user: asked.maybe_text("user"),
            timeout: asked.maybe_duration("timeout"),
            stdin: asked.maybe_data("stdin"),
        });
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};

/// What is known of a command that has ended.
pub(crate) const FIELDS: [Field; 6] = [
    Field {
        name: "exit_code",
        domain: Domain::Number,
        what: "The exit code, as the provider says it.",
        compared: Compared::By("$.exit_code", CompareKind::Exact),
    },
    Field {
        name: "signal",
        domain: Domain::Text,
        what: "The signal that ended it, where the provider says one, without `SIG`.",
        compared: Compared::By("$.signal", CompareKind::Exact),
    },
    Field {
        name: "stdout",
        domain: Domain::Text,
        what: "Standard output, where the provider keeps the streams apart.",
        compared: Compared::By("$.stdout", CompareKind::Bytes),
    },
    Field {
        name: "stderr",
        domain: Domain::Text,
        what: "Standard error, where the provider keeps the streams apart.",
        compared: Compared::By("$.stderr", CompareKind::Bytes),
    },
    Field {
        name: "output",
        domain: Domain::Text,
        what: "What the platform would hand on: E2B's stdout then stderr, Daytona's one string.",
        compared: Compared::By("$.output", CompareKind::Bytes),
    },
    Field {
        name: "streams",
        domain: Domain::Words(&["apart", "merged"]),
        what: "`apart` or `merged`: how the provider keeps the output.",
        compared: Compared::No("compared once for the whole run, not in each case"),
    },
];
