//! Reading an answer.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::FetchError;
use super::coding::{self, Coding};
use super::limits::Limits;
use crate::{Text, Value, json, utf8};

/// An answer whose headers are there. A dropped one closes its connection.
#[derive(Debug)]
pub struct Response {
    answer: reqwest::Response,
    codings: Vec<Coding>,
    limits: Limits,
    deadline: Option<Instant>,
}

impl Response {
    /// An answer, unless it is of a kind that `fetch` refuses as soon as the headers are there.
    pub(super) fn new(
        answer: reqwest::Response,
        limits: Limits,
        deadline: Option<Instant>,
    ) -> Result<Self, FetchError> {
        if answer.status() == 101 {
            return Err(FetchError::failed("bad upgrade"));
        }
        let mut response = Self {
            answer,
            codings: Vec::new(),
            limits,
            deadline,
        };
        if !response.has_no_body() {
            let header = response.header("content-encoding").unwrap_or_default();
            response.codings = coding::of(&header.to_string_lossy())?;
        }
        Ok(response)
    }

    /// Whether the status is one whose body is never looked at.
    fn has_no_body(&self) -> bool {
        matches!(self.status(), 204 | 205 | 304)
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    /// Whether the status is from 200 to 299.
    pub fn ok(&self) -> bool {
        self.answer.status().is_success()
    }

    /// The headers as they came. `content-encoding` and `content-length` tell of the body before it
    /// is decompressed.
    pub fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// `headers.get(name)`: the values of a header as Latin-1, with `, ` between.
    pub fn header(&self, name: &str) -> Option<Text> {
        let values: Vec<String> = self
            .headers()
            .get_all(name)
            .iter()
            .map(|value| value.as_bytes().iter().copied().map(char::from).collect())
            .collect();
        (!values.is_empty()).then(|| values.join(", ").into())
    }

    /// The whole body, decompressed. Statuses that have none (204, 205, 304) give nothing.
    ///
    /// # Errors
    /// [`FetchError::Terminated`], [`FetchError::Aborted`], [`FetchError::TooLong`].
    pub async fn bytes(self) -> Result<Vec<u8>, FetchError> {
        match self.deadline {
            None => self.read().await,
            Some(deadline) => match tokio::time::timeout_at(deadline, self.read()).await {
                Ok(body) => body,
                Err(_) => Err(FetchError::Aborted),
            },
        }
    }

    /// The body as [`utf8::decode_body`] reads it.
    ///
    /// # Errors
    /// Those of [`Response::bytes`].
    pub async fn text(self) -> Result<Text, FetchError> {
        Ok(utf8::decode_body(&self.bytes().await?))
    }

    /// The body as [`json::parse`] reads it.
    ///
    /// # Errors
    /// Those of [`Response::bytes`], and [`FetchError::Syntax`].
    pub async fn json(self) -> Result<Value, FetchError> {
        Ok(json::parse(&self.bytes().await?)?)
    }

    /// The next piece of the body as it comes, with no limit on all of them together; none behind
    /// the last. A body that is compressed comes as one piece.
    ///
    /// # Errors
    /// [`FetchError::Terminated`], and [`FetchError::TooLong`] for a compressed body.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        if self.has_no_body() {
            return Ok(None);
        }
        if self.codings.is_empty() {
            return self.piece().await;
        }
        let body = self.whole().await?;
        let body = coding::decode(body, &self.codings, self.limits.body_bytes_max)?;
        // What comes behind it is nothing, which has no coding.
        self.codings.clear();
        Ok((!body.is_empty()).then(|| body.into()))
    }

    async fn read(mut self) -> Result<Vec<u8>, FetchError> {
        if self.has_no_body() {
            return Ok(Vec::new());
        }
        let body = self.whole().await?;
        coding::decode(body, &self.codings, self.limits.body_bytes_max)
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, FetchError> {
        let piece = tokio::time::timeout(self.limits.body_idle, self.answer.chunk());
        let piece = piece.await.map_err(FetchError::terminated)?;
        piece.map_err(FetchError::terminated)
    }

    /// The whole body as it comes.
    async fn whole(&mut self) -> Result<Vec<u8>, FetchError> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece().await? {
            if body.len() + piece.len() > self.limits.body_bytes_max {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}
