//! Packets on the control socket. A large body travels in a memory file, so that a packet never
//! exceeds what a socket takes and init never waits for the rest of one.

use std::fs::File;
use std::io::{self, IoSlice, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::unix::AsyncFd;

use crate::engine::sys;

/// Bytes that go inside the packet.
const INLINE_BYTES_MAX: usize = 16 * 1024;

/// Bytes of the largest body: argv and environment are bound to less by the kernel.
const BODY_BYTES_MAX: u64 = 32 << 20;

const INLINE: u8 = b'i';
const MEMORY_FILE: u8 = b'm';

/// A packet ready to be sent.
#[derive(Debug)]
pub(super) struct Packet {
    bytes: Vec<u8>,
    descriptors: Vec<OwnedFd>,
}

impl Packet {
    /// Encodes a message and takes the descriptors that go with it.
    pub(super) fn new<T: Serialize>(
        message: &T,
        mut descriptors: Vec<OwnedFd>,
    ) -> io::Result<Self> {
        let mut bytes = vec![INLINE];
        serde_json::to_writer(&mut bytes, message)?;
        if bytes.len() > INLINE_BYTES_MAX {
            let mut file = File::from(memfd_create(c"request", MFdFlags::MFD_CLOEXEC)?);
            file.write_all(&bytes[1..])?;
            file.rewind()?;
            descriptors.insert(0, file.into());
            bytes = vec![MEMORY_FILE];
        }
        Ok(Self { bytes, descriptors })
    }

    /// Sends it whole, or says `EAGAIN` and has sent nothing.
    pub(super) fn send(&self, socket: BorrowedFd<'_>) -> io::Result<()> {
        let raw: Vec<RawFd> = self.descriptors.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&raw)];
        let rights = if raw.is_empty() {
            &rights[..0]
        } else {
            &rights[..]
        };
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        let parts = [IoSlice::new(&self.bytes)];
        sendmsg::<()>(socket.as_raw_fd(), &parts, rights, flags, None)?;
        Ok(())
    }
}

/// Receives a message; `None` when the other side has closed.
pub(super) fn receive<T: DeserializeOwned>(
    socket: BorrowedFd<'_>,
    flags: MsgFlags,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut buffer = vec![0; INLINE_BYTES_MAX];
    let (count, mut descriptors) = sys::receive(socket, &mut buffer, flags)?;
    let message = match buffer[..count].split_first() {
        None => return Ok(None),
        Some((&INLINE, body)) => serde_json::from_slice(body)?,
        Some((&MEMORY_FILE, _)) if !descriptors.is_empty() => {
            let file = File::from(descriptors.remove(0));
            let mut body = Vec::new();
            file.take(BODY_BYTES_MAX).read_to_end(&mut body)?;
            serde_json::from_slice(&body)?
        }
        Some(_) => return Err(io::Error::from_raw_os_error(libc::EBADMSG)),
    };
    Ok(Some((message, descriptors)))
}

/// Waits for a message; `None` when the other side has closed.
pub(super) async fn next<T: DeserializeOwned>(
    socket: &AsyncFd<OwnedFd>,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    loop {
        let mut guard = socket.readable().await?;
        match guard.try_io(|fd| receive(fd.as_fd(), MsgFlags::MSG_DONTWAIT)) {
            Ok(received) => return received,
            Err(_would_block) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};

    use super::*;

    #[test]
    fn small_and_large_messages_arrive_with_their_descriptors() {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (a, b) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags).unwrap();
        for length in [0, 10, INLINE_BYTES_MAX, 3 << 20] {
            let text = "x".repeat(length);
            let (reader, mut writer) = io::pipe().unwrap();
            Packet::new(&text, vec![reader.into()])
                .unwrap()
                .send(a.as_fd())
                .unwrap();
            let (got, mut descriptors) = receive::<String>(b.as_fd(), MsgFlags::empty())
                .unwrap()
                .unwrap();
            assert_eq!(got, text);
            assert_eq!(descriptors.len(), 1);
            writer.write_all(b"y").unwrap();
            drop(writer);
            let mut through = String::new();
            File::from(descriptors.remove(0))
                .read_to_string(&mut through)
                .unwrap();
            assert_eq!(through, "y");
        }
        drop(a);
        assert!(
            receive::<String>(b.as_fd(), MsgFlags::empty())
                .unwrap()
                .is_none()
        );
    }
}
