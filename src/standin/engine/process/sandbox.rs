//! A sandbox that is a temporary folder and a set of process groups.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use super::paths::{OWN_FOLDERS, PathMap};
use super::running::{Running, exit_status};
use crate::standin::engine::files::{self, FileHost, FileOp};
use crate::standin::engine::streams::{self, HostEnds, ProcessEnds};
use crate::standin::engine::sys::{self, Leads};
use crate::standin::engine::{
    Account, EngineError, EngineProcess, EngineSandbox, FileReader, FileStat, FileWriter, Identity,
    OutputMode, SignalTarget, SpawnRequest, WatchEvent,
};

/// Between two looks at whether all groups are gone. A killed process is gone within a few
/// scheduler ticks.
const END_POLL: Duration = Duration::from_millis(2);

/// Looks before the end is given up: a process in an uninterruptible wait cannot be waited for.
const END_POLLS_MAX: usize = 500;

/// The id that cutover's own user has in answers.
const USER_ID: u32 = 1000;

/// See the module's description.
#[derive(Debug)]
pub(super) struct ProcessSandbox {
    paths: PathMap,
    folder: std::sync::Mutex<Option<TempDir>>,
    running: Running,
    tasks: TaskTracker,
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

    fn command(&self, request: &SpawnRequest) -> Result<Command, EngineError> {
        let (program, arguments) = request
            .argv
            .split_first()
            .ok_or_else(|| os("exec", libc::ENOENT))?;
        let cwd = self.paths.to_host(&request.cwd);
        // The standard library does not say which step failed, so the usual one is tried first.
        let facts = fs::metadata(&cwd).map_err(|error| os_of("chdir", &error))?;
        if !facts.is_dir() {
            return Err(os("chdir", libc::ENOTDIR));
        }
        let mut command = Command::new(program);
        command.args(arguments).current_dir(cwd).env_clear();
        for (name, value) in &request.env {
            if matches!(name.as_str(), "HOME" | "TMPDIR") {
                command.env(name, self.paths.to_host(value));
            } else {
                command.env(name, value);
            }
        }
        command.kill_on_drop(false);
        Ok(command)
    }

    fn open_streams(
        request: &SpawnRequest,
    ) -> io::Result<(HostEnds, ProcessEnds, Option<std::os::fd::OwnedFd>)> {
        match request.output {
            OutputMode::Pty { cols, rows } => {
                let (master, far) = streams::open_terminal(cols, rows)?;
                Ok((streams::terminal_ends(&master)?, far, Some(master)))
            }
            output => {
                let (near, far) = streams::pipes(request.stdin, output)?;
                Ok((near, far, None))
            }
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
    async fn converse(&self, op: FileOp, _who: &Identity) -> Result<UnixStream, EngineError> {
        if self.tasks.is_closed() {
            return Err(EngineError::Gone);
        }
        let op = op.map_paths(|path| self.paths.to_host(path));
        let (near, far) = StdUnixStream::pair().map_err(|error| os_of("socketpair", &error))?;
        self.tasks.spawn_blocking(move || files::serve(&op, &far));
        near.set_nonblocking(true)
            .and_then(|()| UnixStream::from_std(near))
            .map_err(|error| os_of("socketpair", &error))
    }
}

#[async_trait]
impl EngineSandbox for ProcessSandbox {
    async fn spawn(&self, request: SpawnRequest) -> Result<EngineProcess, EngineError> {
        if self.tasks.is_closed() {
            return Err(EngineError::Gone);
        }
        let mut command = self.command(&request)?;
        let (near, far, terminal) = Self::open_streams(&request).map_err(|e| os_of("pipe", &e))?;
        let leads = if terminal.is_some() {
            Leads::Terminal
        } else {
            Leads::Group
        };
        sys::prepare_child(command.as_std_mut(), leads);
        command
            .stdin(far.stdin.map_or_else(Stdio::null, Stdio::from))
            .stdout(far.stdout)
            .stderr(far.stderr);
        let mut child = command.spawn().map_err(|error| os_of("exec", &error))?;
        // The command holds copies of the process's ends; end of file needs them closed.
        drop(command);
        let pid = child.id().ok_or(EngineError::Gone)?;
        self.running.started(pid, terminal);
        let (sender, exit) = watch::channel(None);
        let running = self.running.clone();
        self.tasks.spawn(async move {
            let status = child.wait().await;
            running.ended(pid);
            if let Ok(status) = status {
                sender.send_replace(Some(exit_status(status)));
            }
        });
        Ok(EngineProcess {
            pid,
            stdin: near.stdin,
            stdout: near.stdout,
            stderr: near.stderr,
            exit,
        })
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

fn os(operation: &str, errno: i32) -> EngineError {
    EngineError::Os {
        operation: operation.to_owned(),
        errno,
    }
}

fn os_of(operation: &str, error: &io::Error) -> EngineError {
    os(operation, error.raw_os_error().unwrap_or(libc::EINVAL))
}
