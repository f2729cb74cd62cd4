//! Requests of web pages: open to all of them, as `rs/cors` answers (contract 3.1).

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;

use crate::e2b::reply::empty;

/// What a page may do.
const METHODS: [&str; 7] = ["HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// What a page may read of an answer.
const EXPOSED: &str = "Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin, Location, \
                       Cache-Control, X-Content-Type-Options";

const ANY: HeaderValue = HeaderValue::from_static("*");

/// Whether a browser asks before it asks.
pub(super) fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .get(ACCESS_CONTROL_REQUEST_METHOD)
            .is_some_and(|method| !method.is_empty())
}

/// The answer to it, before any token is looked at: 204 whatever is asked, and leave in headers.
pub(super) fn preflight(asked: &HeaderMap) -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: HeaderValue| drop(headers.insert(name, value));
    set(
        VARY,
        HeaderValue::from_static(
            "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        ),
    );
    let Some(method) = asked.get(ACCESS_CONTROL_REQUEST_METHOD) else {
        return response;
    };
    let known = |method: &str| METHODS.contains(&method.to_ascii_uppercase().as_str());
    if !asked.contains_key(ORIGIN) || !method.to_str().is_ok_and(known) {
        return response;
    }
    set(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    set(ACCESS_CONTROL_ALLOW_METHODS, method.clone());
    if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        set(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    set(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    response
}

/// Lets a page read an answer.
pub(super) fn mark(mut response: Response, from_page: bool) -> Response {
    let headers = response.headers_mut();
    // What the handler itself says goes before.
    headers
        .entry(VARY)
        .or_insert(HeaderValue::from_static("Origin"));
    if from_page {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
        let exposed = HeaderValue::from_static(EXPOSED);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    response
}
