//! `restart_mcp`, `restart_platform`, `switch`: what happens to the stack. No surface of this build
//! has a stack, so that the check refuses them before it looks at an argument.

use crate::call::Surface;
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static MCP: Verb = Verb {
    name: "restart_mcp",
    kind: VerbKind::Harness,
    what: "Restarts the MCP server.",
    surfaces: &[Surface::Mcp],
    ..Verb::BLANK
};

pub(crate) static PLATFORM: Verb = Verb {
    name: "restart_platform",
    kind: VerbKind::Harness,
    what: "Restarts the platform.",
    surfaces: &[Surface::Mcp, Surface::Platform],
    ..Verb::BLANK
};

pub(crate) static SWITCH: Verb = Verb {
    name: "switch",
    kind: VerbKind::Harness,
    what: "Restarts the side's platform with the other provider: the night of the cutover.",
    surfaces: &[Surface::Mcp, Surface::Platform],
    ..Verb::BLANK
};
