//! `sandbox.fs.uploadFile`.

use std::time::Duration;

use bytes::Bytes;

use super::exchange::{Ask, Content};
use super::sandbox::Sandbox;
use crate::error::Error;

/// How long the SDK waits for the answer to an upload.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

impl Sandbox {
    /// Writes a file: `uploadFile(Buffer.from(content), path)`.
    ///
    /// # Errors
    /// What the SDK throws.
    pub async fn upload(&self, content: &[u8], path: &str) -> Result<(), Error> {
        let (kind, body) = form(content, path);
        let ask = Ask {
            accept: None,
            content: Content::Other(kind, body),
            timeout: PATIENCE,
            ..self.of_toolbox("write", "/files/bulk-upload")
        };
        self.daytona.value(ask).await?;
        Ok(())
    }
}

/// A form of one file, and its type.
fn form(content: &[u8], path: &str) -> (String, Bytes) {
    let boundary = boundary(content, path);
    let name = path.rsplit('/').next().unwrap_or(path);
    let kind = if std::path::Path::new(name)
        .extension()
        .is_some_and(|it| it == "crt")
    {
        "application/x-x509-ca-cert"
    } else {
        "application/octet-stream"
    };
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"files[0].path\"\r\n\r\n{path}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"files[0].file\"; \
         filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let body = [head.as_bytes(), content, tail.as_bytes()].concat();
    (
        format!("multipart/form-data; boundary={boundary}"),
        body.into(),
    )
}

/// A boundary that is nowhere in the form. The library that the SDK uses takes chance for that.
fn boundary(content: &[u8], path: &str) -> String {
    let dashes = "-".repeat(26);
    let is_in = |text: &[u8], boundary: &str| {
        let boundary = boundary.as_bytes();
        text.windows(boundary.len()).any(|it| it == boundary)
    };
    let mut number = 0_u64;
    loop {
        let boundary = format!("{dashes}{number:024}");
        if !is_in(content, &boundary) && !is_in(path.as_bytes(), &boundary) {
            return boundary;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_content_ends_its_form() {
        let first = boundary(b"", "/a");
        let second = boundary(format!("x{first}y").as_bytes(), "/a");
        assert_ne!(first, second);
        let (kind, body) = form(first.as_bytes(), "/tmp/a.crt");
        assert!(kind.ends_with(&second));
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("filename=\"a.crt\"\r\nContent-Type: application/x-x509-ca-cert"));
        assert!(text.contains(&format!("\r\n\r\n{first}\r\n--{second}--")));
    }
}
