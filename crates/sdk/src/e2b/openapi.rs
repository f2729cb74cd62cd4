//! Requests as `openapi-fetch` makes them, and its reading of answers.

use std::sync::Arc;
use std::time::Duration;

use cutover_js::fetch::{Body, Client, FetchError, Method};
use cutover_js::url::encode_component;
use cutover_js::{Text, Value, json, utf8};

use super::noted::{Asked, Noted};
use crate::{Error, Observer};

/// What is asked.
#[derive(Clone)]
pub(super) struct Request<'a> {
    pub(super) asked: Asked,
    pub(super) method: Method,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: Body,
    /// When the SDK gives up; never, where it has no signal.
    pub(super) limit: Option<Duration>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content: Content,
}

/// The content of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// A success, to be read as the caller wants it.
    Data(Vec<u8>),
    /// A success of which nothing is read, as the status or the length says that there is nothing.
    /// JavaScript sees `{}`.
    NoData,
    /// An error: JSON if it is any, else a text.
    Error(Value),
    /// An error of which nothing is read, as its length is zero. JavaScript sees `{}`.
    NoError,
}

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum Unanswered {
    Fetch(FetchError),
    TimedOut,
}

impl From<Unanswered> for Error {
    fn from(reason: Unanswered) -> Self {
        match reason {
            Unanswered::Fetch(error) => Self::new(error.message()),
            Unanswered::TimedOut => Self::new("The operation was aborted due to timeout"),
        }
    }
}

/// Sends a request and reads its answer.
pub(super) async fn ask(
    client: &Client,
    observer: &Arc<dyn Observer>,
    request: Request<'_>,
) -> Result<Reply, Unanswered> {
    let limit = request.limit;
    let mut noted = Noted::begin(observer, request.asked.clone());
    let asked = exchange(client, &mut noted, request);
    let reply = match limit {
        None => asked.await.map_err(Unanswered::Fetch),
        Some(limit) => match tokio::time::timeout(limit, asked).await {
            Ok(reply) => reply.map_err(Unanswered::Fetch),
            Err(_) => Err(Unanswered::TimedOut),
        },
    };
    match &reply {
        Ok(_) => {}
        Err(Unanswered::Fetch(error)) => noted.broken(reason(error)),
        Err(Unanswered::TimedOut) => noted.broken("timed out"),
    }
    reply
}

/// What broke, with what Node keeps for itself.
pub(super) fn reason(error: &FetchError) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

async fn exchange(
    client: &Client,
    noted: &mut Noted,
    request: Request<'_>,
) -> Result<Reply, FetchError> {
    let url = &request.asked.url;
    let answer = client.fetch(request.method, url, request.headers, request.body);
    let answer = answer.await?;
    let (status, ok) = (answer.status(), answer.ok());
    noted.answered(status);
    let is_empty = answer.header("content-length").is_some_and(|it| it == "0");
    if status == 204 || is_empty {
        noted.whole(&[]);
        let content = if ok {
            Content::NoData
        } else {
            Content::NoError
        };
        return Ok(Reply { status, content });
    }
    let body = answer.bytes().await?;
    noted.whole(&body);
    let content = if ok {
        Content::Data(body)
    } else {
        let text = utf8::decode_body(&body);
        Content::Error(json::parse_text(&text).unwrap_or(Value::String(text)))
    };
    Ok(Reply { status, content })
}

/// `encodeURIComponent(text)`: an error for half a character.
pub(super) fn encoded(text: &Text) -> Result<String, Error> {
    let text = text.as_str().ok_or_else(|| Error::new("URI malformed"))?;
    Ok(encode_component(text))
}
