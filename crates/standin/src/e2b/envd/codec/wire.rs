//! How the messages of one call are written.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use super::binary;
use super::schema::{self, Messages};
use crate::e2b::envd::message::Message;
use crate::e2b::error::RpcError;
use crate::e2b::reply::Route;

/// How a method takes and gives its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One in, one out.
    Unary,
    /// At least one way is a stream.
    Stream,
}

/// A codec of the Connect protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// proto3 JSON.
    Json,
    /// Binary protobuf.
    Proto,
}

impl Codec {
    /// The codec that a request names; nothing when the method's kind knows no such type: 415.
    pub(crate) fn of(headers: &HeaderMap, kind: Kind) -> Option<Self> {
        let given = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        [Self::Json, Self::Proto]
            .into_iter()
            .find(|codec| codec.content_type(kind) == canonical(given))
    }

    /// The content type, both ways.
    pub(crate) const fn content_type(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Json, Kind::Unary) => "application/json",
            (Self::Proto, Kind::Unary) => "application/proto",
            (Self::Json, Kind::Stream) => "application/connect+json",
            (Self::Proto, Kind::Stream) => "application/connect+proto",
        }
    }
}

/// JSON may say the charset that it has anyway; nothing else may say anything.
fn canonical(given: &str) -> String {
    let lower = given.to_ascii_lowercase();
    let Some((essence, parameters)) = lower.split_once(';') else {
        return lower.trim().to_owned();
    };
    let parameters = parameters.trim().replace('"', "");
    if essence.trim() == "application/json" && parameters == "charset=utf-8" {
        return "application/json".to_owned();
    }
    lower
}

/// The codec and the messages of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire {
    codec: Codec,
    kind: Kind,
    messages: Messages,
}

impl Wire {
    /// The wire of a call to the method at a path.
    pub(crate) fn new(codec: Codec, kind: Kind, path: &str) -> Self {
        Self {
            codec,
            kind,
            messages: schema::of(path),
        }
    }

    /// The content type of its answers.
    pub(crate) const fn content_type(self) -> &'static str {
        self.codec.content_type(self.kind)
    }

    /// Reads a request's message.
    pub(crate) fn read(self, bytes: &[u8]) -> Result<Message, RpcError> {
        match self.codec {
            Codec::Json => Message::parse(bytes),
            Codec::Proto => match binary::read(bytes, self.messages.0) {
                Ok(members) => Ok(Message::new(members)),
                Err(reason) => Err(RpcError::invalid(format!("unmarshal message: {reason}"))),
            },
        }
    }

    /// Writes an answer's message.
    pub(crate) fn write(self, route: &Route, message: Value) -> Vec<u8> {
        let json = route.message(message);
        match self.codec {
            Codec::Json => json,
            Codec::Proto => {
                // What may change answers knows JSON only, so it has its turn first.
                let message = serde_json::from_slice(&json).unwrap_or_default();
                binary::write(&message, self.messages.1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_is_known_by_its_content_type() {
        use Kind::{Stream, Unary};
        for (kind, given, expected) in [
            (Unary, "application/json", Some(Codec::Json)),
            (Unary, "Application/JSON; charset=UTF-8", Some(Codec::Json)),
            (Unary, "application/json; charset=latin1", None),
            (Unary, "application/proto", Some(Codec::Proto)),
            (Unary, "application/connect+json", None),
            (Unary, "application/grpc", None),
            (Unary, "text/plain", None),
            (Unary, "", None),
            (Stream, "application/connect+json", Some(Codec::Json)),
            (Stream, "application/connect+proto", Some(Codec::Proto)),
            (Stream, "application/json", None),
            (Stream, "application/grpc-web+proto", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, given.parse().unwrap());
            assert_eq!(Codec::of(&headers, kind), expected, "{given}");
        }
    }
}
