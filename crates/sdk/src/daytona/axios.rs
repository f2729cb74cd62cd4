//! Requests as axios sends them.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use url::Url;

use super::answer::Failed;
use super::config::Daytona;
use super::exchange::{self, Ask, Content, End, Reply};
use super::node::{Fault, fault};
use crate::observe::{Answer, Exchange};

impl Daytona {
    /// Sends a request and reads its answer.
    pub(super) async fn exchange(&self, ask: Ask) -> Result<Reply, Failed> {
        let Ok(url) = Url::parse(&ask.url) else {
            return Err(Failed::without_answer("Invalid URL"));
        };
        if !matches!(url.scheme(), "http" | "https") {
            let said = format!("Unsupported protocol {}:", url.scheme());
            return Err(Failed::without_answer(said));
        }
        let begin = Instant::now();
        let noted = (ask.operation, ask.method.clone(), ask.sandbox_id.clone());
        let came = self.send(ask, &url).await;
        let answer = match &came {
            Ok(reply) => exchange::noted(reply),
            Err((status, failed)) => Answer::Broken {
                status: *status,
                reason: failed.error.to_string(),
            },
        };
        let (operation, method, sandbox_id) = noted;
        self.observer().note(Exchange {
            provider: "daytona",
            operation,
            method: exchange::word(&method),
            url: exchange::shown(url),
            sandbox_id,
            answer,
            took: begin.elapsed(),
        });
        came.map_err(|(_, failed)| failed)
    }

    async fn send(&self, ask: Ask, url: &Url) -> Result<Reply, (Option<u16>, Failed)> {
        let plain = |message: String| (None, Failed::without_answer(message));
        let client = self.clients().for_scheme(url.scheme());
        let client = client.map_err(|error| plain(error.to_string()))?;
        let headers = self.headers(&ask, url).map_err(|failed| (None, failed))?;
        let mut request = client.request(ask.method, url.clone()).headers(headers);
        request = match ask.content {
            Content::None => request,
            Content::Json(body) => request.body(body),
            Content::Other(_, body) => request.body(body),
        };
        let limit = ask.timeout;
        let answer = match tokio::time::timeout(limit, request.send()).await {
            Err(_) => return Err((None, Failed::timeout(None))),
            Ok(Err(error)) => {
                return Err(match fault(&error, url).await {
                    Fault::TimedOut => (None, Failed::timeout(None)),
                    Fault::Said(message) => plain(message),
                });
            }
            Ok(Ok(answer)) => answer,
        };
        Ok(read(answer, limit, ask.body_bytes_max).await)
    }

    fn headers(&self, ask: &Ask, url: &Url) -> Result<HeaderMap, Failed> {
        let mut headers = HeaderMap::new();
        // As axios does: who stands in the URL wins over the key.
        if !cutover_js::url::has_credentials(url) {
            let bearer = format!("Bearer {}", self.api_key());
            let mut value = HeaderValue::try_from(bearer).map_err(|_| {
                let said = r#"Invalid character in header content ["Authorization"]"#;
                Failed::without_answer(said)
            })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        // The package cannot find its own version when it is bundled, as in the original.
        headers.insert(USER_AGENT, HeaderValue::from_static("sdk-typescript/0.0.0"));
        let source = HeaderValue::from_static("sdk-typescript");
        headers.insert("x-daytona-source", source);
        let version = HeaderValue::from_static("0.0.0");
        headers.insert("x-daytona-sdk-version", version);
        let accept = ask.accept.unwrap_or("application/json, text/plain, */*");
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let kind = match &ask.content {
            Content::None => None,
            Content::Json(_) => Some("application/json"),
            Content::Other(kind, _) => Some(kind.as_str()),
        };
        if let Some(kind) = kind.and_then(|kind| HeaderValue::try_from(kind).ok()) {
            headers.insert(CONTENT_TYPE, kind);
        }
        Ok(headers)
    }
}

/// Reads a body as far as it may go.
async fn read(mut answer: reqwest::Response, idle: Duration, bytes_max: usize) -> Reply {
    let status = answer.status().as_u16();
    let content_type = answer.headers().get(CONTENT_TYPE);
    let content_type = content_type.map(|it| it.as_bytes().to_vec());
    let mut body = BytesMut::new();
    let end = loop {
        match tokio::time::timeout(idle, answer.chunk()).await {
            Ok(Ok(None)) => break End::Whole,
            Ok(Ok(Some(piece))) if body.len() + piece.len() > bytes_max => break End::TooLarge,
            Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
            Ok(Err(_)) | Err(_) => break End::Cut,
        }
    };
    Reply {
        status,
        content_type,
        body: body.freeze(),
        end,
    }
}
