//! The client of a file server: frames to facts, bytes and errors.

use std::io;
use std::pin::Pin;

use async_trait::async_trait;
use futures_util::stream;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;
use tokio_util::io::StreamReader;

use super::archive::Archived;
use super::conversation::{Conversation, Frame, bad_answer, parse};
use super::frame::{self, Failure, FrameKind, PAYLOAD_BYTES_MAX, StatItem};
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

/// Has file servers inside the sandbox.
#[async_trait]
pub(crate) trait FileHost: Send + Sync {
    /// Has a server begin one operation with the rights of `who`.
    async fn converse(&self, op: FileOp, who: &Identity) -> Result<Conversation, EngineError>;
}

/// Bytes of the attributes of one directory's entries: 4 KiB for each of 16384.
const ATTRIBUTE_BYTES_MAX: usize = 64 << 20;

/// An operation that answers with nothing but success.
pub(crate) async fn call(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<(), EngineError> {
    host.converse(op, who).await?.end().await
}

/// An operation that answers with one text.
pub(crate) async fn text(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<String, EngineError> {
    one(host, op, who).await
}

/// An operation that answers with facts.
pub(crate) async fn stat(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<FileStat, EngineError> {
    Ok(one::<StatItem>(host, op, who).await?.into())
}

/// The entries of a directory by name bytes.
pub(crate) async fn list(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<Vec<FileStat>, EngineError> {
    let mut conversation = host.converse(op, who).await?;
    let mut entries: Vec<FileStat> = Vec::new();
    loop {
        match conversation.next().await? {
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
    let mut conversation = host.converse(op, who).await?;
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut total = 0;
    loop {
        match conversation.next().await? {
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
    Ok(one::<FileSystemItem>(host, op, who).await?.into())
}

/// An operation that answers with one item.
async fn one<T: DeserializeOwned>(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<T, EngineError> {
    let mut conversation = host.converse(op, who).await?;
    let item = conversation.item().await?;
    conversation.end().await?;
    Ok(item)
}

/// Opens a file for reading.
pub(crate) async fn read(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
) -> Result<FileReader, EngineError> {
    let mut conversation = host.converse(op, who).await?;
    let stat = conversation.item::<StatItem>().await?.into();
    Ok(FileReader {
        stat,
        bytes: bytes_of(conversation),
    })
}

/// Everything that an archive holds, as a tar stream.
pub(crate) async fn export(
    host: &dyn FileHost,
    archived: Archived,
) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
    let op = FileOp::Export(archived);
    Ok(bytes_of(host.converse(op, &Identity::Root).await?))
}

/// Replaces what an archive holds by the content of a tar stream.
pub(crate) async fn import(
    host: &dyn FileHost,
    archived: Archived,
    mut archive: Box<dyn AsyncRead + Send + Unpin>,
) -> Result<(), EngineError> {
    let op = FileOp::Import(archived);
    let conversation = host.converse(op, &Identity::Root).await?;
    let mut writer = Box::new(Writer { conversation });
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
fn bytes_of(conversation: Conversation) -> Box<dyn AsyncRead + Send + Unpin> {
    let pieces = stream::try_unfold(conversation, |mut conversation| async move {
        match conversation.next().await {
            Ok(Frame::Data(bytes)) => Ok(Some((io::Cursor::new(bytes), conversation))),
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
    let mut conversation = host.converse(op, who).await?;
    conversation.item::<()>().await?;
    Ok(Box::new(Writer { conversation }))
}

/// Watches a directory. The events end when the receiver is dropped.
pub(crate) async fn watch(
    host: &dyn FileHost,
    op: FileOp,
    who: &Identity,
    tasks: &tokio_util::task::TaskTracker,
) -> Result<mpsc::Receiver<WatchEvent>, EngineError> {
    let mut conversation = host.converse(op, who).await?;
    conversation.item::<()>().await?;
    let (sender, receiver) = mpsc::channel(WATCH_EVENTS_MAX);
    tasks.spawn(async move {
        loop {
            let frame = tokio::select! {
                () = sender.closed() => return,
                frame = conversation.next() => frame,
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
    conversation: Conversation,
}

impl Writer {
    async fn send(&mut self, kind: FrameKind, payload: &[u8]) -> Result<(), EngineError> {
        let head = frame::head(kind, payload.len())
            .map_err(|error| EngineError::from(Failure::of("write", &error)))?;
        let sent = match self.conversation.send(&head).await {
            Ok(()) => self.conversation.send(payload).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => Ok(()),
            // The server has stopped reading: its last frame says why.
            Err(_) => match self.conversation.next().await {
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
        self.conversation.end().await
    }
}
