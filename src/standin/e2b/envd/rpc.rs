//! What all RPCs share: codecs, time limits, unary answers and the end of a stream.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::standin::e2b::envd::frames::{END_STREAM, MESSAGE_BYTES_MAX, envelope};
use crate::standin::e2b::envd::message::Message;
use crate::standin::e2b::error::RpcError;
use crate::standin::e2b::reply::{Route, respond};

/// The content type of a stream, both ways.
pub(crate) const STREAM_TYPE: &str = "application/connect+json";

/// How a method takes and gives its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One in, one out.
    Unary,
    /// At least one way is a stream.
    Stream,
}

/// A content type that is not ours to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrongCodec {
    /// The real envd would not know it either.
    Unsupported,
    /// The real envd knows it, the stand-in does not.
    NotImplemented,
}

/// Checks that a request speaks Connect-JSON of the method's kind.
pub(crate) fn check_codec(headers: &HeaderMap, kind: Kind) -> Result<(), WrongCodec> {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(str::trim)
        .unwrap_or_default();
    let expected = match kind {
        Kind::Unary => "application/json",
        Kind::Stream => STREAM_TYPE,
    };
    if given == expected {
        return Ok(());
    }
    let other = match kind {
        Kind::Unary => "application/proto",
        Kind::Stream => "application/connect+proto",
    };
    if given == other || given.starts_with("application/grpc") {
        return Err(WrongCodec::NotImplemented);
    }
    Err(WrongCodec::Unsupported)
}

/// The client's time limit (contract 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeLimit {
    /// No header.
    None,
    /// `0`: it has passed already, and the process is not bound by it.
    Expired,
    /// It passes then.
    At(Instant),
}

impl TimeLimit {
    /// Reads `Connect-Timeout-Ms`.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, RpcError> {
        let Some(value) = headers.get("connect-timeout-ms") else {
            return Ok(Self::None);
        };
        let text = value.to_str().unwrap_or_default();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u64>() {
            Ok(0) if text.len() <= 10 => Ok(Self::Expired),
            Ok(ms) if digits && text.len() <= 10 => {
                Ok(Self::At(Instant::now() + Duration::from_millis(ms)))
            }
            _ => Err(RpcError::invalid(format!(
                "parse timeout: \"{text}\" is not a timeout of at most 10 digits"
            ))),
        }
    }

    /// When a process that is started under it is killed.
    pub(crate) const fn kill_at(self) -> Option<Instant> {
        match self {
            Self::None | Self::Expired => None,
            Self::At(at) => Some(at),
        }
    }

    /// Whether it has passed.
    pub(crate) fn has_passed(self) -> bool {
        match self {
            Self::None => false,
            Self::Expired => true,
            Self::At(at) => Instant::now() >= at,
        }
    }

    /// Completes when it passes.
    pub(crate) async fn passed(self) {
        match self {
            Self::None => std::future::pending().await,
            Self::Expired => {}
            Self::At(at) => tokio::time::sleep_until(at).await,
        }
    }
}

/// Reads the message of a unary call.
pub(crate) async fn read_unary(headers: &HeaderMap, body: Body) -> Result<Message, RpcError> {
    let encoding = headers.get(CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        let text = "the stand-in does not implement compressed messages";
        return Err(RpcError::unimplemented(text));
    }
    let bytes = axum::body::to_bytes(body, MESSAGE_BYTES_MAX)
        .await
        .map_err(|error| RpcError::invalid(format!("read message: {error}")))?;
    Message::parse(&bytes)
}

/// The answer of a unary call.
pub(crate) fn unary(route: &Route, outcome: Result<Value, RpcError>) -> Response {
    match outcome {
        Ok(message) => route.json(StatusCode::OK, message),
        Err(error) => route.rpc_error(&error),
    }
}

/// The last envelope of a stream.
pub(crate) fn end_of_stream(route: &Route, error: Option<&RpcError>) -> bytes::Bytes {
    let message = match error {
        None => json!({}),
        Some(error) => {
            json!({"error": {"code": error.code.word(), "message": error.message}})
        }
    };
    envelope(END_STREAM, &route.message(message))
}

/// A stream that fails before its first message: 200 and one envelope.
pub(crate) fn failed_stream(route: &Route, error: &RpcError) -> Response {
    let body = Body::from(end_of_stream(route, Some(error)));
    respond(StatusCode::OK, STREAM_TYPE, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_has_at_most_ten_digits() {
        for (text, valid) in [
            ("1", true),
            ("0", true),
            ("9999999999", true),
            ("10000000000", false),
            ("", false),
            ("-1", false),
            ("+1", false),
            ("1.5", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("connect-timeout-ms", text.parse().unwrap());
            assert_eq!(TimeLimit::read(&headers).is_ok(), valid, "{text}");
        }
        assert_eq!(TimeLimit::read(&HeaderMap::new()), Ok(TimeLimit::None));
        assert!(TimeLimit::Expired.has_passed());
        assert_eq!(TimeLimit::Expired.kill_at(), None);
    }

    #[test]
    fn a_codec_envd_knows_and_we_do_not_is_told_from_nonsense() {
        for (given, expected) in [
            ("application/json", Ok(())),
            ("application/json; charset=utf-8", Ok(())),
            ("application/proto", Err(WrongCodec::NotImplemented)),
            (
                "application/grpc-web+proto",
                Err(WrongCodec::NotImplemented),
            ),
            (STREAM_TYPE, Err(WrongCodec::Unsupported)),
            ("text/plain", Err(WrongCodec::Unsupported)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, given.parse().unwrap());
            assert_eq!(check_codec(&headers, Kind::Unary), expected, "{given}");
        }
    }
}
