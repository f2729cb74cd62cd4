//! The frames between file server and client: kind, length, payload.
//!
//! The server may run among hostile processes, so the client trusts no length and no payload.

use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::engine::{EngineError, FileKind, FileStat};

/// Bytes of one frame's payload. Data goes in pieces of at most this; the longest item is a path
/// (4096 bytes) beside a link target, and JSON may make each byte six.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// Length of a frame's head: one byte of kind, four of length.
pub(crate) const HEAD_BYTES: usize = 5;

/// What a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// Bytes of a file.
    Data,
    /// One JSON value: a stat, an event, a text.
    Item,
    /// The operation is complete.
    Done,
    /// The operation failed: [`Failure`] as JSON.
    Failed,
    /// As [`Self::Failed`], where there is no server: it could not be started.
    Refused,
    /// To a server that has done one operation: the next one as JSON.
    Operation,
}

impl FrameKind {
    fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Data,
            2 => Self::Item,
            3 => Self::Done,
            4 => Self::Failed,
            5 => Self::Refused,
            6 => Self::Operation,
            _ => return None,
        })
    }

    const fn to_byte(self) -> u8 {
        match self {
            Self::Data => 1,
            Self::Item => 2,
            Self::Done => 3,
            Self::Failed => 4,
            Self::Refused => 5,
            Self::Operation => 6,
        }
    }
}

/// A failed step and its errno.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) operation: String,
    pub(crate) errno: i32,
}

impl Failure {
    /// Says which step gave the error. An error that has no errno (a NUL in a path) is `EINVAL`.
    pub(crate) fn of(operation: &str, error: &io::Error) -> Self {
        Self {
            operation: operation.to_owned(),
            errno: error.raw_os_error().unwrap_or(libc::EINVAL),
        }
    }
}

impl From<Failure> for EngineError {
    fn from(failure: Failure) -> Self {
        Self::Os {
            operation: failure.operation,
            errno: failure.errno,
        }
    }
}

/// The head of a frame.
pub(crate) fn head(kind: FrameKind, payload_bytes: usize) -> io::Result<[u8; HEAD_BYTES]> {
    if payload_bytes > PAYLOAD_BYTES_MAX {
        return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
    }
    let length = u32::try_from(payload_bytes)
        .map_err(|_| io::Error::from_raw_os_error(libc::EMSGSIZE))?
        .to_be_bytes();
    let mut bytes = [0; HEAD_BYTES];
    bytes[0] = kind.to_byte();
    bytes[1..].copy_from_slice(&length);
    Ok(bytes)
}

/// Reads a head; refuses an unknown kind and a length over the bound.
pub(crate) fn parse_head(bytes: [u8; HEAD_BYTES]) -> io::Result<(FrameKind, usize)> {
    let [kind, a, b, c, d] = bytes;
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    match FrameKind::from_byte(kind) {
        Some(kind) if length <= PAYLOAD_BYTES_MAX => Ok((kind, length)),
        _ => Err(io::Error::from_raw_os_error(libc::EBADMSG)),
    }
}

/// Writes one frame.
pub(crate) fn send(out: &mut impl Write, kind: FrameKind, payload: &[u8]) -> io::Result<()> {
    out.write_all(&head(kind, payload.len())?)?;
    out.write_all(payload)
}

/// Sends one value as an item.
pub(crate) fn item<T: Serialize + ?Sized>(out: &mut impl Write, value: &T) -> Result<(), Failure> {
    send_json(out, FrameKind::Item, value).map_err(|e| Failure::of("send", &e))
}

/// Sends one value as JSON in a frame of this kind.
pub(crate) fn send_json<T: Serialize + ?Sized>(
    out: &mut impl Write,
    kind: FrameKind,
    value: &T,
) -> io::Result<()> {
    let payload = serde_json::to_vec(value)?;
    send(out, kind, &payload)
}

/// Reads one frame into `payload`; `None` at a clean end of the stream.
pub(crate) fn receive(
    input: &mut impl Read,
    payload: &mut Vec<u8>,
) -> io::Result<Option<FrameKind>> {
    let mut bytes = [0; HEAD_BYTES];
    if input.read(&mut bytes[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut bytes[1..])?;
    let (kind, length) = parse_head(bytes)?;
    payload.resize(length, 0);
    input.read_exact(payload)?;
    Ok(Some(kind))
}

/// [`FileStat`] on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StatItem {
    name: String,
    kind: char,
    size: u64,
    mode: u32,
    uid: u32,
    gid: u32,
    mtime: (i64, u32),
    link_target: Option<String>,
}

impl StatItem {
    /// The facts about `path`.
    pub(crate) fn new(path: &Path, facts: &std::fs::Metadata) -> Self {
        let kind = facts.file_type();
        let link_target = if kind.is_symlink() {
            std::fs::read_link(path)
                .ok()
                .map(|target| target.to_string_lossy().into_owned())
        } else {
            None
        };
        Self {
            name: base_name(path),
            kind: if kind.is_file() {
                'f'
            } else if kind.is_dir() {
                'd'
            } else if kind.is_symlink() {
                'l'
            } else {
                debug_assert!(
                    kind.is_fifo()
                        || kind.is_socket()
                        || kind.is_char_device()
                        || kind.is_block_device()
                );
                'o'
            },
            size: facts.size(),
            mode: facts.mode() & 0o7777,
            uid: facts.uid(),
            gid: facts.gid(),
            mtime: (
                facts.mtime(),
                u32::try_from(facts.mtime_nsec()).unwrap_or(0),
            ),
            link_target,
        }
    }
}

impl From<StatItem> for FileStat {
    fn from(item: StatItem) -> Self {
        Self {
            name: item.name,
            kind: match item.kind {
                'f' => FileKind::File,
                'd' => FileKind::Directory,
                'l' => FileKind::Symlink,
                _ => FileKind::Other,
            },
            size: item.size,
            mode: item.mode,
            uid: item.uid,
            gid: item.gid,
            mtime: item.mtime,
            link_target: item.link_target,
        }
    }
}

/// The last component as it is written; `/` for the root, and what is before a last `..`.
fn base_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || String::from_utf8_lossy(path.as_os_str().as_bytes()).into_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
