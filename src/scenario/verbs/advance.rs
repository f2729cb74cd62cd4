//! `advance`: move the stand-in's clock.

use crate::call::Surface;
use crate::scenario::verbs::harness::HarnessAction;
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static VERB: Verb = Verb {
    name: "advance",
    kind: VerbKind::Harness,
    what: "Moves the stand-in's clock forward, so that a long limit passes at once.",
    example: "advance: 10m",
    surfaces: &[Surface::Mcp, Surface::Platform, Surface::Provider],
    short: Some("by"),
    keys: &[Key::required("by", Kind::Duration(None), "How far.", "10m")],
    requires: Some("clock"),
    harness: Some(|written| written.duration("by").map(HarnessAction::Advance)),
    ..Verb::BLANK
};
