//! `create_session`, `use_session`, `delete_session`: the platform's sessions.

use crate::call::tool_call::SessionCall;
use crate::call::{Surface, ToolCall};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::{Verb, VerbKind};

const NAME: Key = Key::required(
    "as",
    Kind::Session,
    "The session, by its name here; `main` is the one that the case begins with.",
    "second",
);

const SURFACES: &[Surface] = &[Surface::Mcp, Surface::Platform];

pub(crate) static CREATE: Verb = Verb {
    name: "create_session",
    kind: VerbKind::Harness,
    what: "Makes a session of the platform, and makes no call use it yet.",
    example: "create_session: { as: second, agent: { id: a1 } }",
    surfaces: SURFACES,
    of_platform: true,
    keys: &[
        Key::required("as", Kind::NewSession, "A name for it here.", "second"),
        Key::optional("status", Kind::Text, "Its status.", "ready").implied("the platform's"),
        Key::optional(
            "agent",
            Kind::Json,
            "The agent that it belongs to.",
            "{ id: a1 }",
        ),
    ],
    call: Some(|asked| {
        Ok(ToolCall::Session(SessionCall::Create {
            name: asked.text("as")?,
            status: asked.maybe_text("status"),
            agent: asked.maybe_json("agent"),
        }))
    }),
    ..Verb::BLANK
};

pub(crate) static USE: Verb = Verb {
    name: "use_session",
    kind: VerbKind::Harness,
    what: "Makes a session the one of the calls that follow.",
    example: "use_session: second",
    surfaces: SURFACES,
    of_platform: true,
    short: Some("as"),
    keys: &[NAME],
    call: Some(|asked| {
        let name = asked.text("as")?;
        Ok(ToolCall::Session(SessionCall::Use { name }))
    }),
    ..Verb::BLANK
};

pub(crate) static DELETE: Verb = Verb {
    name: "delete_session",
    kind: VerbKind::Harness,
    what: "Deletes a session of the platform.",
    example: "delete_session: second",
    surfaces: SURFACES,
    of_platform: true,
    short: Some("as"),
    keys: &[NAME],
    call: Some(|asked| {
        let name = asked.text("as")?;
        Ok(ToolCall::Session(SessionCall::Delete { name }))
    }),
    ..Verb::BLANK
};
