//! The host's end of a sandbox: the helper process and the control socket.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, Command};
use tokio::sync::{oneshot, watch};
use tokio_util::task::TaskTracker;

use super::dispatch::HELPER_ARGUMENT;
use super::packet::{self, Packet};
use super::wire::{Reply, Request, Setup};
use crate::engine::{EngineError, ExitStatus, sys};

/// Time for a sandbox to stand. It takes milliseconds; a machine under heavy load may take a
/// hundred times that, and a helper that hangs must not hang a run.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A started process as init told it.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) pid: u32,
    pub(super) terminal: Option<OwnedFd>,
    pub(super) exit: watch::Receiver<Option<ExitStatus>>,
}

/// What init says to a signal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signalled {
    /// 0 is success.
    pub(super) errno: i32,
    /// Processes that a signal to all has reached.
    pub(super) reached: u32,
    /// Of those, how many are not halted.
    pub(super) running: u32,
}

#[derive(Debug)]
enum Waiting {
    Spawn(oneshot::Sender<Result<Started, EngineError>>),
    Signal(oneshot::Sender<Signalled>),
}

#[derive(Debug)]
struct Shared {
    control: AsyncFd<OwnedFd>,
    waiting: Mutex<HashMap<u64, Waiting>>,
    exits: Mutex<HashMap<u32, watch::Sender<Option<ExitStatus>>>>,
    gone: AtomicBool,
}

/// The commands of a sandbox: those asked for that have neither ended nor failed to start.
#[derive(Debug)]
pub(super) struct Commands(Arc<Shared>);

impl Commands {
    /// Those of a sandbox that runs none.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        let (near, _far) = std::os::unix::net::UnixStream::pair().unwrap();
        Self(Arc::new(Shared {
            control: sys::register(near.into()).unwrap(),
            waiting: Mutex::default(),
            exits: Mutex::default(),
            gone: AtomicBool::new(false),
        }))
    }

    /// Whether there is one.
    pub(super) fn any(&self) -> bool {
        let is_spawn = |waiting: &Waiting| matches!(waiting, Waiting::Spawn(_));
        // In this order: one that has started is entered below before it is taken out above.
        self.0.lock_waiting().values().any(is_spawn) || !self.0.lock_exits().is_empty()
    }
}

/// A step of the set-up that the host refused, and its errno.
pub(super) type Refused = (String, i32);

/// See the module's description. Dropping it kills init, and with it everything inside.
#[derive(Debug)]
pub(super) struct Link {
    shared: Arc<Shared>,
    init: OwnedFd,
    helper: tokio::sync::Mutex<Child>,
    next_id: AtomicU64,
    pub(super) tasks: TaskTracker,
}

