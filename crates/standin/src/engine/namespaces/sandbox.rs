//! A sandbox made of namespaces, as the host sees it.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::io::AsyncRead;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use super::idle::IdleServers;
use super::link::Link;
use super::rootfs;
use super::wire::{Ids, Request, Setup, Who};
use crate::engine::files::{self, FileOp};
use crate::engine::{
    Account, Attribute, BuiltImage, EngineError, EngineProcess, EngineSandbox, ExitStatus,
    FileReader, FileStat, FileSystem, FileWriter, Identity, SignalTarget, SpawnRequest, Usage,
    WatchEvent, sys,
};

/// Bytes of `/etc/passwd` and `/etc/group` that are read: a hostile sandbox may have grown them.
const ACCOUNTS_BYTES_MAX: u64 = 1 << 20;

/// See the module's description. Dropping it ends everything inside.
#[derive(Debug)]
pub(in crate::engine) struct InitSandbox {
    pub(super) link: Link,
    pub(super) ids: Ids,
    pub(super) memory_bytes_max: u64,
    pub(super) idle: Arc<IdleServers>,
    /// What was started; the entry of an ended process goes at the next start.
    running: Mutex<HashMap<u32, Running>>,
}

/// A process that was started.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) exit: watch::Receiver<Option<ExitStatus>>,
    pub(super) terminal: Option<OwnedFd>,
}

impl InitSandbox {
    /// Wraps a sandbox that stands.
    pub(in crate::engine) fn new(link: Link, setup: &Setup) -> Self {
        let idle = IdleServers::new(link.commands(), link.tasks.clone());
        Self {
            link,
            ids: setup.ids,
            memory_bytes_max: setup.memory_bytes_max,
            idle: Arc::new(idle),
            running: Mutex::default(),
        }
    }

    /// The rights to ask init for.
    pub(super) fn who(&self, identity: &Identity) -> Result<Who, EngineError> {
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

    pub(super) fn remember(&self, pid: u32, running: Running) {
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
    pub(super) fn unless_gone<T>(&self, result: Result<T, EngineError>) -> Result<T, EngineError> {
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
pub(super) fn single_id(uid: u32) -> EngineError {
    EngineError::Refused {
        cause: format!(
            "user {uid} does not exist in this sandbox: cutover runs as an ordinary user, so there is only `user` (1000)"
        ),
        cure: "run cutover as root, or mark the scenario `requires: [root]`".to_owned(),
    }
}

#[async_trait]
impl EngineSandbox for InitSandbox {
    async fn spawn(&self, request: SpawnRequest) -> Result<EngineProcess, EngineError> {
        self.start(&request).await
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
        match self.link.signal(id, &request).await?.errno {
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

    async fn attributes(
        &self,
        path: &str,
        prefix: &str,
        who: &Identity,
    ) -> Result<Vec<Attribute>, EngineError> {
        let op = FileOp::Attributes {
            path: path.to_owned(),
            prefix: prefix.to_owned(),
            of_entries: false,
        };
        self.unless_gone(files::attributes(self, op, who).await)
    }

    async fn entries_attributes(
        &self,
        path: &str,
        prefix: &str,
        who: &Identity,
    ) -> Result<Vec<Attribute>, EngineError> {
        let op = FileOp::Attributes {
            path: path.to_owned(),
            prefix: prefix.to_owned(),
            of_entries: true,
        };
        self.unless_gone(files::attributes(self, op, who).await)
    }

    async fn set_attributes(
        &self,
        path: &str,
        prefix: &str,
        attributes: Vec<(String, Vec<u8>)>,
        who: &Identity,
    ) -> Result<(), EngineError> {
        let op = FileOp::SetAttributes {
            path: path.to_owned(),
            prefix: prefix.to_owned(),
            attributes,
        };
        self.unless_gone(files::call(self, op, who).await)
    }

    async fn file_system(&self, path: &str, who: &Identity) -> Result<FileSystem, EngineError> {
        let path = path.to_owned();
        self.unless_gone(files::file_system(self, FileOp::FileSystem { path }, who).await)
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

    async fn connect(&self, port: u16) -> Result<TcpStream, EngineError> {
        self.connect_inside(port).await
    }

    async fn freeze(&self, frozen: bool) -> Result<(), EngineError> {
        self.set_frozen(frozen).await
    }

    async fn signal_all(&self, signal: i32) -> Result<u32, EngineError> {
        self.signal_everyone(signal).await
    }

    async fn export_files(&self) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
        self.link.keeper().may_export().await?;
        self.unless_gone(files::export(self, rootfs::changeable()).await)
    }

    async fn import_files(
        &self,
        archive: Box<dyn AsyncRead + Send + Unpin>,
    ) -> Result<(), EngineError> {
        self.unless_gone(files::import(self, rootfs::changeable(), archive).await)
    }

    async fn commit(&self) -> Result<Option<Arc<dyn BuiltImage>>, EngineError> {
        self.unless_gone(self.link.keeper().commit().await)
    }

    async fn usage(&self) -> Result<Usage, EngineError> {
        self.measure().await
    }

    async fn destroy(&self) {
        self.idle.close();
        self.link.end().await;
    }
}

pub(super) fn os(operation: &str, errno: i32) -> EngineError {
    EngineError::Os {
        operation: operation.to_owned(),
        errno,
    }
}

pub(super) fn os_of(operation: &str, error: &io::Error) -> EngineError {
    os(operation, error.raw_os_error().unwrap_or(libc::EINVAL))
}
