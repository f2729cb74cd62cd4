//! What is asked.

use bytes::Bytes;
use reqwest::Method as HttpMethod;
use url::Url;

use super::headers::Headers;

/// A method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `DELETE`.
    Delete,
}

/// A body of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// None.
    None,
    /// A string: without a `Content-Type` it is sent as a text.
    Text(String),
    /// Bytes.
    Bytes(Bytes),
    /// Bytes in chunks, without a `Content-Length`, as the body of a `Request` object is sent.
    Chunked(Bytes),
}

/// A request as it stands after some redirects.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) url: Url,
    pub(super) method: HttpMethod,
    pub(super) headers: Headers,
    pub(super) body: Body,
}

impl Method {
    /// The method's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    pub(super) const fn http(self) -> HttpMethod {
        match self {
            Self::Get => HttpMethod::GET,
            Self::Post => HttpMethod::POST,
            Self::Delete => HttpMethod::DELETE,
        }
    }
}

impl Body {
    /// Its length, if the wire says it.
    pub(super) const fn said_len(&self) -> Option<usize> {
        match self {
            Self::None | Self::Chunked(_) => None,
            Self::Text(text) => Some(text.len()),
            Self::Bytes(bytes) => Some(bytes.len()),
        }
    }

    pub(super) fn for_wire(&self) -> Option<reqwest::Body> {
        match self {
            Self::None => None,
            Self::Text(text) => Some(text.clone().into()),
            Self::Bytes(bytes) => Some(bytes.clone().into()),
            Self::Chunked(bytes) => {
                let piece = Ok::<_, std::convert::Infallible>(bytes.clone());
                let pieces = futures_util::stream::iter([piece]);
                Some(reqwest::Body::wrap_stream(pieces))
            }
        }
    }
}
