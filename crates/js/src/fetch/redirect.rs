//! Where an answer points, and what goes there.

use reqwest::{Method, Response, StatusCode};
use url::Url;

use super::FetchError;
use super::request::{Body, Request};
use crate::{url as urls, utf8};

/// How often a request is sent on.
pub(super) const REDIRECTS_MAX: usize = 20;

/// Makes of a request the one that an answer asks for. False if the answer is a final one.
pub(super) fn take(request: &mut Request, answer: &Response) -> Result<bool, FetchError> {
    let status = answer.status().as_u16();
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(false);
    }
    let Some(url) = location(&request.url, answer)? else {
        return Ok(false);
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::failed("URL scheme must be a HTTP(S) scheme"));
    }
    if urls::has_credentials(&url) {
        return Err(FetchError::failed(
            "cross origin not allowed for request mode \"cors\"",
        ));
    }
    let changes_method = match answer.status() {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => request.method == Method::POST,
        StatusCode::SEE_OTHER => request.method != Method::GET,
        _ => false,
    };
    if changes_method {
        request.method = Method::GET;
        request.body = Body::None;
        request.headers.drop_body();
    }
    if !urls::same_origin(&request.url, &url) {
        request.headers.drop_origin();
    }
    request.url = url;
    Ok(true)
}

/// The URL in the header `location`, which several of them make together.
fn location(base: &Url, answer: &Response) -> Result<Option<Url>, FetchError> {
    let values: Vec<_> = answer.headers().get_all("location").iter().collect();
    if values.is_empty() {
        return Ok(None);
    }
    let joined = values
        .iter()
        .map(|value| value.as_bytes())
        .collect::<Vec<_>>()
        .join(&b", "[..]);
    let text = utf8::decode_keeping_bom(&joined);
    let mut url = urls::join(base, &text.to_string_lossy())
        .ok_or_else(|| FetchError::failed("Invalid URL"))?;
    if url.fragment().is_none() {
        url.set_fragment(base.fragment());
    }
    Ok(Some(url))
}
