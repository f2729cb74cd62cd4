//! An engine under whose failures the provider must not suffer: that our own machine has no sockets
//! or no room left is told apart from what a provider says.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use cutover_standin::engine::{
    Account, Attribute, BuildError, BuiltImage, Engine, EngineError, EngineProcess, EngineSandbox,
    FileReader, FileStat, FileSystem, FileWriter, Identity, ImageFacts, ImageLogin, ImageOrder,
    Profile, SignalTarget, SpawnRequest, Usage, WatchEvent,
};
use tokio::io::AsyncRead;

/// What our own machine could not do, the first time that it could not. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trouble(Arc<Mutex<Option<String>>>);

impl Trouble {
    /// What happened, if something did.
    pub(crate) fn told(&self) -> Option<String> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.clone()
    }

    fn note(&self, error: &EngineError) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.get_or_insert_with(|| error.to_string());
    }

    /// Notes what an operation in a sandbox could not do for want of files or of a limit: the
    /// engine's own, since what a command opens is the command's affair and comes as its output.
    fn seen<T>(&self, result: Result<T, EngineError>) -> Result<T, EngineError> {
        let is_ours = |error: &EngineError| match error {
            // A limit that is lower than a sandbox's, and cannot be raised.
            EngineError::Os { operation, .. } if operation == "setrlimit" => true,
            EngineError::Os { errno, .. } | EngineError::Host { errno, .. } => {
                matches!(*errno, libc::EMFILE | libc::ENFILE)
            }
            EngineError::Internal(_) | EngineError::Gone | EngineError::Refused { .. } => false,
        };
        if let Err(error) = &result
            && is_ours(error)
        {
            self.note(error);
        }
        result
    }
}

/// An engine that notes what it could not do.
#[derive(Debug)]
pub(crate) struct WatchedEngine {
    inner: Arc<dyn Engine>,
    trouble: Trouble,
}

impl WatchedEngine {
    /// This engine, and where its trouble is told.
    pub(crate) fn new(inner: Arc<dyn Engine>) -> (Self, Trouble) {
        let trouble = Trouble::default();
        let told = trouble.clone();
        (Self { inner, trouble }, told)
    }
}

#[async_trait]
impl Engine for WatchedEngine {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> Vec<String> {
        self.inner.capabilities()
    }

    fn image(&self, name: &str) -> Option<ImageFacts> {
        self.inner.image(name)
    }

    fn builds_images(&self) -> bool {
        self.inner.builds_images()
    }

    async fn build_image(&self, order: ImageOrder) -> Result<Arc<dyn BuiltImage>, BuildError> {
        self.inner.build_image(order).await
    }

    async fn fetch_image(
        &self,
        name: &str,
        login: Option<&ImageLogin>,
    ) -> Result<Option<ImageFacts>, EngineError> {
        self.trouble.seen(self.inner.fetch_image(name, login).await)
    }

    async fn create(&self, profile: &Profile) -> Result<Arc<dyn EngineSandbox>, EngineError> {
        match self.inner.create(profile).await {
            Ok(inner) => Ok(Arc::new(WatchedSandbox {
                inner,
                trouble: self.trouble.clone(),
            })),
            Err(error) => {
                self.trouble.note(&error);
                Err(error)
            }
        }
    }
}

#[derive(Debug)]
struct WatchedSandbox {
    inner: Arc<dyn EngineSandbox>,
    trouble: Trouble,
}

#[async_trait]
impl EngineSandbox for WatchedSandbox {
    async fn spawn(&self, request: SpawnRequest) -> Result<EngineProcess, EngineError> {
        self.trouble.seen(self.inner.spawn(request).await)
    }

    async fn signal(&self, target: SignalTarget, signal: i32) -> Result<(), EngineError> {
        self.trouble.seen(self.inner.signal(target, signal).await)
    }

    async fn resize(&self, pid: u32, cols: u16, rows: u16) -> Result<(), EngineError> {
        self.trouble.seen(self.inner.resize(pid, cols, rows).await)
    }

    async fn stat(
        &self,
        path: &str,
        follow: bool,
        who: &Identity,
    ) -> Result<FileStat, EngineError> {
        self.trouble.seen(self.inner.stat(path, follow, who).await)
    }

    async fn list(&self, path: &str, who: &Identity) -> Result<Vec<FileStat>, EngineError> {
        self.trouble.seen(self.inner.list(path, who).await)
    }

    async fn canonicalize(&self, path: &str, who: &Identity) -> Result<String, EngineError> {
        self.trouble.seen(self.inner.canonicalize(path, who).await)
    }

    async fn read(&self, path: &str, who: &Identity) -> Result<FileReader, EngineError> {
        self.trouble.seen(self.inner.read(path, who).await)
    }

