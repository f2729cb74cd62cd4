//! `restart_mcp`, `restart_platform`, `switch`: what happens to the stack.

use crate::call::Surface;
use crate::scenario::verbs::harness::{HarnessAction, Restart};
use crate::scenario::verbs::key::Key;
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static MCP: Verb = Verb {
    name: "restart_mcp",
    kind: VerbKind::Harness,
    what: "Restarts the MCP server, which then knows nothing of the calls before.",
    example: "restart_mcp: { env: { SESSION_ID: \"${{ session }}\" } }",
    surfaces: &[Surface::Mcp],
    keys: &[Key::VARIABLES],
    harness: Some(|written| {
        let env = written.variables("env");
        Some(HarnessAction::Restart(Restart::Mcp { env }))
    }),
    ..Verb::BLANK
};

pub(crate) static PLATFORM: Verb = Verb {
    name: "restart_platform",
    kind: VerbKind::Harness,
    what: "Restarts the platform; what it keeps in its database stays.",
    example: "restart_platform: {}",
    surfaces: &[Surface::Mcp, Surface::Platform],
    of_platform: true,
    keys: &[Key::VARIABLES],
    harness: Some(|written| {
        let env = written.variables("env");
        Some(HarnessAction::Restart(Restart::Platform { env }))
    }),
    ..Verb::BLANK
};

pub(crate) static SWITCH: Verb = Verb {
    name: "switch",
    kind: VerbKind::Harness,
    what: "Restarts the side's platform with the other provider: the night of the cutover.",
    example: "switch: {}",
    surfaces: &[Surface::Mcp, Surface::Platform],
    of_platform: true,
    harness: Some(|_| Some(HarnessAction::Restart(Restart::Switch))),
    ..Verb::BLANK
};
