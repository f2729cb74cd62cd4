//! Questions that a child of init answers with one packet: a connection, a measurement.

use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::everyone;
use super::packet::Packet;
use crate::engine::{procfs, sys};

/// Longest wait for a connection: over loopback it is made or refused at once, unless the
/// listener's queue is full.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Question {
    /// A connection to a port of the sandbox's loopback; the socket comes with the answer.
    Connect { port: u16 },
    /// What the sandbox uses.
    Usage,
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    /// Descriptor: the socket.
    Connected,
    Used(Used),
    Failed {
        errno: i32,
    },
}

/// What the processes and files inside use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Used {
    pub(super) cpu_us: u64,
    pub(super) memory_bytes: u64,
    pub(super) processes: u32,
    pub(super) disk_bytes: u64,
    pub(super) disk_bytes_max: u64,
}

/// Answers one question and ends the process. `servers` are init's other children of this kind.
pub(super) fn run(question: Question, servers: &HashSet<i32>, stream: &OwnedFd) -> ! {
    let answer = sys::close_all_but(&[stream.as_fd()])
        .and_then(|()| {
            nix::sys::prctl::set_dumpable(false)?;
            nix::sys::signal::SigSet::empty().thread_set_mask()?;
            answer(question, servers)
        })
        .unwrap_or_else(|error| (failed(&error), Vec::new()));
    // Whoever asked may have gone.
    drop(Packet::new(&answer.0, answer.1).and_then(|packet| packet.send(stream.as_fd())));
    sys::exit_now(0)
}

/// Answers that there is no child to answer.
pub(super) fn refuse(stream: &OwnedFd, error: &io::Error) {
    let packet = Packet::new(&failed(error), Vec::new());
    drop(packet.and_then(|packet| packet.send(stream.as_fd())));
}

fn failed(error: &io::Error) -> Answer {
    let unnamed = match error.kind() {
        io::ErrorKind::TimedOut => libc::ETIMEDOUT,
        _ => libc::EINVAL,
    };
    Answer::Failed {
        errno: error.raw_os_error().unwrap_or(unnamed),
    }
}

fn answer(question: Question, servers: &HashSet<i32>) -> io::Result<(Answer, Vec<OwnedFd>)> {
    match question {
        Question::Connect { port } => Ok((Answer::Connected, vec![connect(port)?.into()])),
        Question::Usage => Ok((Answer::Used(measure(servers)?), Vec::new())),
    }
}

/// Connects over IPv4, or over IPv6 to what listens there only.
fn connect(port: u16) -> io::Result<TcpStream> {
    let at = |address| TcpStream::connect_timeout(&address, CONNECT_TIMEOUT);
    match at(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            at(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).map_err(|_| error)
        }
        other => other,
    }
}

fn measure(servers: &HashSet<i32>) -> io::Result<Used> {
    let own = nix::unistd::getpid().as_raw();
    let mut commands = everyone::commands(servers);
    commands.retain(|process| process.pid != own);
    let (cpu_us, memory_bytes) = procfs::total(&commands);
    let files = nix::sys::statfs::statfs("/")?;
    let block_bytes = u64::try_from(files.block_size()).map_err(io::Error::other)?;
    Ok(Used {
        cpu_us,
        memory_bytes,
        processes: u32::try_from(commands.len()).unwrap_or(u32::MAX),
        disk_bytes: files.blocks().saturating_sub(files.blocks_free()) * block_bytes,
        disk_bytes_max: files.blocks() * block_bytes,
    })
}
