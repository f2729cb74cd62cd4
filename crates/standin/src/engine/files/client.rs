//! The client of a file server: frames to facts, bytes and errors.

use std::io;
use std::pin::Pin;

use async_trait::async_trait;
use futures_util::stream;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_util::io::StreamReader;

use super::archive::Archived;
use super::frame::{self, Failure, FrameKind, HEAD_BYTES, PAYLOAD_BYTES_MAX, StatItem};
use super::op::FileOp;
use super::serve_attributes::{AttributeItem, FileSystemItem};
use super::serve_watch::EventItem;
use crate::engine::{
    Attribute, EngineError, FileReader, FileStat, FileSystem, FileWriter, Identity, WatchEvent,
};

/// Events that may wait for a slow receiver before the server is held up.
const WATCH_EVENTS_MAX: usize = 1024;

/// Entries of one directory: more than the inodes of the largest sandbox is not a directory of it.
const ENTRIES_MAX: usize = 1 << 20;

/// Starts a file server inside the sandbox.
#[async_trait]
pub(crate) trait FileHost: Send + Sync {
    /// Starts the server for one operation with the rights of `who`.
    async fn converse(&self, op: FileOp, who: &Identity) -> Result<UnixStream, EngineError>;
}

/// Bytes of the attributes of one directory's entries: 4 KiB for each of 16384.
const ATTRIBUTE_BYTES_MAX: usize = 64 << 20;

enum Frame {
    Data(Vec<u8>),
    Item(Vec<u8>),
    Done,
}

