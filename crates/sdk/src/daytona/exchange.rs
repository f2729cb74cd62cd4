//! Requests and answers, and what an observer is told of them.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use url::Url;

use crate::observe::Answer;

/// How long the SDK waits for an answer, and between two pieces of one.
pub(super) const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// How many bytes an answer may have: the longest string of V8.
pub(super) const BODY_BYTES_MAX: usize = 0x1fff_ffe8;

/// How much of a body that tells an error an observer gets.
const NOTED_BYTES_MAX: usize = 64 << 10;

/// What is sent as a body.
#[derive(Debug)]
pub(super) enum Content {
    /// Nothing.
    None,
    /// JSON.
    Json(String),
    /// Anything, with its type.
    Other(String, Bytes),
}

/// A request.
#[derive(Debug)]
pub(super) struct Ask {
    /// What an observer is told that it is.
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) sandbox_id: Option<String>,
    pub(super) accept: Option<&'static str>,
    pub(super) content: Content,
    /// How long to wait for an answer.
    pub(super) timeout: Duration,
    /// How many bytes of the body to read at most.
    pub(super) body_bytes_max: usize,
}

/// How an answer's body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As it should.
    Whole,
    /// The connection broke.
    Cut,
    /// It is larger than it may be.
    TooLarge,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: Option<Vec<u8>>,
    pub(super) body: Bytes,
    pub(super) end: End,
}

impl Reply {
    /// Whether axios takes it for a success.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What an observer is told of an answer.
pub(super) fn noted(reply: &Reply) -> Answer {
    match reply.end {
        End::Whole => Answer::Whole {
            status: reply.status,
            body: if reply.is_success() {
                Bytes::new()
            } else {
                // A copy, lest the beginning keep the whole in memory.
                let end = reply.body.len().min(NOTED_BYTES_MAX);
                Bytes::copy_from_slice(&reply.body[..end])
            },
        },
        End::Cut => Answer::Broken {
            status: Some(reply.status),
            reason: "the answer broke off".to_owned(),
        },
        End::TooLarge => Answer::Broken {
            status: Some(reply.status),
            reason: "the answer is larger than it may be".to_owned(),
        },
    }
}

/// A URL without who may ask.
pub(super) fn shown(mut url: Url) -> String {
    // Neither fails for a URL that has a host, as those of these schemes have.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

/// The name of a method.
pub(super) fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::DELETE => "DELETE",
        _ => "POST",
    }
}
