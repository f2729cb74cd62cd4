//! The messages of a stream, one after another.

use std::time::Duration;

use cutover_js::fetch::{FetchError, Response};

use super::noted::{BODY_BYTES_MAX, Noted};
use super::rpc::{
    COMPRESSED, Code, END_STREAM, Envelopes, Event, Kind, RpcError, decoded_event, read_end_stream,
    refusal,
};
use crate::Error;

/// How long the words of a refusal are waited for. The SDK does not read them.
const WORDS_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a stream is not read any further.
#[derive(Debug)]
pub(super) enum Failure {
    /// An error of the protocol, or one that the SDK takes for one.
    Rpc(RpcError),
    /// An error that the SDK lets through.
    Thrown(Error),
}

/// What a process tells.
pub(super) struct Messages<'a> {
    answer: Response,
    envelopes: Envelopes,
    noted: &'a mut Noted,
    has_ended: bool,
}

impl<'a> Messages<'a> {
    /// The messages of an answer, unless it is a refusal.
    pub(super) async fn of(answer: Response, noted: &'a mut Noted) -> Result<Self, Failure> {
        noted.answered(answer.status());
        let content_type = answer.header("content-type");
        let refusal = refusal(Kind::Stream, answer.status(), content_type.as_ref());
        let mut messages = Self {
            answer,
            envelopes: Envelopes::default(),
            noted,
            has_ended: false,
        };
        let Some(refusal) = refusal else {
            return Ok(messages);
        };
        messages.note_words().await;
        Err(refusal.into())
    }

    /// The next message; none when the stream has ended as it should.
    pub(super) async fn next(&mut self) -> Result<Option<Event>, Failure> {
        while let Some((flags, content)) = self.envelope().await? {
            if flags & COMPRESSED != 0 {
                let words = "protocol error: received unsupported compressed output";
                return Err(RpcError::new(Code::Internal, words).into());
            }
            if flags & END_STREAM == 0 {
                return Ok(Some(decoded_event(&content)?));
            }
            self.has_ended = true;
            if let Err(error) = read_end_stream(&content) {
                let words = error.words.to_string_lossy();
                self.noted.stream_error(error.code.name(), words.into());
                return Err(error.into());
            }
        }
        if self.has_ended {
            return Ok(None);
        }
        Err(RpcError::new(Code::Unknown, "missing EndStreamResponse").into())
    }

    async fn envelope(&mut self) -> Result<Option<(u8, bytes::Bytes)>, Failure> {
        loop {
            if let Some(message) = self.envelopes.next()? {
                return Ok(Some(message));
            }
            match self.answer.chunk().await? {
                Some(piece) => self.envelopes.push(&piece),
                None => return Ok(self.envelopes.rest()?),
            }
        }
    }

    /// Notes a refusal with its words, as far as they come at once.
    async fn note_words(&mut self) {
        let mut words = Vec::new();
        let read = async {
            while words.len() < BODY_BYTES_MAX
                && let Ok(Some(piece)) = self.answer.chunk().await
            {
                words.extend_from_slice(&piece);
            }
        };
        // What has come by then is told.
        let _ = tokio::time::timeout(WORDS_TIMEOUT, read).await;
        self.noted.whole(&words);
    }
}

impl From<RpcError> for Failure {
    fn from(error: RpcError) -> Self {
        Self::Rpc(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Thrown(error)
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let words = match error {
            FetchError::Url(_) => "Invalid URL".into(),
            error => error.message(),
        };
        Self::Rpc(RpcError::new(Code::Unknown, words))
    }
}
