//! `http`: any request to the platform endpoint.

use crate::call::tool_call::{Auth, HttpBody, HttpRequest};
use crate::call::{Surface, ToolCall};
use crate::scenario::verbs::key::{Key, Kind, When};
use crate::scenario::verbs::verb::Verb;

pub(crate) static VERB: Verb = Verb {
    name: "http",
    what: "Sends any request to the platform endpoint.",
    example: "http: { method: POST, path: /api/sandbox/test, body: { cmd: ls } }",
    surfaces: &[Surface::Platform],
    keys: &[
        Key::required("method", Kind::Text, "The method.", "POST"),
        Key::required(
            "path",
            Kind::Text,
            "Path and query, as they are to be sent.",
            "/api/sandbox/test",
        ),
        Key::optional("headers", Kind::Env, "Headers.", "{ accept: text/plain }"),
        Key::optional(
            "body",
            Kind::Json,
            "The body, sent as JSON; `null` is a body too.",
            "{ cmd: ls }",
        ),
        Key::optional(
            "raw",
            Kind::Data,
            "The body as it stands, such as one that is no JSON; its content type is JSON's unless a \
             header says another.",
            "'{\"cmd\":'",
        )
        .when(When::Without("body")),
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
            body: match (asked.maybe_json("body"), asked.maybe_data("raw")) {
                (Some(json), _) => HttpBody::Json(json),
                (None, Some(raw)) => HttpBody::Raw(raw),
                (None, None) => HttpBody::None,
            },
            auth,
        }))
    }),
    ..Verb::BLANK
};
