//! `sandbox.fs.downloadFile`: a download of many, of one file.

use bytes::Bytes;
use cutover_js::{Object, Text, Value, json, utf8};

use super::answer::Failed;
use super::busboy::{self, Event, File};
use super::exchange::{Ask, BODY_BYTES_MAX, Content, End, Reply};
use super::sandbox::Sandbox;
use crate::error::{Class, Error};

/// How long the SDK waits for a download to begin, and for each piece of it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30 * 60);

/// How much of an answer may be something else than the file.
const FRAME_BYTES_MAX: usize = 64 << 10;

/// The file that came, or what the daemon says of it.
#[derive(Debug, Default)]
struct Found {
    content: Option<Bytes>,
    error: Option<PartError>,
}

/// What a part of an answer says of a file that is not there.
#[derive(Debug, Default)]
struct PartError {
    message: Text,
    status: Option<f64>,
    code: Text,
    /// Whether it was told as the daemon's errors are.
    structured: bool,
}

impl Sandbox {
    /// Downloads a file: `downloadFile(path)`.
    ///
    /// # Errors
    /// What the SDK throws, by class as far as the daemon tells one.
    pub async fn download(&self, path: &Text) -> Result<Bytes, Error> {
        let reply = self.fetch(path, BODY_BYTES_MAX).await?;
        match reply.end {
            End::TooLarge => {
                let message = "Cannot create a string longer than 0x1fffffe8 characters";
                Err(Error::new(message))
            }
            _ => file_of(&reply, path),
        }
    }

    /// Downloads a file unless it has more than so many bytes.
    ///
    /// # Errors
    /// As [`Sandbox::download`].
    pub async fn download_at_most(
        &self,
        path: &Text,
        bytes_max: usize,
    ) -> Result<Option<Bytes>, Error> {
        let most = bytes_max.saturating_add(FRAME_BYTES_MAX);
        let reply = self.fetch(path, most).await?;
        if reply.end == End::TooLarge {
            return Ok(None);
        }
        let file = file_of(&reply, path)?;
        Ok((file.len() <= bytes_max).then_some(file))
    }

    async fn fetch(&self, path: &Text, bytes_max: usize) -> Result<Reply, Error> {
        let mut body = Object::new();
        body.insert("paths", vec![Value::String(path.clone())]);
        let ask = Ask {
            accept: Some("multipart/form-data"),
            content: Content::Json(json::stringify(&body.into())),
            timeout: PATIENCE,
            body_bytes_max: bytes_max,
            ..self.of_toolbox("read", "/files/bulk-download")
        };
        let reply = self.daytona.exchange(ask).await?;
        if !reply.is_success() {
            // The body of a refusal is a stream here, and that is its text.
            return Err(Failed::answered(reply.status, "[object Object]").error);
        }
        Ok(reply)
    }
}

/// The file that an answer brings.
fn file_of(reply: &Reply, path: &Text) -> Result<Bytes, Error> {
    let boundary = busboy::boundary(reply.content_type.as_deref()).map_err(Error::new)?;
    let mut found = Found::default();
    busboy::read(&reply.body, &boundary, |event| match event {
        // What broke off has no end that could be wrong.
        Event::Wrong(busboy::NO_END) if reply.end != End::Whole => Ok(()),
        Event::Wrong(words) => Err(Error::new(words)),
        Event::File(file) => found.take(&file, reply, path),
    })?;
    if reply.end != End::Whole {
        return Err(Error::new("aborted"));
    }
    found.settle()
}

impl Found {
    /// Takes a part in.
    fn take(&mut self, file: &File, reply: &Reply, path: &Text) -> Result<(), Error> {
        let Some(name) = &file.name else {
            return Err(Error::new("Received unexpected file \"undefined\"."));
        };
        if name != path {
            let words = "Target metadata missing for valid source: ".into();
            return Err(Error::new(Text::concat([&words, name])));
        }
        let bytes = reply.body.slice(file.bytes.clone());
        match file.field.as_ref().and_then(Text::as_str) {
            Some("error") => self.error = Some(part_error(&bytes, &file.mime_type)),
            Some("file") => self.content = Some(bytes),
            _ => {}
        }
        Ok(())
    }

    fn settle(self) -> Result<Bytes, Error> {
        let told = self.error.as_ref();
        let is_told = told.is_some_and(|it| !it.message.is_empty());
        if let Some(content) = self.content.filter(|_| !is_told) {
            return Ok(content);
        }
        // The daemon's own words win, even none.
        match self.error {
            Some(error) if error.structured || is_told => {
                Err(Error::of(error.class(), error.message))
            }
            _ => Err(Error::new("No data received for this file")),
        }
    }
}

impl PartError {
    /// What it is about, by status and code.
    fn class(&self) -> Class {
        match (self.status, self.code.as_str()) {
            (_, Some("FILE_NOT_FOUND")) => Class::NoSuchFile,
            (_, Some("FILE_ACCESS_DENIED")) => Class::PermissionDenied,
            (_, Some("INVALID_FILE_PATH")) => Class::IsDirectory,
            // Older daemons have no codes.
            (Some(404.0), Some("")) => Class::NoSuchFile,
            (Some(403.0), Some("")) => Class::PermissionDenied,
            _ => Class::Other,
        }
    }
}

/// What an error part says.
fn part_error(bytes: &[u8], mime_type: &str) -> PartError {
    let message = utf8::decode(bytes).trim();
    let plain = PartError {
        message: message.clone(),
        ..PartError::default()
    };
    if !mime_type.contains("application/json") {
        return plain;
    }
    let Ok(Value::Object(told)) = json::parse_text(&message) else {
        return plain;
    };
    let either = |first: &str, second: &str| {
        let first = told.get(first).filter(|it| **it != Value::Null);
        first.or_else(|| told.get(second)).cloned()
    };
    let status = match either("statusCode", "status_code") {
        Some(Value::Number(status)) => Some(status),
        _ => None,
    };
    let code = either("code", "error_code");
    let own = told.get("message").and_then(Value::as_text);
    PartError {
        message: own.cloned().unwrap_or(message),
        status,
        code: code
            .and_then(|it| it.as_text().cloned())
            .unwrap_or_default(),
        structured: true,
    }
}
