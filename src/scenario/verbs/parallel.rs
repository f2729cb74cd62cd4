//! `parallel`: steps at the same time. Its steps are read where steps are read.

use crate::call::Surface;
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static VERB: Verb = Verb {
    name: "parallel",
    kind: VerbKind::Harness,
    what: "Runs its steps at the same time. Their ids are `PARENT/ID`; none may be deferred, and \
           a `parallel` cannot stand in another.",
    example: "parallel: [{ execute: sleep 1 }, { execute: sleep 1 }]",
    surfaces: &[Surface::Mcp, Surface::Platform, Surface::Provider],
    ..Verb::BLANK
};
