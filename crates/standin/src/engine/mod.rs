//! Engines: what runs a stand-in's sandboxes.
//!
//! Comes in: argv, environment, identity, paths inside the sandbox. Goes out: processes with
//! streams, and file facts, from inside the sandbox: no operation follows a host path, so a
//! symlink in the sandbox cannot reach the host.

#[cfg(feature = "docker")]
mod docker;
mod files;
mod images;
mod model;
pub mod namespaces;
mod pick;
pub mod process;
mod procfs;
mod programs;
mod settings;
mod streams;
mod sweep;
mod sys;
mod terminal;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::AsyncRead;

pub use images::{BuildError, BuiltImage, ImageOrder, LogSink};
pub use model::{
    Account, Attribute, EngineError, EngineProcess, ExitStatus, FileKind, FileReader, FileStat,
    FileSystem, Identity, ImageFacts, ImageLogin, MEMORY_BYTES_DEFAULT, OutputMode, Profile,
    SignalTarget, SpawnRequest, StdinMode, Swept, Usage, WatchEvent, WatchKind,
};
pub use pick::{by_name, by_settings};
pub use settings::{DOCKER_IMAGE_DEFAULT, DockerSettings, EngineSettings, WantedImage};
pub use sweep::sweep;

/// Makes sandboxes. Shared by all stand-ins of a run. What has a default here says that an engine has no
/// images; an engine around another one passes these on as well.
#[async_trait]
pub trait Engine: Send + Sync + fmt::Debug {
    /// `namespaces`, `docker` or `process`.
    fn name(&self) -> &'static str;

    /// What holds in its sandboxes: `root` (several ids), `isolation`, `memory_limit`,
    /// `files_limit`, ...
    fn capabilities(&self) -> Vec<String>;

    /// What an image says of its sandboxes, where the engine has images and was made for this one.
    fn image(&self, _name: &str) -> Option<ImageFacts> {
        None
    }

    /// Whether it builds images.
    fn builds_images(&self) -> bool {
        false
    }

    /// Builds an image of a Dockerfile and its context. Whoever stops waiting for it ends it too.
    ///
    /// # Errors
    /// [`BuildError`]; [`BuildError::Engine`] where the engine has no images.
    async fn build_image(&self, _order: ImageOrder) -> Result<Arc<dyn BuiltImage>, BuildError> {
        Err(BuildError::Engine(cannot()))
    }

    /// Brings an image here to make sandboxes of, and tells what it says of them. `None` where the
    /// engine has no images: its one root stands in for all.
    ///
    /// # Errors
    /// When there is no such image, or it is not for this machine: cause and cure.
    async fn fetch_image(
        &self,
        _name: &str,
        _login: Option<&ImageLogin>,
    ) -> Result<Option<ImageFacts>, EngineError> {
        Ok(None)
    }

    /// Makes a sandbox.
    ///
    /// # Errors
    /// When the engine cannot make one: cause and cure.
    async fn create(&self, profile: &Profile) -> Result<Arc<dyn EngineSandbox>, EngineError>;
}

/// A sandbox of an engine. Dropping the last handle destroys it as well.
#[async_trait]
pub trait EngineSandbox: Send + Sync + fmt::Debug {
    /// Starts a process.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno of the step that failed (`chdir`, `exec`, `fork`).
    async fn spawn(&self, request: SpawnRequest) -> Result<EngineProcess, EngineError>;

    /// Signals one process or a process group by its pid inside the sandbox.
    ///
    /// # Errors
    /// [`EngineError::Os`]: `ESRCH` when there is none.
    async fn signal(&self, target: SignalTarget, signal: i32) -> Result<(), EngineError>;

    /// Resizes the terminal of a process started with [`OutputMode::Pty`].
    ///
    /// # Errors
    /// [`EngineError::Os`]: `ENOTTY` when the process has none, `ESRCH` when it is gone.
    async fn resize(&self, pid: u32, cols: u16, rows: u16) -> Result<(), EngineError>;

    /// Facts about a path; `follow` resolves a final symlink.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn stat(&self, path: &str, follow: bool, who: &Identity)
    -> Result<FileStat, EngineError>;

    /// The entries of a directory, sorted by name bytes, without `.` and `..`; links not followed.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn list(&self, path: &str, who: &Identity) -> Result<Vec<FileStat>, EngineError>;

    /// The fully resolved form of a path.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno (`ELOOP` for a cycle).
    async fn canonicalize(&self, path: &str, who: &Identity) -> Result<String, EngineError>;

    /// Opens a file for reading from the start; the stat is of the opened file.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno (`EISDIR` for a directory).
    async fn read(&self, path: &str, who: &Identity) -> Result<FileReader, EngineError>;

    /// Opens a file for writing: created with `0666 & ~umask`, truncated in place if it exists.
    /// The write is complete when [`FileWriter::finish`] has returned.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn write(&self, path: &str, who: &Identity) -> Result<Box<dyn FileWriter>, EngineError>;

    /// Makes one directory with a mode (umask 022 applies).
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno (`EEXIST` when there is something).
    async fn make_dir(&self, path: &str, mode: u32, who: &Identity) -> Result<(), EngineError>;

