//! The redactor: whole texts, whole byte strings, or a stream of chunks.

use std::fmt;
use std::sync::Arc;

use crate::redact::input::Input;
use crate::redact::patterns::{Next, Patterns};
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
        if !self.finds(bytes) {
            return bytes.to_vec();
        }
        let mut stream = self.stream();
        let mut safe = stream.push(bytes);
        safe.extend(stream.finish());
        safe
    }

    /// Whether a secret stands in these bytes.
    pub fn finds(&self, bytes: &[u8]) -> bool {
        let input = Input {
            bytes,
            complete: true,
        };
        !matches!(self.patterns.next(input, 0), Next::Nothing)
    }

    /// Every provider token in a text that is no known secret: from then on it can be one, so that
    /// it is hidden in every encoding.
    pub fn tokens(text: &str) -> Vec<Secret> {
        let noop = Self::noop();
        let input = Input {
            bytes: text.as_bytes(),
            complete: true,
        };
        let (mut tokens, mut from) = (Vec::new(), 0);
        while let Next::Hit(hit) = noop.patterns.next(input, from) {
            from = hit.end;
            tokens.push(Secret::new("token", &text[hit.start..hit.end]));
        }
        tokens
    }

    /// Redacts the beginning of a text that was cut: what may be half a secret at its end is left
    /// out.
    pub fn beginning(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.stream();
        let mut safe = stream.push(bytes);
        safe.extend(stream.finish_cut());
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
