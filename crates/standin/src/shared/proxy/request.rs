//! A request as it goes to the port.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Uri, Version};

use super::headers;

/// Makes a request one for the program at the port: its path alone, and no header that was meant for
/// us. What a provider adds, it adds afterwards, so that no client can have it removed.
pub(crate) fn outgoing(mut request: Request) -> Request {
    let has_body = request.headers().contains_key(CONTENT_LENGTH)
        || request.headers().contains_key(TRANSFER_ENCODING);
    let path = request.uri().path_and_query().cloned();
    let host = request.uri().authority().map(ToString::to_string);
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    *request.version_mut() = Version::HTTP_11;
    headers::strip(request.headers_mut());
    let headers = request.headers_mut();
    if !headers.contains_key(HOST)
        && let Some(host) = host.and_then(|host| HeaderValue::try_from(host).ok())
    {
        headers.insert(HOST, host);
    }
    if has_body {
        return request;
    }
    // A body of unknown length would be announced as one.
    request.map(|_| Body::empty())
}

#[cfg(test)]
mod tests {
    use axum::body::HttpBody as _;

    use super::*;

    fn request(uri: &str, header: (&str, &str)) -> Request {
        let stream = futures_util::stream::empty::<Result<&str, std::io::Error>>();
        let body = Body::from_stream(stream);
        let builder = Request::builder().uri(uri).header(header.0, header.1);
        builder.body(body).unwrap()
    }

    #[test]
    fn a_request_is_told_to_the_port_as_to_a_server() {
        let plain = outgoing(request("http://h:1/a%20b?c=d", ("connection", "close")));
        assert_eq!(plain.uri(), "/a%20b?c=d");
        assert_eq!(plain.headers().len(), 1);
        assert_eq!(plain.headers()[HOST], "h:1");
        assert!(plain.body().is_end_stream(), "no body, none announced");
        let own = outgoing(request("http://h:1/", ("host", "own")));
        assert_eq!(own.headers()[HOST], "own");
        let sends = outgoing(request("/", ("transfer-encoding", "chunked")));
        assert!(sends.headers().is_empty());
        assert!(!sends.body().is_end_stream());
    }
}