impl Link {
    /// Starts a helper and waits until its sandbox stands.
    pub(super) async fn start(
        helper: &Path,
        setup: &Setup,
    ) -> Result<Result<Self, Refused>, EngineError> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let (near, far) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)
            .map_err(|error| internal("make a control socket", &error.into()))?;
        set_blocking(&far).map_err(|error| internal("make a control socket", &error))?;
        let child = Command::new(helper)
            .arg(HELPER_ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(far))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| internal(&format!("start {}", helper.display()), &error))?;
        let control = sys::register(near).map_err(|error| internal("watch the socket", &error))?;
        Packet::new(setup, Vec::new())
            .and_then(|packet| packet.send(control.as_fd()))
            .map_err(|error| internal("send the set-up", &error))?;
        let ready = tokio::time::timeout(START_TIMEOUT, wait_ready(&control)).await;
        let init = match ready {
            Ok(Ok(Ok(init))) => init,
            // The socket closes with this return; helper and init end by themselves.
            Ok(Ok(Err(refused))) => return Ok(Err(refused)),
            Ok(Err(error)) => return Err(internal("start a sandbox", &error)),
            Err(_) => {
                return Err(EngineError::Internal(
                    "the sandbox did not start".to_owned(),
                ));
            }
        };
        let shared = Arc::new(Shared {
            control,
            waiting: Mutex::default(),
            exits: Mutex::default(),
            gone: AtomicBool::new(false),
        });
        let tasks = TaskTracker::new();
        tasks.spawn(Arc::clone(&shared).listen());
        Ok(Ok(Self {
            shared,
            init,
            helper: tokio::sync::Mutex::new(child),
            next_id: AtomicU64::new(1),
            tasks,
        }))
    }

    /// A number for a request that will be answered.
    pub(super) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a request that init does not answer itself.
    pub(super) async fn send(
        &self,
        request: &Request,
        descriptors: Vec<OwnedFd>,
    ) -> Result<(), EngineError> {
        if self.is_gone() {
            return Err(EngineError::Gone);
        }
        let packet = Packet::new(request, descriptors)
            .map_err(|error| internal("encode a request", &error))?;
        loop {
            let mut guard = self
                .shared
                .control
                .writable()
                .await
                .map_err(|_| EngineError::Gone)?;
            match guard.try_io(|control| packet.send(control.as_fd())) {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) if error.raw_os_error() == Some(libc::EPIPE) => {
                    return Err(EngineError::Gone);
                }
                Ok(Err(error)) => return Err(internal("send a request", &error)),
                Err(_would_block) => {}
            }
        }
    }

    /// Asks for a process. The request is made when [`Commands::any`] knows of it.
    pub(super) async fn spawn(
        &self,
        id: u64,
        descriptors: Vec<OwnedFd>,
        request: impl FnOnce() -> Request + Send,
    ) -> Result<Started, EngineError> {
        let (sender, answer) = oneshot::channel();
        self.shared
            .lock_waiting()
            .insert(id, Waiting::Spawn(sender));
        let sent = self.send(&request(), descriptors).await;
        self.settle(id, sent)?;
        answer.await.map_err(|_| EngineError::Gone)?
    }

    /// Asks for a signal, to one or to all.
    pub(super) async fn signal(
        &self,
        id: u64,
        request: &Request,
    ) -> Result<Signalled, EngineError> {
        let (sender, answer) = oneshot::channel();
        self.shared
            .lock_waiting()
            .insert(id, Waiting::Signal(sender));
        let sent = self.send(request, Vec::new()).await;
        self.settle(id, sent)?;
        answer.await.map_err(|_| EngineError::Gone)
    }

    /// The commands inside.
    pub(super) fn commands(&self) -> Commands {
        Commands(Arc::clone(&self.shared))
    }

    /// Whether init has ended.
    pub(super) fn is_gone(&self) -> bool {
        self.shared.gone.load(Ordering::Acquire)
    }

    /// Kills init and waits until the helper has reaped it: then the kernel has ended every
    /// process inside and taken the mounts with the last of them.
    pub(super) async fn end(&self) {
        self.kill();
        let mut helper = self.helper.lock().await;
        // It fails only when somebody else has reaped the helper, which ends it as well.
        drop(helper.wait().await);
        drop(helper);
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn kill(&self) {
        self.shared.gone.store(true, Ordering::Release);
        // ESRCH: it has ended by itself.
        drop(sys::pidfd_kill(self.init.as_fd()));
    }

    fn settle(&self, id: u64, sent: Result<(), EngineError>) -> Result<(), EngineError> {
        // The listener drops what waits when it ends; what is entered after that must go here.
        if sent.is_err() || self.is_gone() {
            self.shared.lock_waiting().remove(&id);
        }
        sent
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Shared {
    /// Takes init's messages until it ends.
    async fn listen(self: Arc<Self>) {
        while let Ok(Some((reply, descriptors))) = packet::next(&self.control).await {
            self.take(reply, descriptors);
        }
        self.gone.store(true, Ordering::Release);
        for (_, exit) in self.lock_exits().drain() {
            exit.send_replace(Some(ExitStatus::Signal {
                signal: libc::SIGKILL,
                core: false,
            }));
        }
        self.lock_waiting().clear();
    }

    fn take(&self, reply: Reply, descriptors: Vec<OwnedFd>) {
        match reply {
            Reply::Started { id, pid } => {
                let (sender, exit) = watch::channel(None);
                self.lock_exits().insert(pid, sender);
                let terminal = descriptors.into_iter().next();
                let started = Started {
                    pid,
                    terminal,
                    exit,
                };
                self.answer_spawn(id, Ok(started));
            }
            Reply::NotStarted {
                id,
                operation,
                errno,
            } => {
                self.answer_spawn(id, Err(EngineError::Os { operation, errno }));
            }
            Reply::Signalled {
                id,
                errno,
                reached,
                running,
            } => {
                if let Some(Waiting::Signal(sender)) = self.lock_waiting().remove(&id) {
                    // Whoever asked may have given up.
                    let _ = sender.send(Signalled {
                        errno,
                        reached,
                        running,
                    });
                }
            }
            Reply::Exited { pid, code } => self.ended(pid, ExitStatus::Code(code)),
            Reply::Killed { pid, signal, core } => {
                self.ended(pid, ExitStatus::Signal { signal, core });
            }
            Reply::Init | Reply::Ready | Reply::SetupFailed { .. } => {}
        }
    }

    fn answer_spawn(&self, id: u64, answer: Result<Started, EngineError>) {
        if let Some(Waiting::Spawn(sender)) = self.lock_waiting().remove(&id) {
            // Whoever asked may have given up; the process runs on.
            drop(sender.send(answer));
        }
    }

    fn ended(&self, pid: u32, status: ExitStatus) {
        if let Some(exit) = self.lock_exits().remove(&pid) {
            exit.send_replace(Some(status));
        }
    }

    // A panic elsewhere does not spoil the maps: every statement leaves them valid.
    fn lock_waiting(&self) -> MutexGuard<'_, HashMap<u64, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_exits(&self) -> MutexGuard<'_, HashMap<u32, watch::Sender<Option<ExitStatus>>>> {
        self.exits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for init's handle and its word that the sandbox stands, which may come in either order.
async fn wait_ready(control: &AsyncFd<OwnedFd>) -> io::Result<Result<OwnedFd, Refused>> {
    let mut init = None;
    let mut ready = false;
    loop {
        match packet::next(control).await? {
            Some((Reply::Init, descriptors)) => init = descriptors.into_iter().next(),
            Some((Reply::Ready, _)) => ready = true,
            Some((Reply::SetupFailed { step, errno }, _)) => return Ok(Err((step, errno))),
            Some(_) | None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        if ready && let Some(init) = init.take() {
            return Ok(Ok(init));
        }
    }
}

/// The helper reads its set-up before it has a loop.
fn set_blocking(fd: &OwnedFd) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags - OFlag::O_NONBLOCK))?;
    Ok(())
}

fn internal(what: &str, error: &io::Error) -> EngineError {
    EngineError::Internal(format!("{what}: {error}"))
}
