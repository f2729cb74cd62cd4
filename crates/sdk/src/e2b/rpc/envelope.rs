//! Messages of a stream: a byte of flags, four of length, the content.

use bytes::{Buf, Bytes, BytesMut};

use super::{Code, RpcError};

/// The content is compressed, which nobody asked for.
pub(in crate::e2b) const COMPRESSED: u8 = 1;
/// The content says how the stream ended.
pub(in crate::e2b) const END_STREAM: u8 = 2;

const HEAD_BYTES: usize = 5;
/// The longest content. A daemon's pieces of output have 32 KiB.
const CONTENT_BYTES_MAX: usize = 64 << 20;

/// Takes messages out of pieces as they come.
#[derive(Debug, Default)]
pub(in crate::e2b) struct Envelopes(BytesMut);

impl Envelopes {
    pub(in crate::e2b) fn push(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
    }

    /// The next message that is whole.
    pub(in crate::e2b) fn next(&mut self) -> Result<Option<(u8, Bytes)>, RpcError> {
        let Some(length) = self.length()? else {
            return Ok(None);
        };
        if self.0.len() < HEAD_BYTES + length {
            return Ok(None);
        }
        Ok(Some(self.take(length)))
    }

    /// What is left when the stream has ended: a message whose end is missing is given as far as it
    /// goes.
    pub(in crate::e2b) fn rest(&mut self) -> Result<Option<(u8, Bytes)>, RpcError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let length = self.length()?.ok_or_else(|| {
            let words = "premature end of stream";
            RpcError::new(Code::DataLoss, words)
        })?;
        Ok(Some(self.take(length)))
    }

    fn length(&self) -> Result<Option<usize>, RpcError> {
        let Some(mut length) = self.0.get(1..HEAD_BYTES) else {
            return Ok(None);
        };
        let length = length.get_u32();
        match usize::try_from(length) {
            Ok(length) if length <= CONTENT_BYTES_MAX => Ok(Some(length)),
            // What is wrong with such a message is said however long it is.
            _ if self.0[0] & COMPRESSED != 0 => Ok(Some(0)),
            _ => {
                let words = format!("message of {length} bytes, over {CONTENT_BYTES_MAX}");
                Err(RpcError::new(Code::ResourceExhausted, words))
            }
        }
    }

    fn take(&mut self, length: usize) -> (u8, Bytes) {
        let flags = self.0[0];
        self.0.advance(HEAD_BYTES);
        let length = length.min(self.0.len());
        (flags, self.0.split_to(length).freeze())
    }
}

/// The message that a request is.
pub(in crate::e2b) fn enveloped(content: &str) -> Bytes {
    let mut message = Vec::with_capacity(HEAD_BYTES + content.len());
    message.push(0);
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(content.as_bytes());
    message.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_however_they_are_cut() {
        let whole = [enveloped("ab"), enveloped(""), enveloped("c")].concat();
        for cut in 1..=whole.len() {
            let mut envelopes = Envelopes::default();
            let mut found = Vec::new();
            for piece in whole.chunks(cut) {
                envelopes.push(piece);
                while let Some((_, content)) = envelopes.next().unwrap() {
                    found.push(content);
                }
            }
            assert_eq!(found, ["ab", "", "c"]);
            assert_eq!(envelopes.rest(), Ok(None));
        }
    }

    #[test]
    fn what_has_no_end_is_given_as_far_as_it_goes() {
        let mut envelopes = Envelopes::default();
        envelopes.push(&enveloped("abc")[..7]);
        assert_eq!(envelopes.next(), Ok(None));
        assert_eq!(envelopes.rest(), Ok(Some((0, "ab".into()))));
        envelopes.push(&[0, 0]);
        assert_eq!(envelopes.rest().unwrap_err().code, Code::DataLoss);
    }

    #[test]
    fn a_message_that_promises_too_much_is_refused_at_once() {
        let mut envelopes = Envelopes::default();
        envelopes.push(&[0, 0xff, 0xff, 0xff, 0xff]);
        let refusal = envelopes.next().unwrap_err();
        assert_eq!(refusal.code, Code::ResourceExhausted);
        assert_eq!(refusal.words, "message of 4294967295 bytes, over 67108864");
        let mut envelopes = Envelopes::default();
        envelopes.push(&[COMPRESSED, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(envelopes.next(), Ok(Some((COMPRESSED, Bytes::new()))));
    }
}
