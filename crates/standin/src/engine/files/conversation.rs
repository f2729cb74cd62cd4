//! The client's end of one operation: the server's frames, and what becomes of the stream then.

use std::fmt;
use std::io;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::frame::{self, Failure, FrameKind, HEAD_BYTES};
use crate::engine::EngineError;

/// What a server says.
pub(super) enum Frame {
    Data(Vec<u8>),
    Item(Vec<u8>),
    Done,
}

/// Takes the stream of a server that awaits the next operation; none of one that was hung up on.
type Reuse = Box<dyn FnOnce(Option<UnixStream>) + Send>;

/// One operation with a server. Dropping it before the server's last frame hangs up.
pub(crate) struct Conversation {
    /// There until it is dropped.
    stream: Option<BufReader<UnixStream>>,
    reuse: Option<Reuse>,
    /// Whether the server's last frame has come.
    over: bool,
}

impl Conversation {
    /// With a server of its own, which ends with the operation.
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self {
            stream: Some(BufReader::new(stream)),
            reuse: None,
            over: false,
        }
    }

    /// With a server that can do another operation after this one: if it has answered to the end,
    /// `reuse` gets the stream, and none otherwise.
    pub(crate) fn reusable(
        stream: UnixStream,
        reuse: impl FnOnce(Option<UnixStream>) + Send + 'static,
    ) -> Self {
        let mut conversation = Self::new(stream);
        conversation.reuse = Some(Box::new(reuse));
        conversation
    }

    /// The next frame; a failure that the server tells is the error.
    pub(super) async fn next(&mut self) -> Result<Frame, EngineError> {
        let stream = self.stream.as_mut().ok_or_else(bad_answer)?;
        let mut bytes = [0; HEAD_BYTES];
        stream.read_exact(&mut bytes).await.map_err(|e| lost(&e))?;
        let (kind, length) = frame::parse_head(bytes).map_err(|_| bad_answer())?;
        let mut payload = vec![0; length];
        stream
            .read_exact(&mut payload)
            .await
            .map_err(|e| lost(&e))?;
        match kind {
            FrameKind::Data => Ok(Frame::Data(payload)),
            FrameKind::Item => Ok(Frame::Item(payload)),
            FrameKind::Done => {
                self.over = true;
                Ok(Frame::Done)
            }
            FrameKind::Failed => {
                let failure: Failure = parse(&payload)?;
                self.over = true;
                Err(failure.into())
            }
            FrameKind::Refused => Err(parse::<Failure>(&payload)?.into()),
            FrameKind::Operation => Err(bad_answer()),
        }
    }

    /// A frame that must be an item.
    pub(super) async fn item<T: DeserializeOwned>(&mut self) -> Result<T, EngineError> {
        match self.next().await? {
            Frame::Item(bytes) => parse(&bytes),
            Frame::Data(_) | Frame::Done => Err(bad_answer()),
        }
    }

    /// The last frame of an operation that has nothing more to say.
    pub(super) async fn end(mut self) -> Result<(), EngineError> {
        match self.next().await? {
            Frame::Done => Ok(()),
            Frame::Data(_) | Frame::Item(_) => Err(bad_answer()),
        }
    }

    /// Sends the server bytes.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Some(stream) => stream.write_all(bytes).await,
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let stream = self.stream.take();
        let awaits = stream.filter(|stream| self.over && stream.buffer().is_empty());
        if let Some(reuse) = self.reuse.take() {
            reuse(awaits.map(BufReader::into_inner));
        }
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("stream", &self.stream)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

/// The server ended without an answer: somebody killed it, or the sandbox is gone.
fn lost(error: &io::Error) -> EngineError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => EngineError::Os {
            operation: "file operation".to_owned(),
            errno: libc::EINTR,
        },
        _ => Failure::of("file operation", error).into(),
    }
}

pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, EngineError> {
    serde_json::from_slice(bytes).map_err(|_| bad_answer())
}

pub(super) fn bad_answer() -> EngineError {
    EngineError::Internal("the file server's answer cannot be read".to_owned())
}
