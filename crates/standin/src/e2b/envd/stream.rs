//! What the requests of all streaming methods share: their messages and the client's silence.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName};

use crate::e2b::envd::call::Call;
use crate::e2b::envd::frames::{FrameReader, Packing};
use crate::e2b::envd::message::Message;
use crate::e2b::envd::rpc::TimeLimit;
use crate::e2b::error::RpcError;

/// Seconds between keepalives when the client asks for none (contract 3.1).
const KEEPALIVE_SECONDS_DEFAULT: u64 = 90;

/// Reads `Keepalive-Ping-Interval`.
pub(crate) fn keepalive(headers: &HeaderMap) -> Duration {
    let asked = headers
        .get("keepalive-ping-interval")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        // 0 or less crashes the request in envd; no client can want that.
        .filter(|seconds| *seconds > 0);
    Duration::from_secs(asked.unwrap_or(KEEPALIVE_SECONDS_DEFAULT))
}

/// The envelopes of a request.
pub(crate) fn frames(headers: &HeaderMap, body: Body) -> Result<FrameReader, RpcError> {
    let coding = HeaderName::from_static("connect-content-encoding");
    Ok(FrameReader::new(body, Packing::of(headers, &coding)?))
}

/// The one message of a server-stream request: nothing may come behind it, so the body's end is
/// waited for, unless the client's time is over already (then the process starts all the same,
/// contract 3.1).
pub(crate) async fn only_message(
    call: &Call,
    limit: TimeLimit,
    request: Request,
) -> Result<(Message, HeaderMap), RpcError> {
    let (parts, body) = request.into_parts();
    let mut frames = frames(&parts.headers, body)?;
    let read = async {
        let Some(bytes) = frames.next().await? else {
            let text = "unary request has zero messages";
            return Err(RpcError::unimplemented(text));
        };
        let message = call.wire.read(&bytes)?;
        if frames.next().await?.is_some() {
            let text = "unary request has multiple messages";
            return Err(RpcError::unimplemented(text));
        }
        Ok(message)
    };
    let message = match limit {
        TimeLimit::None | TimeLimit::Expired => read.await?,
        TimeLimit::At(_) => tokio::select! {
            biased;
            read = read => read?,
            () = limit.passed() => return Err(RpcError::deadline()),
        },
    };
    Ok((message, parts.headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keepalive_interval_that_makes_no_sense_is_ninety_seconds() {
        for (value, expected) in [("50", 50), ("0", 90), ("-1", 90), ("x", 90), ("1", 1)] {
            let mut headers = HeaderMap::new();
            headers.insert("keepalive-ping-interval", value.parse().unwrap());
            assert_eq!(
                keepalive(&headers),
                Duration::from_secs(expected),
                "{value}"
            );
        }
        let none = keepalive(&HeaderMap::new());
        assert_eq!(none, Duration::from_secs(90));
    }
}
