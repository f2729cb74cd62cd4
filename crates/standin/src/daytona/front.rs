//! What the front of a stand-in must know of Daytona.

use std::sync::Arc;

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::daytona::app::App;
use crate::daytona::sandbox::Sandbox;
use crate::daytona::timers;
use crate::front::Wire;
use crate::server::SandboxFacts;

/// Daytona's wire, as the front looks at it.
#[derive(Debug)]
pub(super) struct DaytonaWire(pub(super) Arc<App>);

impl Wire for DaytonaWire {
    fn provider(&self) -> &'static str {
        "daytona"
    }

    fn key_variable(&self) -> &'static str {
        "DAYTONA_API_KEY"
    }

    fn key(&self) -> &str {
        &self.0.key
    }

    fn presented<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    }

    /// By id, as the toolbox and the DTOs name it; a request may also use the name.
    fn sandbox(&self, request: &Parts) -> Option<String> {
        let path = request.uri.path();
        let rest = path
            .strip_prefix("/toolbox/")
            .or_else(|| path.strip_prefix("/api/sandbox/"))?;
        let named = rest.split('/').next().unwrap_or_default();
        let sandbox = self.0.registry.find(named)?;
        Some(sandbox.fixed.id.clone())
    }

    fn made(&self, method: &Method, path: &str) -> Option<&'static str> {
        (method == Method::POST && path == "/api/sandbox").then_some("id")
    }
}

/// What the stand-in's operator sees of a sandbox.
pub(super) fn facts(sandbox: &Sandbox) -> SandboxFacts {
    let deadline = timers::next(sandbox);
    let facts = sandbox.facts();
    SandboxFacts {
        id: sandbox.fixed.id.clone(),
        name: Some(facts.name.clone()),
        state: if facts.dead {
            "dead"
        } else {
            facts.state.word()
        },
        created_at: sandbox.fixed.created_at,
        deadline,
    }
}
