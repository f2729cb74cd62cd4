//! A request as the handlers see it.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, Method};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

/// Bytes of one JSON body kept in memory. The services set no bound; ours is far above any
/// command text or list of paths that was seen, and a file is never sent in JSON.
pub(super) const JSON_BODY_BYTES_MAX: usize = 64 << 20;

/// Everything of a request but its body.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: Method,
    /// Path without the query, as sent.
    pub(super) path: String,
    /// Query without the question mark, as sent.
    pub(super) query: Option<String>,
    pub(super) headers: HeaderMap,
    /// What the server knows of the connection, a websocket's upgrade among it.
    pub(super) extensions: Extensions,
}

impl Asked {
    /// Takes a request apart.
    pub(super) fn new(request: Request) -> (Self, Body) {
        let (parts, body) = request.into_parts();
        let asked = Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers,
            extensions: parts.extensions,
        };
        (asked, body)
    }

    /// Of what the daemon does by itself.
    pub(super) fn by_nobody() -> Self {
        Self::new(Request::new(Body::empty())).0
    }

    /// `METHOD /path`, the name under which a tamper knows the route.
    pub(super) fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path and the query as they were sent.
    pub(super) fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The decoded segments of the path behind a prefix.
    pub(super) fn segments(&self, prefix: &str) -> Vec<String> {
        let rest = self.path.strip_prefix(prefix).unwrap_or_default();
        rest.split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// The first query parameter of this name, decoded.
    pub(super) fn param(&self, name: &str) -> Option<String> {
        self.params(name).into_iter().next()
    }

    /// All query parameters of this name, decoded.
    pub(super) fn params(&self, name: &str) -> Vec<String> {
        let query = self.query.as_deref().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    /// A header's text, if it has one.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The key of `Authorization: Bearer`.
    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, key) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    }
}

/// Reads a body that is kept in memory; `None` when it is too large or breaks off.
pub(super) async fn read_body(body: Body) -> Option<Bytes> {
    axum::body::to_bytes(body, JSON_BODY_BYTES_MAX).await.ok()
}
