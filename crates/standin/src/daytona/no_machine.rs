//! What stands for the machine of a sandbox whose image is still built: nothing is there.

use async_trait::async_trait;
use tokio::io::AsyncRead;
use tokio::net::TcpStream;
use tokio::sync::mpsc::Receiver;

use crate::engine::{
    Account, EngineError, EngineProcess, EngineSandbox, FileReader, FileStat, FileWriter, Identity,
    SignalTarget, SpawnRequest, Usage, WatchEvent,
};

/// No machine: every operation says that it is gone.
#[derive(Debug)]
pub(super) struct NoMachine;

#[async_trait]
impl EngineSandbox for NoMachine {
    async fn spawn(&self, _request: SpawnRequest) -> Result<EngineProcess, EngineError> {
        Err(EngineError::Gone)
    }

    async fn signal(&self, _target: SignalTarget, _signal: i32) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn resize(&self, _pid: u32, _cols: u16, _rows: u16) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn stat(
        &self,
        _path: &str,
        _follow: bool,
        _who: &Identity,
    ) -> Result<FileStat, EngineError> {
        Err(EngineError::Gone)
    }

    async fn list(&self, _path: &str, _who: &Identity) -> Result<Vec<FileStat>, EngineError> {
        Err(EngineError::Gone)
    }

    async fn canonicalize(&self, _path: &str, _who: &Identity) -> Result<String, EngineError> {
        Err(EngineError::Gone)
    }

    async fn read(&self, _path: &str, _who: &Identity) -> Result<FileReader, EngineError> {
        Err(EngineError::Gone)
    }

    async fn write(
        &self,
        _path: &str,
        _who: &Identity,
    ) -> Result<Box<dyn FileWriter>, EngineError> {
        Err(EngineError::Gone)
    }

    async fn make_dir(&self, _path: &str, _mode: u32, _who: &Identity) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn rename(&self, _from: &str, _to: &str, _who: &Identity) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn remove(
        &self,
        _path: &str,
        _recursive: bool,
        _who: &Identity,
    ) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn set_mode(&self, _path: &str, _mode: u32, _who: &Identity) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn set_owner(
        &self,
        _path: &str,
        _uid: Option<u32>,
        _gid: Option<u32>,
        _who: &Identity,
    ) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn watch(
        &self,
        _path: &str,
        _recursive: bool,
        _who: &Identity,
    ) -> Result<Receiver<WatchEvent>, EngineError> {
        Err(EngineError::Gone)
    }

    async fn accounts(&self) -> Result<Vec<Account>, EngineError> {
        Err(EngineError::Gone)
    }

    async fn connect(&self, _port: u16) -> Result<TcpStream, EngineError> {
        Err(EngineError::Gone)
    }

    async fn freeze(&self, _frozen: bool) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn signal_all(&self, _signal: i32) -> Result<u32, EngineError> {
        Err(EngineError::Gone)
    }

    async fn export_files(&self) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
        Err(EngineError::Gone)
    }

    async fn import_files(
        &self,
        _archive: Box<dyn AsyncRead + Send + Unpin>,
    ) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn usage(&self) -> Result<Usage, EngineError> {
        Err(EngineError::Gone)
    }

    async fn destroy(&self) {}
}
