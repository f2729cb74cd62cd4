//! The host's end of a sandbox: the control socket.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::unix::AsyncFd;
use tokio::sync::{oneshot, watch};
use tokio_util::task::TaskTracker;

use super::keeper::Keeper;
use super::packet::{self, Packet};
use super::wire::{Reply, Request};
use crate::engine::{EngineError, ExitStatus};

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
            control: crate::engine::sys::register(near.into()).unwrap(),
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

/// See the module's description. Dropping it kills init, and with it everything inside.
#[derive(Debug)]
pub(in crate::engine) struct Link {
    shared: Arc<Shared>,
    keeper: Box<dyn Keeper>,
    next_id: AtomicU64,
    pub(super) tasks: TaskTracker,
}

impl Link {
    /// The link with an init that stands.
    pub(in crate::engine) fn new(control: AsyncFd<OwnedFd>, keeper: Box<dyn Keeper>) -> Self {
        let shared = Arc::new(Shared {
            control,
            waiting: Mutex::default(),
            exits: Mutex::default(),
            gone: AtomicBool::new(false),
        });
        let tasks = TaskTracker::new();
        tasks.spawn(Arc::clone(&shared).listen());
        Self {
            shared,
            keeper,
            next_id: AtomicU64::new(1),
            tasks,
        }
    }

    /// Who can end init.
    pub(super) fn keeper(&self) -> &dyn Keeper {
        self.keeper.as_ref()
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

    /// Kills init and waits until nothing is left of it: then the kernel has ended every process
    /// inside and taken the mounts with the last of them.
    pub(super) async fn end(&self) {
        self.kill();
        self.keeper.ended().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn kill(&self) {
        self.shared.gone.store(true, Ordering::Release);
        self.keeper.kill();
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

fn internal(what: &str, error: &io::Error) -> EngineError {
    EngineError::internal(what, error)
}
