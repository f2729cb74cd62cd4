//! Files of a sandbox, by its daemon's HTTP.

use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use cutover_js::fetch::{Body, Client, FetchError, Limits, Method};
use cutover_js::{Object, Text, Value, json, utf8};

use super::noted::Asked;
use super::openapi::{Content, Reply, Request, Unanswered, ask, encoded};
use super::rpc::SANDBOX_TIMEOUT;
use super::sandbox::Sandbox;
use crate::{Class, Error};

/// What separates the parts of a form. The SDK's ends with a number that is new each time.
const BOUNDARY: &str = "----formdata-undici-0";

impl Sandbox {
    /// `files.read(path)`: a text, but `{}` for an answer that says it has no content, and nothing
    /// for an error without words.
    ///
    /// # Errors
    /// What the SDK throws.
    pub async fn read_text(&self, path: &Text) -> Result<Option<Value>, Error> {
        let reply = self.get(&self.e2b.fetch, path).await?;
        let reply = reply.map_err(Error::from)?;
        if let Some(error) = envd_error(&reply) {
            return Err(error);
        }
        Ok(match reply.content {
            Content::Data(body) => Some(utf8::decode_body(&body).into()),
            // A length of zero is an empty text; a status without content is not.
            Content::NoData if reply.status == 204 => Some(Object::new().into()),
            Content::NoData | Content::NoError => Some("".into()),
            Content::Error(_) => None,
        })
    }

    /// `files.read(path, { format: "bytes" })`, but none if there are more than `bytes_max`.
    ///
    /// # Errors
    /// What the SDK throws.
    pub async fn read_bytes(&self, path: &Text, bytes_max: usize) -> Result<Option<Bytes>, Error> {
        let limits = Limits {
            // Words of an error need some room, too.
            body_bytes_max: bytes_max.max(super::noted::BODY_BYTES_MAX),
            ..Limits::default()
        };
        let reply = match self.get(&self.e2b.fetch.limited(limits), path).await? {
            Err(Unanswered::Fetch(FetchError::TooLong)) => return Ok(None),
            reply => reply.map_err(Error::from)?,
        };
        if let Some(error) = envd_error(&reply) {
            return Err(error);
        }
        let bytes = match reply.content {
            Content::Data(body) => Bytes::from(body),
            Content::NoData | Content::Error(_) | Content::NoError => Bytes::new(),
        };
        Ok((bytes.len() <= bytes_max).then_some(bytes))
    }

    /// `files.write(path, content)`. The SDK waits as long as it takes.
    ///
    /// # Errors
    /// What the SDK throws.
    pub async fn write(&self, path: &Text, content: &str) -> Result<(), Error> {
        let (boundary, body) = form(content);
        let kind = format!("multipart/form-data; boundary={boundary}");
        let headers = self.headers(&[]);
        let headers: Vec<_> = headers
            .into_iter()
            .chain([
                ("bun-content-type", "temporary-fix"),
                ("content-type", kind.as_str()),
            ])
            .collect();
        let request = Request {
            asked: self.asked("write", Method::Post, path)?,
            method: Method::Post,
            headers: &headers,
            body: Body::Chunked(body.into()),
            limit: None,
        };
        let reply = ask(&self.e2b.fetch, &self.e2b.observer, request).await?;
        if let Some(error) = envd_error(&reply) {
            return Err(error);
        }
        let told = match reply.content {
            Content::Data(body) => match json::parse(&body) {
                Ok(told) => told,
                Err(error) => return Err(Error::new(error.message().clone())),
            },
            Content::NoData => Object::new().into(),
            Content::Error(_) | Content::NoError => Value::Null,
        };
        if told.is_truthy() {
            return Ok(());
        }
        Err(Error::new(
            "Expected to receive information about written file",
        ))
    }

    async fn get(&self, client: &Client, path: &Text) -> Result<Result<Reply, Unanswered>, Error> {
        let headers = self.headers(&[("content-type", "application/json")]);
        let request = Request {
            asked: self.asked("read", Method::Get, path)?,
            method: Method::Get,
            headers: &headers,
            body: Body::None,
            limit: Some(self.e2b.request_timeout),
        };
        Ok(ask(client, &self.e2b.observer, request).await)
    }

    fn asked(&self, operation: &'static str, method: Method, path: &Text) -> Result<Asked, Error> {
        let path = encoded(path)?;
        Ok(Asked {
            operation,
            method: method.name(),
            url: self.url(&format!("/files?path={path}&username=user")),
            sandbox_id: Some(self.lossy_id()),
        })
    }
}

/// A form with one file as the SDK makes it, and what separates its parts.
fn form(content: &str) -> (String, String) {
    // Nobody who wrote the content knew it. A hasher of the standard library has a key of its own.
    let number = RandomState::new().hash_one(content.len()) % 100_000_000_000;
    let boundary = format!("{BOUNDARY}{number:011}");
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"undefined\"\r\n\
         Content-Type: text/plain;charset=utf-8\r\n\r\n{content}\r\n--{boundary}--\r\n"
    );
    (boundary, body)
}

/// `handleEnvdApiError`: nothing for a success, nor for an error that JavaScript takes for none.
fn envd_error(reply: &Reply) -> Option<Error> {
    let words = match &reply.content {
        Content::Data(_) | Content::NoData => return None,
        Content::Error(error) if !error.is_truthy() => return None,
        Content::Error(Value::String(words)) => words.clone(),
        Content::Error(error) => {
            let Some(message) = error.get("message").filter(|it| it.is_truthy()) else {
                // The SDK reads the body a second time.
                let words = "Body is unusable: Body has already been read";
                return Some(Error::new(words).with_status(reply.status));
            };
            message.to_js_string()
        }
        Content::NoError => Text::new(),
    };
    let numbered = |after: &str| {
        let mut message = Text::from(format!("{}: ", reply.status));
        message.push_text(&words);
        message.push_str(after);
        message
    };
    let error = match reply.status {
        400 | 401 | 507 => Error::new(words),
        404 => Error::of(Class::NoSuchFile, words),
        403 => Error::of(Class::PermissionDenied, numbered("")),
        429 => Error::new(numbered(": The requests are being rate limited.")),
        502 => {
            let mut message = words;
            message.push_str(SANDBOX_TIMEOUT);
            Error::of(Class::SandboxGone, message)
        }
        _ => Error::new(numbered("")),
    };
    Some(error.with_status(reply.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_forms_are_separated_alike() {
        let (first, body) = form("a\r\n");
        assert_eq!(first.len(), BOUNDARY.len() + 11);
        assert!(body.starts_with(&format!("--{first}\r\nContent-Disposition")));
        assert!(body.ends_with(&format!("\r\n\r\na\r\n\r\n--{first}--\r\n")));
        let (second, body) = form(&body);
        assert_ne!(first, second);
        assert_eq!(body.matches(&second).count(), 2);
    }
}
