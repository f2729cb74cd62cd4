//! A sandbox that is a temporary folder and a set of process groups.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::io::AsyncRead;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::disk;
use super::paths::{OWN_FOLDERS, PathMap};
use super::running::Running;
use crate::engine::files::{self, Archived, Conversation, FileHost, FileOp};
use crate::engine::{
    Account, Attribute, EngineError, EngineProcess, EngineSandbox, FileReader, FileStat,
    FileSystem, FileWriter, Identity, SignalTarget, SpawnRequest, Usage, WatchEvent, procfs,
};

/// Between two looks at whether all groups are gone. A killed process is gone within a few
/// scheduler ticks.
const END_POLL: Duration = Duration::from_millis(2);

/// Looks before the end is given up: a process in an uninterruptible wait cannot be waited for.
const END_POLLS_MAX: usize = 500;

/// Longest wait for a connection over loopback.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The id that cutover's own user has in answers.
const USER_ID: u32 = 1000;

/// See the module's description.
#[derive(Debug)]
pub(super) struct ProcessSandbox {
    pub(super) paths: PathMap,
    folder: std::sync::Mutex<Option<TempDir>>,
    pub(super) running: Running,
    pub(super) tasks: TaskTracker,
}

impl ProcessSandbox {
    /// Makes the folder.
    pub(super) fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("cutover-process-")
            .tempdir()?;
        let root = fs::canonicalize(folder.path())?;
        for own in OWN_FOLDERS {
            let path = root.join(own.trim_start_matches('/'));
            fs::create_dir_all(&path)?;
            if own.ends_with("tmp") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o1777))?;
            }
        }
        Ok(Self {
            paths: PathMap::new(root),
            folder: std::sync::Mutex::new(Some(folder)),
            running: Running::default(),
            tasks: TaskTracker::new(),
        })
    }

    /// The temporary folder; all of it is cutover's own.
    fn archived(&self) -> Archived {
        Archived {
            root: self.paths.root().to_string_lossy().into_owned(),
            leave: Vec::new(),
            owner: Some(USER_ID),
        }
    }

    /// Cutover's own ids are those of `user` inside.
    fn show_as_user(stat: FileStat) -> FileStat {
        let own_uid = nix::unistd::geteuid().as_raw();
        let own_gid = nix::unistd::getegid().as_raw();
        FileStat {
            uid: if stat.uid == own_uid {
                USER_ID
            } else {
                stat.uid
            },
            gid: if stat.gid == own_gid {
                USER_ID
            } else {
                stat.gid
            },
            ..stat
        }
    }
}

#[async_trait]
impl FileHost for ProcessSandbox {
    async fn converse(&self, op: FileOp, _who: &Identity) -> Result<Conversation, EngineError> {
        if self.tasks.is_closed() {
            return Err(EngineError::Gone);
        }
        let op = op.map_paths(|path| self.paths.to_host(path));
        let (near, far) = StdUnixStream::pair().map_err(|error| os_of("socketpair", &error))?;
        self.tasks.spawn_blocking(move || files::serve(&op, &far));
        near.set_nonblocking(true)
            .and_then(|()| UnixStream::from_std(near))
            .map(Conversation::new)
            .map_err(|error| os_of("socketpair", &error))
    }
}

#[async_trait]
impl EngineSandbox for ProcessSandbox {
    async fn spawn(&self, request: SpawnRequest) -> Result<EngineProcess, EngineError> {
        self.start(&request)
    }

    async fn signal(&self, target: SignalTarget, signal: i32) -> Result<(), EngineError> {
        self.running.signal(target, signal)
    }

    async fn resize(&self, pid: u32, cols: u16, rows: u16) -> Result<(), EngineError> {
        self.running.resize(pid, cols, rows)
    }

    async fn stat(
        &self,
        path: &str,
        follow: bool,
        who: &Identity,
    ) -> Result<FileStat, EngineError> {
        let path = path.to_owned();
        let found = files::stat(self, FileOp::Stat { path, follow }, who).await?;
        Ok(Self::show_as_user(found))
    }

    async fn list(&self, path: &str, who: &Identity) -> Result<Vec<FileStat>, EngineError> {
        let path = path.to_owned();
        let entries = files::list(self, FileOp::List { path }, who).await?;
        Ok(entries.into_iter().map(Self::show_as_user).collect())
    }

    async fn canonicalize(&self, path: &str, who: &Identity) -> Result<String, EngineError> {
        let path = path.to_owned();
        let real = files::text(self, FileOp::Canonicalize { path }, who).await?;
        Ok(self.paths.to_sandbox(&real))
    }

    async fn read(&self, path: &str, who: &Identity) -> Result<FileReader, EngineError> {
        let path = path.to_owned();
        let mut file = files::read(self, FileOp::Read { path }, who).await?;
        file.stat = Self::show_as_user(file.stat);
        Ok(file)
    }

    async fn write(&self, path: &str, who: &Identity) -> Result<Box<dyn FileWriter>, EngineError> {
        let path = path.to_owned();
        files::write(self, FileOp::Write { path }, who).await
    }

    async fn make_dir(&self, path: &str, mode: u32, who: &Identity) -> Result<(), EngineError> {
        let path = path.to_owned();
        files::call(self, FileOp::MakeDir { path, mode }, who).await
    }

