//! What the store answers, in XML.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

/// The name space of every answer but an error.
const SPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Why the store refuses: S3's code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StorageError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl StorageError {
    /// An error.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// 400.
    pub(super) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 403.
    pub(super) fn denied(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 404.
    pub(super) fn missing(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// The answer. One to `HEAD` has no body, so its code goes with a header.
    pub(super) fn into_response(self, resource: &str) -> Response {
        let mut xml = String::from("<Error>");
        element(&mut xml, "Code", self.code);
        element(&mut xml, "Message", &self.message);
        element(&mut xml, "Resource", resource);
        xml.push_str("</Error>");
        let mut response = document(self.status, &xml);
        let code = HeaderValue::from_static(self.code);
        response.headers_mut().insert("x-amz-error-code", code);
        response
    }
}

/// A document with its declaration.
pub(super) fn document(status: StatusCode, xml: &str) -> Response {
    let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}");
    let mut response = Response::new(Body::from(xml));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/xml");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// An answer: an element with these inside.
pub(super) fn result(name: &str, inside: &str) -> Response {
    let xml = format!("<{name} xmlns=\"{SPACE}\">{inside}</{name}>");
    document(StatusCode::OK, &xml)
}

/// Adds an element with this text.
pub(super) fn element(xml: &mut String, name: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = write!(xml, "<{name}>{}</{name}>", escaped(text));
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The texts of all elements of this name, as far as they have none inside.
pub(super) fn texts<'xml>(xml: &'xml str, name: &str) -> Vec<&'xml str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut texts = Vec::new();
    let mut rest = xml;
    while let Some((_, after)) = rest.split_once(&open) {
        let Some((text, after)) = after.split_once(&close) else {
            break;
        };
        texts.push(text.trim());
        rest = after;
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_found() {
        let mut xml = String::new();
        element(&mut xml, "Key", "a<b>&\u{1}");
        assert_eq!(xml, "<Key>a&lt;b&gt;&amp;\u{fffd}</Key>");
        let parts = "<P><N>1</N><E> x </E></P><P><N>2</N></P><N>3";
        assert_eq!(texts(parts, "N"), ["1", "2"]);
        assert_eq!(texts(parts, "E"), ["x"]);
    }
}
