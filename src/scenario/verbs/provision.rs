//! `provision`: make a sandbox.

use crate::call::sandbox_call::Provision;
use crate::call::{SandboxRequest, Surface, ToolCall};
use crate::scenario::verbs::key::{Key, Kind, LIMIT};
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static VERB: Verb = Verb {
    name: "provision",
    kind: VerbKind::Life,
    what: "Makes a sandbox and gives it a name. A scenario that provisions none gets one named \
           `main` first.",
    example: "provision: { name: other, env: { GREETING: hello } }",
    surfaces: &[Surface::Mcp, Surface::Platform, Surface::Provider],
    short: Some("name"),
    keys: &[
        Key::optional(
            "name",
            Kind::NewSandbox,
            "The name for the sandbox.",
            "other",
        )
        .default("main"),
        Key::ENV,
        Key::optional(
            "timeout",
            LIMIT,
            "How long it may live: E2B's timeout, Daytona's auto-stop in whole minutes.",
            "2m",
        )
        .implied("5m")
        .at(&[Surface::Provider]),
        Key::optional(
            "session_id",
            Kind::Text,
            "The session that it belongs to.",
            "${{ session }}",
        )
        .at(&[Surface::Mcp, Surface::Platform]),
        Key::optional(
            "project_id",
            Kind::Text,
            "The project that it belongs to.",
            "p1",
        )
        .at(&[Surface::Mcp, Surface::Platform]),
    ],
    call: Some(|asked| {
        let request = SandboxRequest::Provision(Provision {
            env: asked.env("env"),
            timeout: asked.maybe_duration("timeout"),
        });
        Ok(ToolCall::sandbox(asked.text("name")?, request))
    }),
    ..Verb::BLANK
};