    /// `rename(2)`.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn rename(&self, from: &str, to: &str, who: &Identity) -> Result<(), EngineError>;

    /// Removes a file, link or empty directory; with `recursive` a tree.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno (`ENOENT` when there is nothing).
    async fn remove(&self, path: &str, recursive: bool, who: &Identity) -> Result<(), EngineError>;

    /// Sets permission bits.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn set_mode(&self, path: &str, mode: u32, who: &Identity) -> Result<(), EngineError>;

    /// Sets owner and group (either may be kept).
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn set_owner(
        &self,
        path: &str,
        uid: Option<u32>,
        gid: Option<u32>,
        who: &Identity,
    ) -> Result<(), EngineError>;

    /// The extended attributes of a path whose names begin with `prefix`, by name; links are
    /// followed. Values over 4 KiB and names that are not UTF-8 are left out.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno (`EOPNOTSUPP` where the file system has none).
    async fn attributes(
        &self,
        _path: &str,
        _prefix: &str,
        _who: &Identity,
    ) -> Result<Vec<Attribute>, EngineError> {
        Err(cannot())
    }

    /// As [`Self::attributes`], of every entry of a directory, by entry and name.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn entries_attributes(
        &self,
        _path: &str,
        _prefix: &str,
        _who: &Identity,
    ) -> Result<Vec<Attribute>, EngineError> {
        Err(cannot())
    }

    /// Makes the extended attributes of a path whose names begin with `prefix` exactly these
    /// names and values; links are followed.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno (`EOPNOTSUPP`, `ENOSPC`).
    async fn set_attributes(
        &self,
        _path: &str,
        _prefix: &str,
        _attributes: Vec<(String, Vec<u8>)>,
        _who: &Identity,
    ) -> Result<(), EngineError> {
        Err(cannot())
    }

    /// The file system that a path is on.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn file_system(&self, _path: &str, _who: &Identity) -> Result<FileSystem, EngineError> {
        Err(cannot())
    }

    /// Watches a directory; events end when the receiver is dropped.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn watch(
        &self,
        path: &str,
        recursive: bool,
        who: &Identity,
    ) -> Result<tokio::sync::mpsc::Receiver<WatchEvent>, EngineError>;

    /// The accounts of the sandbox, as `/etc/passwd` and `/etc/group` say at this moment.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn accounts(&self) -> Result<Vec<Account>, EngineError>;

    /// Connects to a TCP port that something inside listens on, over the sandbox's own loopback.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno: `ECONNREFUSED` when nothing listens.
    async fn connect(&self, port: u16) -> Result<tokio::net::TcpStream, EngineError>;

    /// Halts every process inside (`true`), or lets all of them go on (`false`).
    ///
    /// # Errors
    /// [`EngineError::Refused`] when the engine cannot tell the sandbox's processes from others.
    async fn freeze(&self, frozen: bool) -> Result<(), EngineError>;

    /// Sends a signal to every process inside, whoever started it; the files stay. Returns how
    /// many it reached: 0 says that none is left.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when the engine cannot tell the sandbox's processes from others.
    async fn signal_all(&self, signal: i32) -> Result<u32, EngineError>;

    /// All files that the sandbox may change, as a tar stream made inside with the rights of
    /// root: what a snapshot keeps. Sockets, pipes and mounts of the host are left out, and so
    /// are host name, `/etc/hosts` and resolver, which belong to the sandbox and not to its files.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno; one while reading fails the stream.
    async fn export_files(&self) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError>;

    /// Replaces the files that the sandbox may change by those of [`Self::export_files`]. After
    /// an error the sandbox's files are neither the old nor the new ones.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno (`ENOSPC` when they do not fit).
    async fn import_files(
        &self,
        archive: Box<dyn AsyncRead + Send + Unpin>,
    ) -> Result<(), EngineError>;

    /// Makes an image of all files of the sandbox, the image's own programs too.
    /// `None` where the engine has no images: [`Self::export_files`] keeps everything there.
    ///
    /// # Errors
    /// When it cannot be made.
    async fn commit(&self) -> Result<Option<Arc<dyn BuiltImage>>, EngineError> {
        Ok(None)
    }

    /// What the sandbox uses now, measured and never guessed.
    ///
    /// # Errors
    /// When it cannot be measured.
    async fn usage(&self) -> Result<Usage, EngineError>;

    /// Ends every process and takes everything away. Idempotent; returns when nothing is left.
    async fn destroy(&self);
}

/// A file being written.
#[async_trait]
pub trait FileWriter: Send {
    /// Adds bytes.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno (`ENOSPC` when the sandbox is full).
    async fn write(&mut self, bytes: &[u8]) -> Result<(), EngineError>;

    /// Ends the write and tells how it went.
    ///
    /// # Errors
    /// [`EngineError::Os`] with the errno.
    async fn finish(self: Box<Self>) -> Result<(), EngineError>;
}

/// What an engine answers to what it does not do.
fn cannot() -> EngineError {
    EngineError::Refused {
        cause: "this engine cannot do that".to_owned(),
        cure: "use another engine".to_owned(),
    }
}
