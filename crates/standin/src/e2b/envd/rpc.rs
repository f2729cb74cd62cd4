//! What all RPCs share: codecs, time limits, unary answers and the end of a stream.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::e2b::envd::codec::{Codec, Kind, Wire};
use crate::e2b::envd::frames::{END_STREAM, MESSAGE_BYTES_MAX, Packing, envelope, unpack};
use crate::e2b::envd::message::Message;
use crate::e2b::error::RpcError;
use crate::e2b::reply::{Route, respond};

/// Checks the version of the protocol, which a client need not say.
pub(crate) fn check_version(headers: &HeaderMap) -> Result<(), RpcError> {
    let given = headers.get("connect-protocol-version");
    let given = given.and_then(|value| value.to_str().ok());
    match given.unwrap_or_default() {
        "" | "1" => Ok(()),
        other => Err(RpcError::invalid(format!(
            "Connect-Protocol-Version must be \"1\": got {other:?}"
        ))),
    }
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
        if text.is_empty() {
            return Ok(Self::None);
        }
        if text.len() > 10 {
            return Err(RpcError::invalid(format!(
                "parse timeout: {text:?} has >10 digits"
            )));
        }
        let ms: i64 = text.parse().map_err(|_| {
            RpcError::invalid(format!(
                "parse timeout: strconv.ParseInt: parsing {text:?}: invalid syntax"
            ))
        })?;
        Ok(match u64::try_from(ms) {
            // A time in the past is as much over as no time at all.
            Err(_) | Ok(0) => Self::Expired,
            Ok(ms) => Self::At(Instant::now() + Duration::from_millis(ms)),
        })
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
pub(crate) async fn read_unary(
    wire: Wire,
    headers: &HeaderMap,
    body: Body,
) -> Result<Message, RpcError> {
    let packing = Packing::of(headers, &CONTENT_ENCODING)?;
    let bytes = axum::body::to_bytes(body, MESSAGE_BYTES_MAX)
        .await
        .map_err(|error| RpcError::invalid(format!("read message: {error}")))?;
    match packing {
        Packing::Gzip if !bytes.is_empty() => wire.read(&unpack(&bytes).await?),
        Packing::Gzip | Packing::None => wire.read(&bytes),
    }
}

/// The answer of a unary call; an error is JSON in either codec.
pub(crate) fn unary(route: &Route, wire: Wire, outcome: Result<Value, RpcError>) -> Response {
    match outcome {
        Ok(message) => {
            let message = wire.write(route, message);
            respond(StatusCode::OK, wire.content_type(), message)
        }
        Err(error) => route.rpc_error(&error),
    }
}

/// The last envelope of a stream, JSON in either codec.
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
pub(crate) fn failed_stream(route: &Route, codec: Codec, error: &RpcError) -> Response {
    let body = Body::from(end_of_stream(route, Some(error)));
    respond(StatusCode::OK, codec.content_type(Kind::Stream), body)
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
            ("", true),
            ("-1", true),
            ("1.5", false),
            ("1s", false),
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
    fn only_the_first_version_is_spoken() {
        for (given, valid) in [("1", true), ("", true), ("2", false)] {
            let mut headers = HeaderMap::new();
            headers.insert("connect-protocol-version", given.parse().unwrap());
            assert_eq!(check_version(&headers).is_ok(), valid, "{given}");
        }
    }
}
