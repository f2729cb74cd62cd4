//! A sandbox made of namespaces, as the host sees it.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, watch};

use super::child::StepFailed;
use super::link::{Link, Started};
use super::wire::{Ids, Request, Spawn, Who};
use crate::standin::engine::files::{self, FileHost, FileOp};
use crate::standin::engine::streams::{self, HostEnds};
use crate::standin::engine::{
    Account, EngineError, EngineProcess, EngineSandbox, ExitStatus, FileReader, FileStat,
    FileWriter, Identity, OutputMode, SignalTarget, SpawnRequest, WatchEvent, sys,
};

/// Bytes of `/etc/passwd` and `/etc/group` that are read: a hostile sandbox may have grown them.
const ACCOUNTS_BYTES_MAX: u64 = 1 << 20;

/// Bytes of the message why a process did not start.
const STATUS_BYTES_MAX: u64 = 4096;

/// See the module's description. Dropping it ends everything inside.
#[derive(Debug)]
pub(super) struct NamespacesSandbox {
    link: Link,
    ids: Ids,
    /// What was started; the entry of an ended process goes at the next start.
    running: Mutex<HashMap<u32, Running>>,
}

#[derive(Debug)]
struct Running {
    exit: watch::Receiver<Option<ExitStatus>>,
    terminal: Option<OwnedFd>,
}

impl NamespacesSandbox {
    /// Wraps a sandbox that stands.
    pub(super) fn new(link: Link, ids: Ids) -> Self {
        Self {
            link,
            ids,
            running: Mutex::default(),
        }
    }

    /// The rights to ask init for.
    fn who(&self, identity: &Identity) -> Result<Who, EngineError> {
        match identity {
            Identity::Root => Ok(Who::Root),
            Identity::User { uid, .. }
                if *uid != 1000 && matches!(self.ids, Ids::Single { .. }) =>
            {
                Err(single_id(*uid))
            }
            Identity::User { uid, gid, groups } => Ok(Who::User {
                uid: *uid,
                gid: *gid,
                groups: groups.clone(),
            }),
        }
    }

    fn request(&self, request: &SpawnRequest) -> Result<Spawn, EngineError> {
        let who = self.who(&request.identity)?;
        if who == Who::Root && matches!(self.ids, Ids::Single { .. }) {
            return Err(single_id(0));
        }
        Ok(Spawn {
            id: self.link.next_id(),
            argv: request.argv.clone(),
            env: request.env.clone().into_iter().collect(),
            cwd: request.cwd.clone(),
            who,
            new_group: request.new_group,
            terminal: match request.output {
                OutputMode::Pty { cols, rows } => Some((cols, rows)),
                OutputMode::TwoPipes | OutputMode::OnePipe => None,
            },
        })
    }

    fn remember(&self, pid: u32, running: Running) {
        let mut all = self.lock();
        all.retain(|_, running| {
            running.exit.borrow().is_none() && running.exit.has_changed().is_ok()
        });
        all.insert(pid, running);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Running>> {
        // A panic elsewhere does not spoil the map: every statement leaves it valid.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An operation that was cut off because the sandbox ended says so.
    fn unless_gone<T>(&self, result: Result<T, EngineError>) -> Result<T, EngineError> {
        result.map_err(|error| {
            if self.link.is_gone() {
                EngineError::Gone
            } else {
                error
            }
        })
    }
}

/// Why there is no such identity.
fn single_id(uid: u32) -> EngineError {
    EngineError::Refused {
        cause: format!(
            "user {uid} does not exist in this sandbox: cutover runs as an ordinary user, so there is only `user` (1000)"
        ),
        cure: "run cutover as root, or mark the scenario `requires: [root]`".to_owned(),
    }
}

#[async_trait]
impl FileHost for NamespacesSandbox {
    async fn converse(&self, op: FileOp, who: &Identity) -> Result<UnixStream, EngineError> {
        let who = self.who(who)?;
        let (near, far) = StdUnixStream::pair().map_err(|error| os_of("socketpair", &error))?;
        self.link
            .send(&Request::File { op, who }, vec![far.into()])
            .await?;
        near.set_nonblocking(true)
            .and_then(|()| UnixStream::from_std(near))
            .map_err(|error| os_of("socketpair", &error))
    }
}

#[async_trait]
impl EngineSandbox for NamespacesSandbox {
    async fn spawn(&self, request: SpawnRequest) -> Result<EngineProcess, EngineError> {
        let spawn = self.request(&request)?;
        let (status, far_status) = io::pipe().map_err(|error| os_of("pipe", &error))?;
        let mut descriptors = vec![OwnedFd::from(far_status)];
        let near = if spawn.terminal.is_some() {
            None
        } else {
            let (near, far) = streams::pipes(request.stdin, request.output)
                .map_err(|error| os_of("pipe", &error))?;
            descriptors.extend([far.stdout, far.stderr]);
            descriptors.extend(far.stdin);
            Some(near)
        };
        let id = spawn.id;
        let started = self
            .link
            .spawn(id, &Request::Spawn(spawn), descriptors)
            .await?;
        wait_exec(status.into()).await?;
        let Started {
            pid,
            terminal,
            exit,
        } = started;
        let near = match (near, &terminal) {
            (Some(near), _) => near,
            (None, Some(master)) => {
                streams::terminal_ends(master).map_err(|error| os_of("terminal", &error))?
            }
            (None, None) => {
                return Err(EngineError::Internal(
                    "the terminal did not arrive".to_owned(),
                ));
            }
        };
        let HostEnds {
            stdin,
            stdout,
            stderr,
        } = near;
        self.remember(
            pid,
            Running {
                exit: exit.clone(),
                terminal,
            },
        );
        Ok(EngineProcess {
            pid,
            stdin,
            stdout,
            stderr,
            exit,
        })
    }

    async fn signal(&self, target: SignalTarget, signal: i32) -> Result<(), EngineError> {
        let (pid, group) = match target {
            SignalTarget::Process(pid) => (pid, false),
            SignalTarget::Group(pid) => (pid, true),
        };
        let pid = i32::try_from(pid).map_err(|_| os("kill", libc::ESRCH))?;
        let id = self.link.next_id();
        let request = Request::Signal {
            id,
            pid,
            group,
            signal,
        };
        match self.link.signal(id, &request).await? {
            0 => Ok(()),
            errno => Err(os("kill", errno)),
        }
    }

    async fn resize(&self, pid: u32, cols: u16, rows: u16) -> Result<(), EngineError> {
        let all = self.lock();
        let running = all
            .get(&pid)
            .filter(|running| running.exit.borrow().is_none());
        let running = running.ok_or_else(|| os("resize", libc::ESRCH))?;
        let terminal = running.terminal.as_ref();
        let terminal = terminal.ok_or_else(|| os("resize", libc::ENOTTY))?;
        sys::set_window_size(terminal.as_fd(), cols, rows).map_err(|error| os_of("resize", &error))
    }

    async fn stat(
        &self,
        path: &str,
        follow: bool,
        who: &Identity,
    ) -> Result<FileStat, EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::stat(self, FileOp::Stat { path, follow }, who).await)
    }

