//! Sending a request and following where its answers point.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::connect::Connections;
use super::headers::{Headers, check_bytes};
use super::limits::Limits;
use super::redirect::{self, REDIRECTS_MAX};
use super::request::{Body, Method, Request};
use super::{FetchError, Response};
use crate::url as urls;

/// Node's `fetch`. Clones share their connections.
#[derive(Debug, Clone, Default)]
pub struct Client {
    connections: Arc<Connections>,
    limits: Limits,
}

impl Client {
    /// A client with Node's limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client with limits of one's own.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// A client with other limits and the same connections.
    #[must_use]
    pub fn limited(&self, limits: Limits) -> Self {
        Self {
            connections: Arc::clone(&self.connections),
            limits,
        }
    }

    /// `fetch(url, { method: "POST", headers, body })`. The headers must say that the body is JSON;
    /// without a `Content-Type` it is sent as a text, as fetch does. A dropped future closes the
    /// connection.
    ///
    /// # Errors
    /// What `fetch` throws: see [`FetchError`].
    pub async fn post_json(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<String>,
    ) -> Result<Response, FetchError> {
        self.post(url, headers, body.into(), None).await
    }

    /// The same with a signal that aborts after a time, of which reading the body is a part.
    ///
    /// # Errors
    /// What `fetch` throws, and [`FetchError::Aborted`] when the time has passed.
    pub async fn post_json_within(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<String>,
        limit: Duration,
    ) -> Result<Response, FetchError> {
        let deadline = Instant::now() + limit;
        let posted = self.post(url, headers, body.into(), Some(deadline));
        match tokio::time::timeout_at(deadline, posted).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::Aborted),
        }
    }

    /// `fetch(url, { method, headers, body })`. A dropped future closes the connection.
    ///
    /// # Errors
    /// What `fetch` throws: see [`FetchError`].
    pub async fn fetch(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Result<Response, FetchError> {
        let answer = self.ask(method, url, headers, body).await?;
        Response::new(answer, self.limits, None)
    }

    async fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: String,
        deadline: Option<Instant>,
    ) -> Result<Response, FetchError> {
        let body = Body::Text(body);
        let answer = self.ask(Method::Post, url, headers, body).await?;
        Response::new(answer, self.limits, deadline)
    }

    async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Result<reqwest::Response, FetchError> {
        // In this order, as Node says one thing only.
        check_bytes(headers)?;
        let parsed = urls::parse(url).ok_or_else(|| FetchError::Url(url.to_owned()))?;
        if urls::has_credentials(&parsed) {
            return Err(FetchError::Credentials(url.to_owned()));
        }
        let request = Request {
            url: parsed,
            method: method.http(),
            headers: Headers::new(headers, matches!(body, Body::Text(_)))?,
            body,
        };
        self.follow(request).await
    }

    async fn follow(&self, mut request: Request) -> Result<reqwest::Response, FetchError> {
        for _ in 0..=REDIRECTS_MAX {
            let answer = self.send(&request).await?;
            if !redirect::take(&mut request, &answer)? {
                return Ok(answer);
            }
        }
        Err(FetchError::failed("redirect count exceeded"))
    }

    /// Sends the request, a second time if the server says that it came to the wrong one.
    async fn send(&self, request: &Request) -> Result<reqwest::Response, FetchError> {
        let mut answer = self.send_once(request).await?;
        if answer.status() == 421 {
            answer = self.send_once(request).await?;
        }
        if answer.status() == 407 {
            return Err(FetchError::failed("proxy authentication required"));
        }
        Ok(answer)
    }

    async fn send_once(&self, request: &Request) -> Result<reqwest::Response, FetchError> {
        if urls::has_bad_port(&request.url) {
            return Err(FetchError::failed("bad port"));
        }
        let client = self.connections.for_url(&request.url)?;
        let mut url = request.url.clone();
        // To Node a query of nothing is no query.
        if url.query() == Some("") {
            url.set_query(None);
        }
        let mut wire = reqwest::Request::new(request.method.clone(), url);
        *wire.headers_mut() = request
            .headers
            .for_wire(&request.url, request.body.said_len())?;
        *wire.body_mut() = request.body.for_wire();
        let sent = tokio::time::timeout(self.limits.headers, client.execute(wire));
        match sent.await {
            Ok(answer) => answer.map_err(FetchError::failed),
            Err(late) => Err(FetchError::failed(late)),
        }
    }
}
