//! `fault`: put a fault of the stand-in in force.

use cutover_base::side::Side;

use crate::call::Surface;
use crate::scenario::verbs::harness::HarnessAction;
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static VERB: Verb = Verb {
    name: "fault",
    kind: VerbKind::Harness,
    what: "Puts a fault of the stand-in in force, until another one or `none`.",
    example: "fault: { spec: \"503:10%\", side: target }",
    surfaces: &[Surface::Mcp, Surface::Platform, Surface::Provider],
    short: Some("spec"),
    keys: &[
        Key::optional(
            "side",
            Kind::Word("side", &["source", "target"]),
            "The side; not given: both.",
            "target",
        ),
        Key::required(
            "spec",
            Kind::Fault,
            "`none`, `latency:50ms`, `503` (any status from 400 to 599), `reset`, `truncate`, \
             `slow`, `death`; all but `none` with an optional share such as `:10%`; several \
             with commas.",
            "503:10%",
        ),
    ],
    requires: Some("fault"),
    harness: Some(|written| {
        let side = written.word("side");
        let side = side.and_then(|word| Side::BOTH.into_iter().find(|side| side.name() == word));
        let spec = written.word("spec")?.to_owned();
        Some(HarnessAction::Fault { spec, side })
    }),
    ..Verb::BLANK
};
