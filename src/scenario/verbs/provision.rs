//! `provision`: make a sandbox.

use crate::call::sandbox_call::{AtExpiry, Owner, Provision, SandboxCall};
use crate::call::{Provider, SandboxRequest, Surface, ToolCall};
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
        .implied("E2B: `5m` after it is made; Daytona: `15m` without activity")
        .at(&[Surface::Provider]),
        Key::optional(
            "at_expiry",
            Kind::Word("end", &["kill", "pause", "stop"]),
            "What becomes of it then: E2B kills or pauses it, Daytona stops it or, as an ephemeral \
             one, deletes it.",
            "kill",
        )
        .implied("E2B: `kill`; Daytona: `stop`")
        .at(&[Surface::Provider])
        .words(&[("pause", &[Provider::E2b]), ("stop", &[Provider::Daytona])]),
        Key::SESSION,
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
            at_expiry: match asked.maybe_text("at_expiry").as_deref() {
                Some("kill") => Some(AtExpiry::Kill),
                Some("pause") => Some(AtExpiry::Pause),
                Some("stop") => Some(AtExpiry::Stop),
                _ => None,
            },
        });
        let owner = Owner {
            session: asked.session(),
            project: asked.maybe_text("project_id"),
        };
        Ok(ToolCall::Sandbox(SandboxCall {
            sandbox: asked.text("name")?,
            request,
            owner,
        }))
    }),
    ..Verb::BLANK
};
