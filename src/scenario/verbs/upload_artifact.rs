//! `upload_artifact`: keep a file of a sandbox in the platform's storage.

use crate::call::tool_call::UploadArtifact;
use crate::call::{Surface, ToolCall};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "upload_artifact",
    what: "Keeps a file of a sandbox in the platform's storage.",
    example: "upload_artifact: { path: shot.png, name: shot }",
    surfaces: &[Surface::Mcp, Surface::Platform],
    short: Some("path"),
    keys: &[
        Key::SANDBOX,
        Key::PATH,
        Key::optional("name", Kind::Text, "The name of the artifact.", "shot")
            .implied("the last part of the path"),
        Key::SESSION,
    ],
    call: Some(|asked| {
        Ok(ToolCall::Artifact(UploadArtifact {
            sandbox: asked.sandbox()?,
            path: asked.text("path")?,
            name: asked.maybe_text("name"),
            session: asked.session(),
        }))
    }),
    ..Verb::BLANK
};