    async fn list(&self, path: &str, who: &Identity) -> Result<Vec<FileStat>, EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::list(self, FileOp::List { path }, who).await)
    }

    async fn canonicalize(&self, path: &str, who: &Identity) -> Result<String, EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::text(self, FileOp::Canonicalize { path }, who).await)
    }

    async fn read(&self, path: &str, who: &Identity) -> Result<FileReader, EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::read(self, FileOp::Read { path }, who).await)
    }

    async fn write(&self, path: &str, who: &Identity) -> Result<Box<dyn FileWriter>, EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::write(self, FileOp::Write { path }, who).await)
    }

    async fn make_dir(&self, path: &str, mode: u32, who: &Identity) -> Result<(), EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::call(self, FileOp::MakeDir { path, mode }, who).await)
    }

    async fn rename(&self, from: &str, to: &str, who: &Identity) -> Result<(), EngineError> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.unless_gone(files::call(self, FileOp::Rename { from, to }, who).await)
    }

    async fn remove(&self, path: &str, recursive: bool, who: &Identity) -> Result<(), EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::call(self, FileOp::Remove { path, recursive }, who).await)
    }

    async fn set_mode(&self, path: &str, mode: u32, who: &Identity) -> Result<(), EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::call(self, FileOp::SetMode { path, mode }, who).await)
    }

    async fn set_owner(
        &self,
        path: &str,
        uid: Option<u32>,
        gid: Option<u32>,
        who: &Identity,
    ) -> Result<(), EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::call(self, FileOp::SetOwner { path, uid, gid }, who).await)
    }

    async fn watch(
        &self,
        path: &str,
        recursive: bool,
        who: &Identity,
    ) -> Result<mpsc::Receiver<WatchEvent>, EngineError> {
        let op = FileOp::Watch {
            path: path.to_owned(),
            recursive,
        };
        self.unless_gone(files::watch(self, op, who, &self.link.tasks).await)
    }

    async fn accounts(&self) -> Result<Vec<Account>, EngineError> {
        let passwd = files::read_small(self, "/etc/passwd", ACCOUNTS_BYTES_MAX).await;
        let group = files::read_small(self, "/etc/group", ACCOUNTS_BYTES_MAX).await;
        Ok(files::parse_accounts(
            &self.unless_gone(passwd)?,
            &self.unless_gone(group)?,
        ))
    }

    async fn destroy(&self) {
        self.link.end().await;
    }
}

/// Waits until the child has become its program: then the status pipe closes without a word.
async fn wait_exec(status: OwnedFd) -> Result<(), EngineError> {
    let mut message = Vec::new();
    let status = pipe::Receiver::from_owned_fd(status).map_err(|error| os_of("pipe", &error))?;
    status
        .take(STATUS_BYTES_MAX)
        .read_to_end(&mut message)
        .await
        .map_err(|error| os_of("exec", &error))?;
    if message.is_empty() {
        return Ok(());
    }
    let failed: StepFailed = serde_json::from_slice(&message)
        .map_err(|_| EngineError::Internal("init's answer cannot be read".to_owned()))?;
    Err(os(&failed.operation, failed.errno))
}

fn os(operation: &str, errno: i32) -> EngineError {
    EngineError::Os {
        operation: operation.to_owned(),
        errno,
    }
}

fn os_of(operation: &str, error: &io::Error) -> EngineError {
    os(operation, error.raw_os_error().unwrap_or(libc::EINVAL))
}
