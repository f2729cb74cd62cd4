//! What the front of a stand-in must know of E2B.

use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::e2b::app::App;
use crate::e2b::dispatch;
use crate::e2b::sandbox::Sandbox;
use crate::front::Wire;
use crate::server::SandboxFacts;

/// E2B's wire, as the front looks at it.
#[derive(Debug)]
pub(crate) struct E2bWire(pub(crate) Arc<App>);

impl Wire for E2bWire {
    fn provider(&self) -> &'static str {
        "e2b"
    }

    fn key_variable(&self) -> &'static str {
        "E2B_API_KEY"
    }

    fn key(&self) -> &str {
        &self.0.key
    }

    fn presented<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        headers.get("x-api-key")?.to_str().ok()
    }

    fn sandbox(&self, request: &Parts) -> Option<String> {
        dispatch::addressed(&self.0, request)
    }

    fn made(&self, method: &Method, path: &str) -> Option<&'static str> {
        let creates = method == Method::POST && ["/sandboxes", "/v2/sandboxes"].contains(&path);
        creates.then_some("sandboxID")
    }
}

/// What the stand-in's operator sees of a sandbox.
pub(crate) fn facts(sandbox: &Sandbox) -> SandboxFacts {
    let life = sandbox.life();
    SandboxFacts {
        id: sandbox.id.clone(),
        name: None,
        state: if life.state.runs() {
            "running"
        } else {
            "paused"
        },
        created_at: sandbox.started_at,
        deadline: life.state.runs().then_some(life.end_at),
    }
}
