//! Headers of a request: what is refused, and what Node adds.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::FetchError;

/// Headers that tell of a body, and go with it.
const OF_BODY: [&str; 5] = [
    "content-encoding",
    "content-language",
    "content-location",
    "content-type",
    "content-length",
];

/// Headers that another origin must not see.
const OF_ORIGIN: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "host"];

/// What Node says for itself, whatever a caller gave.
const OF_CONNECTION: [&str; 3] = ["connection", "content-length", "host"];

/// Headers as a caller gave them, checked as `new Headers` does.
#[derive(Debug, Clone)]
pub(super) struct Headers(HeaderMap);

/// Refuses what is not Latin-1: the first thing that `fetch` looks at, before the URL.
pub(super) fn check_bytes(headers: &[(&str, &str)]) -> Result<(), FetchError> {
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        let unit = text.encode_utf16().enumerate().find(|unit| unit.1 > 255);
        if let Some((index, unit)) = unit {
            return Err(FetchError::ByteString { index, unit });
        }
    }
    Ok(())
}

impl Headers {
    /// Headers of Latin-1 texts, trimmed, and for a text with the type of one if they name none.
    pub(super) fn new(given: &[(&str, &str)], is_text: bool) -> Result<Self, FetchError> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            let value = value.trim_matches(['\t', '\n', '\r', ' ']);
            let Ok(name) = HeaderName::try_from(*name) else {
                return Err(FetchError::HeaderName((*name).to_owned()));
            };
            if value.contains(['\n', '\r', '\0']) {
                return Err(FetchError::HeaderValue(value.to_owned()));
            }
            let mut bytes = headers
                .get(&name)
                .map(|before: &HeaderValue| [before.as_bytes(), b", "].concat())
                .unwrap_or_default();
            bytes.extend(value.chars().map(|character| character as u8));
            // Other control characters are refused later, in silence.
            let value = HeaderValue::from_bytes(&bytes).map_err(FetchError::failed)?;
            headers.insert(name, value);
        }
        if is_text {
            let text = HeaderValue::from_static("text/plain;charset=UTF-8");
            headers.entry("content-type").or_insert(text);
        }
        for (name, value) in [("accept", "*/*"), ("accept-language", "*")] {
            let value = HeaderValue::from_static(value);
            headers.entry(name).or_insert(value);
        }
        let mut headers = Self(headers);
        headers.drop_all(OF_CONNECTION);
        Ok(headers)
    }

    /// Takes out what tells of the body.
    pub(super) fn drop_body(&mut self) {
        self.drop_all(OF_BODY);
    }

    /// Takes out what another origin must not see.
    pub(super) fn drop_origin(&mut self) {
        self.drop_all(OF_ORIGIN);
    }

    fn drop_all<const N: usize>(&mut self, names: [&str; N]) {
        // Put together anew: taking one out of the map would change the order of the others.
        let kept = self
            .0
            .iter()
            .filter(|(name, _)| !names.contains(&name.as_str()));
        self.0 = kept
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
    }

    /// All that goes over the wire to a URL, in Node's order, with the length of a body in bytes.
    pub(super) fn for_wire(
        &self,
        url: &Url,
        body_bytes: Option<usize>,
    ) -> Result<HeaderMap, FetchError> {
        let host = url.host_str().unwrap_or_default();
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let encodings = match url.scheme() {
            "https" => "br, gzip, deflate",
            _ => "gzip, deflate",
        };
        let mut wire = HeaderMap::new();
        wire.insert(
            "host",
            HeaderValue::try_from(host).map_err(FetchError::failed)?,
        );
        wire.insert("connection", HeaderValue::from_static("keep-alive"));
        wire.extend(self.0.clone());
        // The only one that stands whatever the caller says.
        wire.insert("sec-fetch-mode", HeaderValue::from_static("cors"));
        for (name, value) in [("user-agent", "node"), ("accept-encoding", encodings)] {
            let value = HeaderValue::from_static(value);
            wire.entry(name).or_insert(value);
        }
        if let Some(bytes) = body_bytes {
            wire.insert("content-length", bytes.into());
        }
        Ok(wire)
    }
}
