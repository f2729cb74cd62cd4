//! What is asked of a sandbox as a whole: connections, signals to all, halting, measuring.

use std::os::fd::OwnedFd;
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use tokio::net::TcpStream;

use super::ask::{Answer, Question};
use super::packet;
use super::sandbox::{InitSandbox, os, os_of};
use super::wire::Request;
use crate::engine::{EngineError, Usage, procfs, sys};

/// Between two looks at whether everything inside is halted.
const FREEZE_POLL: Duration = Duration::from_millis(1);

/// Looks before the wait is given up: one in an uninterruptible wait is halted when that ends,
/// and does nothing before.
const FREEZE_POLLS_MAX: usize = 1000;

impl InitSandbox {
    /// A connection to a port inside.
    pub(super) async fn connect_inside(&self, port: u16) -> Result<TcpStream, EngineError> {
        match self.ask(Question::Connect { port }).await? {
            (Answer::Connected, Some(socket)) => {
                let socket = std::net::TcpStream::from(socket);
                socket
                    .set_nonblocking(true)
                    .and_then(|()| TcpStream::from_std(socket))
                    .map_err(|error| os_of("connect", &error))
            }
            (Answer::Failed { errno }, _) => Err(os("connect", errno)),
            _ => Err(unreadable()),
        }
    }

    /// Halts everything and waits until it is, or lets it go on.
    pub(super) async fn set_frozen(&self, frozen: bool) -> Result<(), EngineError> {
        for _ in 0..FREEZE_POLLS_MAX {
            let id = self.link.next_id();
            let request = Request::Freeze { id, frozen };
            let done = self.link.signal(id, &request).await?;
            if !frozen || done.running == 0 {
                break;
            }
            tokio::time::sleep(FREEZE_POLL).await;
        }
        Ok(())
    }

    /// Signals everything inside; how many that were.
    pub(super) async fn signal_everyone(&self, signal: i32) -> Result<u32, EngineError> {
        let id = self.link.next_id();
        let request = Request::SignalAll { id, signal };
        let done = self.link.signal(id, &request).await?;
        match done.errno {
            0 => Ok(done.reached),
            errno => Err(os("kill", errno)),
        }
    }

    /// What it uses.
    pub(super) async fn measure(&self) -> Result<Usage, EngineError> {
        let used = match self.ask(Question::Usage).await? {
            (Answer::Used(used), _) => used,
            (Answer::Failed { errno }, _) => return Err(os("measure", errno)),
            (Answer::Connected, _) => return Err(unreadable()),
        };
        let disk = self.link.keeper().disk().await?;
        Ok(Usage {
            cpu_us: used.cpu_us,
            memory_bytes: used.memory_bytes,
            memory_bytes_max: procfs::host_memory_bytes()
                .ok_or_else(|| EngineError::Internal("/proc/meminfo cannot be read".to_owned()))?
                .min(self.memory_bytes_max),
            disk_bytes: disk.map_or(used.disk_bytes, |disk| disk.bytes),
            disk_bytes_max: disk
                .and_then(|disk| disk.bytes_max)
                .unwrap_or(used.disk_bytes_max),
            processes: used.processes,
        })
    }

    /// Asks a child of init, which answers with one packet.
    async fn ask(&self, question: Question) -> Result<(Answer, Option<OwnedFd>), EngineError> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let (near, far) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)
            .map_err(|errno| os("socketpair", errno as i32))?;
        let near = sys::register(near).map_err(|error| os_of("socketpair", &error))?;
        self.link
            .send(&Request::Ask { question }, vec![far])
            .await?;
        let answer = packet::next(&near).await;
        self.unless_gone(match answer {
            Ok(Some((answer, descriptors))) => Ok((answer, descriptors.into_iter().next())),
            // Somebody inside has killed the child.
            Ok(None) => Err(os("ask", libc::EINTR)),
            Err(error) => Err(os_of("ask", &error)),
        })
    }
}

fn unreadable() -> EngineError {
    EngineError::Internal("the answer from inside cannot be read".to_owned())
}
