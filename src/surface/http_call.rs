//! A request to the platform, as whoever calls it would send it.

use std::sync::Arc;

use futures_util::StreamExt;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::call::tool_call::{Auth, HttpBody, HttpRequest};
use crate::driver::http::{HttpClients, chain};
use crate::surface::host::PlatformHost;

/// An answer that is longer is not read: it is held in memory whole.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An answer.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) status: u16,
    /// The body, as text.
    pub(super) text: String,
}

/// Why a request gave no answer.
#[derive(Debug)]
pub(super) enum AskError {
    /// It cannot be sent as it is written.
    Unfit(String),
    /// It was sent, or should have been, and nothing that can be used came back.
    Unanswered(String),
}

/// Sends requests to the platform of a case.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) host: Arc<dyn PlatformHost>,
    pub(super) clients: HttpClients,
}

impl Caller {
    /// Sends a request to the platform that runs now. How long that may take is for the step's
    /// guard.
    pub(super) async fn ask(&self, request: &HttpRequest) -> Result<Asked, AskError> {
        let asked = self.built(request).map_err(AskError::Unfit)?;
        self.answered(asked).await.map_err(AskError::Unanswered)
    }

    fn built(&self, request: &HttpRequest) -> Result<reqwest::RequestBuilder, String> {
        let address = format!("{}{}", self.host.base(), request.path);
        let url =
            Url::parse(&address).map_err(|error| format!("`{address}` is no URL: {error}"))?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| format!("`{}` is no HTTP method", request.method.escape_debug()))?;
        let client = self
            .clients
            .for_url(&url)
            .map_err(|error| error.to_string())?;
        let asked = client
            .request(method, url)
            .headers(headers(&*self.host, request)?);
        Ok(match &request.body {
            HttpBody::Json(body) => asked.body(body.to_string()),
            HttpBody::Raw(body) => asked.body(body.clone()),
            HttpBody::None => asked,
        })
    }

    async fn answered(&self, asked: reqwest::RequestBuilder) -> Result<Asked, String> {
        let answer = asked.send().await.map_err(|error| chain(&error))?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| chain(&error))?;
            if body.len() + piece.len() > BODY_BYTES_MAX {
                let mebibytes = BODY_BYTES_MAX / (1024 * 1024);
                return Err(format!("the answer is over {mebibytes} MiB"));
            }
            body.extend_from_slice(&piece);
        }
        let text = String::from_utf8(body)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(Asked { status, text })
    }
}

fn headers(host: &dyn PlatformHost, request: &HttpRequest) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let token = match &request.auth {
        Auth::Default => Some(host.token().expose().to_owned()),
        Auth::None => None,
        Auth::Token(token) => Some(token.clone()),
    };
    let value = |name: &str, value: &str| {
        HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
            format!("the value for the header `{name}` has characters HTTP does not allow")
        })
    };
    if request.body != HttpBody::None {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    if let Some(token) = token {
        let mut bearer = value("authorization", &format!("Bearer {token}"))?;
        bearer.set_sensitive(true);
        headers.insert("authorization", bearer);
    }
    for (name, written) in &request.headers {
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("`{}` is no name of a header", name.escape_debug()))?;
        headers.insert(key, value(name, written)?);
    }
    Ok(headers)
}