    async fn write(&self, path: &str, who: &Identity) -> Result<Box<dyn FileWriter>, EngineError> {
        self.trouble.seen(self.inner.write(path, who).await)
    }

    async fn make_dir(&self, path: &str, mode: u32, who: &Identity) -> Result<(), EngineError> {
        self.trouble
            .seen(self.inner.make_dir(path, mode, who).await)
    }

    async fn rename(&self, from: &str, to: &str, who: &Identity) -> Result<(), EngineError> {
        self.trouble.seen(self.inner.rename(from, to, who).await)
    }

    async fn remove(&self, path: &str, recursive: bool, who: &Identity) -> Result<(), EngineError> {
        self.trouble
            .seen(self.inner.remove(path, recursive, who).await)
    }

    async fn set_mode(&self, path: &str, mode: u32, who: &Identity) -> Result<(), EngineError> {
        self.trouble
            .seen(self.inner.set_mode(path, mode, who).await)
    }

    async fn set_owner(
        &self,
        path: &str,
        uid: Option<u32>,
        gid: Option<u32>,
        who: &Identity,
    ) -> Result<(), EngineError> {
        self.trouble
            .seen(self.inner.set_owner(path, uid, gid, who).await)
    }

    async fn attributes(
        &self,
        path: &str,
        prefix: &str,
        who: &Identity,
    ) -> Result<Vec<Attribute>, EngineError> {
        self.trouble
            .seen(self.inner.attributes(path, prefix, who).await)
    }

    async fn entries_attributes(
        &self,
        path: &str,
        prefix: &str,
        who: &Identity,
    ) -> Result<Vec<Attribute>, EngineError> {
        self.trouble
            .seen(self.inner.entries_attributes(path, prefix, who).await)
    }

    async fn set_attributes(
        &self,
        path: &str,
        prefix: &str,
        attributes: Vec<(String, Vec<u8>)>,
        who: &Identity,
    ) -> Result<(), EngineError> {
        self.trouble.seen(
            self.inner
                .set_attributes(path, prefix, attributes, who)
                .await,
        )
    }

    async fn file_system(&self, path: &str, who: &Identity) -> Result<FileSystem, EngineError> {
        self.trouble.seen(self.inner.file_system(path, who).await)
    }

    async fn watch(
        &self,
        path: &str,
        recursive: bool,
        who: &Identity,
    ) -> Result<tokio::sync::mpsc::Receiver<WatchEvent>, EngineError> {
        self.trouble
            .seen(self.inner.watch(path, recursive, who).await)
    }

    async fn accounts(&self) -> Result<Vec<Account>, EngineError> {
        self.trouble.seen(self.inner.accounts().await)
    }

    async fn connect(&self, port: u16) -> Result<tokio::net::TcpStream, EngineError> {
        self.trouble.seen(self.inner.connect(port).await)
    }

    async fn freeze(&self, frozen: bool) -> Result<(), EngineError> {
        self.trouble.seen(self.inner.freeze(frozen).await)
    }

    async fn signal_all(&self, signal: i32) -> Result<u32, EngineError> {
        self.trouble.seen(self.inner.signal_all(signal).await)
    }

    async fn export_files(&self) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
        self.trouble.seen(self.inner.export_files().await)
    }

    async fn import_files(
        &self,
        archive: Box<dyn AsyncRead + Send + Unpin>,
    ) -> Result<(), EngineError> {
        self.trouble.seen(self.inner.import_files(archive).await)
    }

    async fn commit(&self) -> Result<Option<Arc<dyn BuiltImage>>, EngineError> {
        self.trouble.seen(self.inner.commit().await)
    }

    async fn usage(&self) -> Result<Usage, EngineError> {
        self.trouble.seen(self.inner.usage().await)
    }

    async fn destroy(&self) {
        self.inner.destroy().await;
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn want_of_files_is_ours_and_what_a_path_is_refused_is_not() {
        let os = |errno| EngineError::Os {
            operation: "spawn".to_owned(),
            errno,
        };
        for error in [
            os(libc::ENOENT),
            os(libc::EACCES),
            os(libc::ENOSPC),
            EngineError::Gone,
            EngineError::Internal("init said: too many open files".to_owned()),
        ] {
            let trouble = Trouble::default();
            assert!(trouble.seen::<()>(Err(error)).is_err());
            assert_eq!(trouble.told(), None);
        }
        let limit = EngineError::Os {
            operation: "setrlimit".to_owned(),
            errno: libc::EPERM,
        };
        for error in [
            limit,
            os(libc::EMFILE),
            os(libc::ENFILE),
            EngineError::internal(
                "make a control socket",
                &io::Error::from_raw_os_error(libc::EMFILE),
            ),
        ] {
            let trouble = Trouble::default();
            assert!(trouble.seen::<()>(Err(error.clone())).is_err());
            assert_eq!(trouble.told(), Some(error.to_string()));
        }
    }
}