/// An operation that answers with nothing but success.
pub(crate) async fn call(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<(), EngineError> {
    let mut stream = host.converse(op, who).await?;
    match next(&mut stream).await? {
        Frame::Done => Ok(()),
        Frame::Data(_) | Frame::Item(_) => Err(bad_answer()),
    }
}

/// An operation that answers with one text.
pub(crate) async fn text(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<String, EngineError> {
    let mut stream = host.converse(op, who).await?;
    item(&mut stream).await
}

/// An operation that answers with facts.
pub(crate) async fn stat(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<FileStat, EngineError> {
    let mut stream = host.converse(op, who).await?;
    Ok(item::<StatItem>(&mut stream).await?.into())
}

/// The entries of a directory by name bytes.
pub(crate) async fn list(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<Vec<FileStat>, EngineError> {
    let mut stream = tokio::io::BufReader::new(host.converse(op, who).await?);
    let mut entries: Vec<FileStat> = Vec::new();
    loop {
        match next(&mut stream).await? {
            Frame::Item(bytes) if entries.len() < ENTRIES_MAX => {
                entries.push(parse::<StatItem>(&bytes)?.into());
            }
            Frame::Done => break,
            Frame::Item(_) | Frame::Data(_) => return Err(bad_answer()),
        }
    }
    entries.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
    Ok(entries)
}

/// The attributes of a path, or of the entries of a directory with the entries' names.
pub(crate) async fn attributes(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<Vec<Attribute>, EngineError> {
    let mut stream = tokio::io::BufReader::new(host.converse(op, who).await?);
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut total = 0;
    loop {
        match next(&mut stream).await? {
            Frame::Item(bytes) if total < ATTRIBUTE_BYTES_MAX => {
                total += bytes.len();
                let AttributeItem { entry, name, value } = parse(&bytes)?;
                attributes.push(Attribute { entry, name, value });
            }
            Frame::Done => break,
            Frame::Item(_) | Frame::Data(_) => return Err(bad_answer()),
        }
    }
    attributes.sort_by(|a, b| (&a.entry, &a.name).cmp(&(&b.entry, &b.name)));
    Ok(attributes)
}

/// What file system a path is on.
pub(crate) async fn file_system(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<FileSystem, EngineError> {
    let mut stream = host.converse(op, who).await?;
    Ok(item::<FileSystemItem>(&mut stream).await?.into())
}

/// Opens a file for reading.
pub(crate) async fn read(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<FileReader, EngineError> {
    let mut stream = host.converse(op, who).await?;
    let stat = item::<StatItem>(&mut stream).await?.into();
    Ok(FileReader {
        stat,
        bytes: bytes_of(stream),
    })
}

/// Everything that an archive holds, as a tar stream.
pub(crate) async fn export(
    host: &dyn FileHost,
    archived: Archived,
) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
    let stream = host
        .converse(FileOp::Export(archived), &Identity::Root)
        .await?;
    Ok(bytes_of(stream))
}

/// Replaces what an archive holds by the content of a tar stream.
pub(crate) async fn import(
    host: &dyn FileHost,
    archived: Archived,
    mut archive: Box<dyn AsyncRead + Send + Unpin>,
) -> Result<(), EngineError> {
    let stream = host
        .converse(FileOp::Import(archived), &Identity::Root)
        .await?;
    let mut writer = Box::new(Writer { stream });
    let mut buffer = vec![0; PAYLOAD_BYTES_MAX];
    loop {
        let count = archive.read(&mut buffer).await;
        match count.map_err(|error| EngineError::from(Failure::of("archive", &error)))? {
            0 => return writer.finish().await,
            count => writer.write(&buffer[..count]).await?,
        }
    }
}

/// The data frames of a server as one stream, which fails where the server does.
fn bytes_of(stream: UnixStream) -> Box<dyn AsyncRead + Send + Unpin> {
    let pieces = stream::try_unfold(stream, |mut stream| async move {
        match next(&mut stream).await {
            Ok(Frame::Data(bytes)) => Ok(Some((io::Cursor::new(bytes), stream))),
            Ok(Frame::Done) => Ok(None),
            Ok(Frame::Item(_)) => Err(io::Error::other(bad_answer())),
            Err(EngineError::Os { errno, .. }) => Err(io::Error::from_raw_os_error(errno)),
            Err(error) => Err(io::Error::other(error)),
        }
    });
    let pieces: Pin<Box<dyn stream::Stream<Item = _> + Send>> = Box::pin(pieces);
    Box::new(StreamReader::new(pieces))
}

/// Reads a whole small file.
pub(crate) async fn read_small(
    host: &dyn FileHost,
    path: &str,
    bytes_max: u64,
) -> Result<String, EngineError> {
    let op = FileOp::Read {
        path: path.to_owned(),
    };
    let file = read(host, op, &Identity::Root).await?;
    let mut bytes = Vec::new();
    file.bytes
        .take(bytes_max)
        .read_to_end(&mut bytes)
        .await
        .map_err(|error| EngineError::from(Failure::of("read", &error)))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Opens a file for writing.
pub(crate) async fn write(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<Box<dyn FileWriter>, EngineError> {
    let mut stream = host.converse(op, who).await?;
    item::<()>(&mut stream).await?;
    Ok(Box::new(Writer { stream }))
}

/// Watches a directory. The events end when the receiver is dropped.
pub(crate) async fn watch(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
    tasks: &tokio_util::task::TaskTracker,
) -> Result<mpsc::Receiver<WatchEvent>, EngineError> {
    let mut stream = host.converse(op, who).await?;
    item::<()>(&mut stream).await?;
    let (sender, receiver) = mpsc::channel(WATCH_EVENTS_MAX);
    tasks.spawn(async move {
        loop {
            let frame = tokio::select! {
                () = sender.closed() => return,
                frame = next(&mut stream) => frame,
            };
            let Ok(Frame::Item(bytes)) = frame else {
                return;
            };
            let Ok(event) = parse::<EventItem>(&bytes) else {
                return;
            };
            if sender.send(event.into()).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

struct Writer {
    stream: UnixStream,
}

impl Writer {
    async fn send(&mut self, kind: FrameKind, payload: &[u8]) -> Result<(), EngineError> {
        let head = frame::head(kind, payload.len())
            .map_err(|error| EngineError::from(Failure::of("write", &error)))?;
        let sent = match self.stream.write_all(&head).await {
            Ok(()) => self.stream.write_all(payload).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => Ok(()),
            // The server has stopped reading: its last frame says why.
            Err(_) => match next(&mut self.stream).await {
                Ok(_) => Err(bad_answer()),
                Err(error) => Err(error),
            },
        }
    }
}

#[async_trait]
impl FileWriter for Writer {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        for piece in bytes.chunks(PAYLOAD_BYTES_MAX) {
            self.send(FrameKind::Data, piece).await?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), EngineError> {
        self.send(FrameKind::Done, &[]).await?;
        match next(&mut self.stream).await? {
            Frame::Done => Ok(()),
            Frame::Data(_) | Frame::Item(_) => Err(bad_answer()),
        }
    }
}

async fn item<T: DeserializeOwned>(stream: &mut UnixStream) -> Result<T, EngineError> {
    match next(stream).await? {
        Frame::Item(bytes) => parse(&bytes),
        Frame::Data(_) | Frame::Done => Err(bad_answer()),
    }
}

async fn next<S: AsyncReadExt + Unpin>(stream: &mut S) -> Result<Frame, EngineError> {
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
        FrameKind::Done => Ok(Frame::Done),
        FrameKind::Failed => Err(parse::<Failure>(&payload)?.into()),
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

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, EngineError> {
    serde_json::from_slice(bytes).map_err(|_| bad_answer())
}

fn bad_answer() -> EngineError {
    EngineError::Internal("the file server's answer cannot be read".to_owned())
}
