//! A bulk download of one file, read part by part as it comes.

use cutover_base::blob::{Blob, BlobWriter};
use serde_json::Value;

use super::classes::of_file_part;
use super::multipart::{Multipart, MultipartError, Part};
use crate::driver::CallContext;
use crate::driver::http::{HttpError, Reply};

/// Bytes of an error part that are read.
const ERROR_PART_BYTES_MAX: usize = 64 * 1024;

/// What has come of it.
struct Download {
    writer: BlobWriter,
    error: Vec<u8>,
    part: Option<String>,
    parts: u32,
}

impl Download {
    fn take(&mut self, part: &Part<'_>) -> std::io::Result<()> {
        match part {
            Part::Begin(name) => {
                self.parts += 1;
                self.part = Some((*name).to_owned());
            }
            Part::Data(bytes) if self.part.as_deref() == Some("file") => {
                return self.writer.push(bytes);
            }
            Part::Data(bytes) => {
                let room = ERROR_PART_BYTES_MAX - self.error.len();
                self.error
                    .extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            Part::End => {}
        }
        Ok(())
    }

    fn finish(self, reply: &Reply) -> Result<Blob, HttpError> {
        if self.parts > 1 {
            let words = "the download of one file has several parts";
            return Err(HttpError::Unusable(words.to_owned()));
        }
        match self.part.as_deref() {
            Some("file") => Ok(self.writer.finish()?),
            Some("error") => {
                let text = reply.redact(&String::from_utf8_lossy(&self.error));
                let body: Value = serde_json::from_str(&text).unwrap_or_default();
                let status = body.get("statusCode").and_then(Value::as_u64);
                let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
                let words = body.get("message").and_then(Value::as_str).unwrap_or(&text);
                let status = status.and_then(|status| u16::try_from(status).ok());
                let failure = of_file_part(status.unwrap_or(500), code, words);
                Err(HttpError::Ours(failure.into()))
            }
            _ => Err(HttpError::Unusable("the download has no part".to_owned())),
        }
    }
}

/// Reads the answer to a bulk download of one file: its content, or why there is none.
pub(super) async fn downloaded(reply: Reply, cx: &CallContext) -> Result<Blob, HttpError> {
    let mut reply = reply.of_status(&[200])?;
    let mut parser = match Multipart::of(&reply.header("content-type")) {
        Ok(parser) => parser,
        Err(error) => return Err(reply.unusable(error.to_string())),
    };
    let mut download = Download {
        writer: cx.blobs.writer(),
        error: Vec::new(),
        part: None,
        parts: 0,
    };
    while let Some(bytes) = reply.chunk_open().await? {
        if let Err(error) = parser.push(&bytes, &mut |part| download.take(&part)) {
            return Err(reply.broken(unreadable(error)));
        }
    }
    if let Err(error) = parser.finish() {
        // A clean end without the closing boundary is a transfer that broke off.
        return Err(reply.broken(HttpError::Lost(error.to_string())));
    }
    reply.done();
    download.finish(&reply)
}

fn unreadable(error: MultipartError) -> HttpError {
    match error {
        MultipartError::Io(error) => error.into(),
        MultipartError::Syntax(what) => HttpError::Unusable(what.to_owned()),
    }
}
