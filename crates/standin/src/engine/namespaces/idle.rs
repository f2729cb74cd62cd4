//! The idle file servers of a sandbox: each waits a moment for the next operation with the same
//! rights, as the start of a server costs more than most operations.
//!
//! No command shall see one of them: none is kept while a command runs, and a start of a command
//! ends those that there are. What a command has left behind may see one while it waits.

use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};
use tokio::net::UnixStream;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::link::Commands;
use super::wire::Who;

/// How long a server waits: the operations of one request follow each other in less.
const IDLE_TIME: Duration = Duration::from_millis(50);

/// Servers that wait at a time; one for each of as many requests at once.
const IDLE_MAX: usize = 16;

/// Closed servers that are remembered until a command starts: one that this many others were
/// closed after has long ended.
const CLOSED_MAX: usize = 64;

/// A server that awaits an operation.
#[derive(Debug)]
pub(super) struct Server {
    /// What init knows it by.
    pub(super) id: u64,
    pub(super) who: Who,
    pub(super) stream: UnixStream,
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct IdleServers {
    commands: Commands,
    tasks: TaskTracker,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The one that has waited longest first.
    idle: Vec<(Instant, Server)>,
    /// Those that were hung up on and may not have ended yet.
    closed: VecDeque<u64>,
    timer: Option<AbortHandle>,
    /// Whether the sandbox is at its end.
    over: bool,
}

impl IdleServers {
    /// None yet.
    pub(super) fn new(commands: Commands, tasks: TaskTracker) -> Self {
        Self {
            commands,
            tasks,
            state: Mutex::default(),
        }
    }

    /// Takes one that lives and has these rights.
    pub(super) fn take(&self, who: &Who) -> Option<Server> {
        let mut state = self.lock();
        loop {
            let at = state.idle.iter().rposition(|(_, it)| it.who == *who)?;
            let (_, server) = state.idle.remove(at);
            if awaits(&server.stream) {
                return Some(server);
            }
            state.close(server);
        }
    }

    /// Keeps one whose operation is over, or hangs up.
    pub(super) fn give_back(self: &Arc<Self>, server: Server) {
        let mut state = self.lock();
        // Asked with the lock held: a command is known before it empties what is kept here.
        let kept = !state.over && !self.commands.any() && state.idle.len() < IDLE_MAX;
        if !kept || !self.set_timer(&mut state) {
            state.close(server);
            return;
        }
        state.idle.push((Instant::now(), server));
    }

    /// Takes note of one that was hung up on and has nothing more to do.
    pub(super) fn forget(&self, id: u64) {
        self.lock().note(id);
    }

    /// Hangs up on all. The numbers of those that may not have ended yet.
    pub(super) fn empty(&self) -> Vec<u64> {
        let mut state = self.lock();
        for (_, server) in std::mem::take(&mut state.idle) {
            state.close(server);
        }
        state.closed.drain(..).collect()
    }

    /// Hangs up on all and keeps no more.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.over = true;
        state.idle.clear();
        if let Some(timer) = state.timer.take() {
            timer.abort();
        }
    }

    /// Has a task that hangs up on who waits too long; false where no task can run.
    fn set_timer(self: &Arc<Self>, state: &mut State) -> bool {
        // It has ended unasked where its runtime has.
        if state.timer.as_ref().is_none_or(AbortHandle::is_finished) {
            let Ok(runtime) = Handle::try_current() else {
                return false;
            };
            let task = Self::expire(Arc::downgrade(self));
            state.timer = Some(self.tasks.spawn_on(task, &runtime).abort_handle());
        }
        true
    }

    /// Runs until nobody waits.
    async fn expire(servers: Weak<Self>) {
        let mut next = Instant::now() + IDLE_TIME;
        loop {
            tokio::time::sleep_until(next).await;
            let Some(servers) = servers.upgrade() else {
                return;
            };
            let mut state = servers.lock();
            let now = Instant::now();
            let count = state
                .idle
                .partition_point(|(since, _)| *since + IDLE_TIME <= now);
            for (_, server) in state.idle.drain(..count).collect::<Vec<_>>() {
                state.close(server);
            }
            let Some((since, _)) = state.idle.first() else {
                state.timer = None;
                return;
            };
            next = *since + IDLE_TIME;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere does not spoil the state: every statement leaves it valid.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Hangs up on one.
    fn close(&mut self, server: Server) {
        let Server { id, stream, .. } = server;
        drop(stream);
        self.note(id);
    }

    fn note(&mut self, id: u64) {
        if self.closed.len() == CLOSED_MAX {
            self.closed.pop_front();
        }
        self.closed.push_back(id);
    }
}

/// Whether a server has neither ended nor said anything unasked.
fn awaits(stream: &UnixStream) -> bool {
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    recv(stream.as_raw_fd(), &mut [0], flags) == Err(Errno::EAGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(id: u64, uid: u32) -> (Server, UnixStream) {
        let (stream, far) = UnixStream::pair().unwrap();
        let who = who(uid);
        (Server { id, who, stream }, far)
    }

    fn who(uid: u32) -> Who {
        let groups = Vec::new();
        Who::User {
            uid,
            gid: uid,
            groups,
        }
    }

    fn none() -> Arc<IdleServers> {
        Arc::new(IdleServers::new(Commands::none(), TaskTracker::new()))
    }

    #[tokio::test]
    async fn as_many_are_kept_as_may_wait() {
        let idle = none();
        let mut far_ends = Vec::new();
        for id in 0..20 {
            let (server, far) = server(id, 1000);
            far_ends.push(far);
            idle.give_back(server);
        }
        assert_eq!(idle.lock().idle.len(), IDLE_MAX);
        let first: Vec<u64> = (16..20).chain(0..16).collect();
        assert_eq!(idle.empty(), first, "closed at once, then closed now");
        assert_eq!(idle.empty(), Vec::<u64>::new());
        assert!(idle.take(&who(1000)).is_none());
    }

    #[tokio::test]
    async fn the_last_that_lives_and_has_the_rights_is_taken() {
        let idle = none();
        let (ended, far) = server(3, 1000);
        drop(far);
        let (one, _one_far) = server(1, 1000);
        let (other, _other_far) = server(2, 0);
        for server in [one, other, ended] {
            idle.give_back(server);
        }
        assert_eq!(idle.take(&who(1000)).map(|server| server.id), Some(1));
        assert!(idle.take(&who(1000)).is_none());
        assert_eq!(idle.take(&who(0)).map(|server| server.id), Some(2));
        assert_eq!(idle.empty(), [3]);
    }

    #[tokio::test]
    async fn one_that_waits_too_long_is_hung_up_on() {
        let idle = none();
        let (server, far) = server(1, 1000);
        idle.give_back(server);
        // Readable when it ends.
        far.readable().await.unwrap();
        assert_eq!(far.try_read(&mut [0]).unwrap(), 0);
        assert!(idle.take(&who(1000)).is_none());
        assert_eq!(idle.empty(), [1]);
        idle.tasks.close();
        idle.tasks.wait().await;
        assert!(idle.lock().timer.is_none());
    }

    #[tokio::test]
    async fn none_is_kept_at_the_end() {
        let idle = none();
        let (one, _one_far) = server(1, 1000);
        idle.give_back(one);
        idle.close();
        let (late, _late_far) = server(2, 1000);
        idle.give_back(late);
        assert!(idle.take(&who(1000)).is_none());
        idle.tasks.close();
        idle.tasks.wait().await;
    }
}
