//! The redactor: whole texts, whole byte strings, or a stream of chunks.

use std::fmt;
use std::sync::Arc;

use crate::redact::patterns::Patterns;
use crate::redact::stream::RedactStream;
use crate::secret::Secret;

/// Replaces every known secret, in each of its encodings, and every provider token.
#[derive(Clone)]
pub struct Redactor {
    patterns: Arc<Patterns>,
}

impl Redactor {
    /// A redactor of these secrets; those under 8 characters are left out, as they would hit
    /// ordinary text.
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self {
            patterns: Arc::new(Patterns::new(secrets)),
        }
    }

    /// A redactor that knows no secret; provider tokens are still replaced.
    pub fn noop() -> Self {
        Self::new(Vec::new())
    }

    /// Redacts one whole text.
    pub fn text(&self, text: &str) -> String {
        // A secret is whole characters and so is a placeholder: the result is UTF-8 as before.
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// Redacts one whole byte string.
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        if self.patterns.next(bytes, 0).is_none() {
            return bytes.to_vec();
        }
        let mut stream = self.stream();
        let mut safe = stream.push(bytes);
        safe.extend(stream.finish());
        safe
    }

    /// A redactor for a stream of chunks: a secret may lie across their borders.
    pub fn stream(&self) -> RedactStream {
        RedactStream::new(Arc::clone(&self.patterns))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.patterns.fmt(f)
    }
}
