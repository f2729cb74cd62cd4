//! `http`: any request to the platform endpoint.

use crate::call::tool_call::{Auth, HttpRequest};
use crate::call::{Surface, ToolCall};
use crate::scenario::verbs::key::{Key, Kind};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "http",
    what: "Sends any request to the platform endpoint.",
    example: "http: { method: POST, path: /api/sandbox/test, body: { cmd: ls } }",
    surfaces: &[Surface::Platform],
    keys: &[
        Key::required("method", Kind::Text, "The method.", "POST"),
        Key::required("path", Kind::Text, "Path and query.", "/api/sandbox/test"),
        Key::optional("headers", Kind::Env, "Headers.", "{ accept: text/plain }"),
        Key::optional("body", Kind::Json, "The body, sent as JSON.", "{ cmd: ls }"),
        Key::optional(
            "auth",
            Kind::Text,
            "`default`: the platform's token; `none`: no token; else a token.",
            "none",
        )
        .default("default"),
    ],
    call: Some(|asked| {
        let auth = match asked.text("auth")?.as_str() {
            "default" => Auth::Default,
            "none" => Auth::None,
            token => Auth::Token(token.to_owned()),
        };
        Ok(ToolCall::Http(HttpRequest {
            method: asked.text("method")?,
            path: asked.text("path")?,
            headers: asked.env("headers"),
            body: asked.maybe_json("body"),
            auth,
        }))
    }),
    ..Verb::BLANK
};