    async fn rename(&self, from: &str, to: &str, who: &Identity) -> Result<(), EngineError> {
        let (from, to) = (from.to_owned(), to.to_owned());
        files::call(self, FileOp::Rename { from, to }, who).await
    }

    async fn remove(&self, path: &str, recursive: bool, who: &Identity) -> Result<(), EngineError> {
        let path = path.to_owned();
        files::call(self, FileOp::Remove { path, recursive }, who).await
    }

    async fn set_mode(&self, path: &str, mode: u32, who: &Identity) -> Result<(), EngineError> {
        let path = path.to_owned();
        files::call(self, FileOp::SetMode { path, mode }, who).await
    }

    /// Succeeds without a change when the owner asked for is `user`: every file is cutover's own.
    async fn set_owner(
        &self,
        path: &str,
        uid: Option<u32>,
        gid: Option<u32>,
        who: &Identity,
    ) -> Result<(), EngineError> {
        let own = |id: Option<u32>| id.filter(|id| *id != USER_ID);
        let (path, uid, gid) = (path.to_owned(), own(uid), own(gid));
        files::call(self, FileOp::SetOwner { path, uid, gid }, who).await
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
        files::attributes(self, op, who).await
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
        files::attributes(self, op, who).await
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
        files::call(self, op, who).await
    }

    async fn file_system(&self, path: &str, who: &Identity) -> Result<FileSystem, EngineError> {
        let path = path.to_owned();
        files::file_system(self, FileOp::FileSystem { path }, who).await
    }

    async fn watch(
        &self,
        path: &str,
        recursive: bool,
        who: &Identity,
    ) -> Result<mpsc::Receiver<WatchEvent>, EngineError> {
        let path = path.to_owned();
        files::watch(self, FileOp::Watch { path, recursive }, who, &self.tasks).await
    }

    async fn accounts(&self) -> Result<Vec<Account>, EngineError> {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000::/home/user:/bin/bash\n";
        Ok(files::parse_accounts(passwd, "root:x:0:\nuser:x:1000:\n"))
    }

    async fn connect(&self, port: u16) -> Result<TcpStream, EngineError> {
        let refused = match connect_to(Ipv4Addr::LOCALHOST.into(), port).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => error,
            other => return other.map_err(|error| os_of("connect", &error)),
        };
        connect_to(Ipv6Addr::LOCALHOST.into(), port)
            .await
            .map_err(|_| os_of("connect", &refused))
    }

    async fn freeze(&self, frozen: bool) -> Result<(), EngineError> {
        if !frozen {
            return self.running.signal_all(libc::SIGCONT).map(drop);
        }
        for _ in 0..END_POLLS_MAX {
            let reached = self.running.signal_all(libc::SIGSTOP)?;
            if reached.iter().all(|process| process.stopped) {
                break;
            }
            tokio::time::sleep(END_POLL).await;
        }
        Ok(())
    }

    async fn signal_all(&self, signal: i32) -> Result<u32, EngineError> {
        let reached = self.running.signal_all(signal)?;
        Ok(u32::try_from(reached.len()).unwrap_or(u32::MAX))
    }

    async fn export_files(&self) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
        files::export(self, self.archived()).await
    }

    async fn import_files(
        &self,
        archive: Box<dyn AsyncRead + Send + Unpin>,
    ) -> Result<(), EngineError> {
        files::import(self, self.archived(), archive).await
    }

    async fn usage(&self) -> Result<Usage, EngineError> {
        let members = self.running.members();
        let (cpu_us, memory_bytes) = procfs::total(&members);
        let root = self.paths.root().to_path_buf();
        let disk = tokio::task::spawn_blocking(move || disk::measure(&root));
        let disk = disk
            .await
            .map_err(|_| EngineError::Gone)?
            .map_err(|error| os_of("measure", &error))?;
        Ok(Usage {
            cpu_us,
            memory_bytes,
            memory_bytes_max: procfs::host_memory_bytes()
                .ok_or_else(|| EngineError::Internal("/proc/meminfo cannot be read".to_owned()))?,
            disk_bytes: disk.bytes,
            disk_bytes_max: disk.bytes_max,
            processes: u32::try_from(members.len()).unwrap_or(u32::MAX),
        })
    }

    async fn destroy(&self) {
        self.tasks.close();
        for _ in 0..END_POLLS_MAX {
            if !self.running.kill_all() {
                break;
            }
            tokio::time::sleep(END_POLL).await;
        }
        let folder = self.folder.lock().ok().and_then(|mut folder| folder.take());
        // Nothing to do about a file that cannot be removed: the folder is in the host's `/tmp`.
        drop(tokio::task::spawn_blocking(move || drop(folder)).await);
    }
}

impl Drop for ProcessSandbox {
    fn drop(&mut self) {
        self.running.kill_all();
        tracing::trace!(root = %self.paths.root().display(), "process sandbox dropped");
    }
}

async fn connect_to(address: IpAddr, port: u16) -> io::Result<TcpStream> {
    tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect((address, port)))
        .await
        .unwrap_or_else(|_| Err(io::Error::from_raw_os_error(libc::ETIMEDOUT)))
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
