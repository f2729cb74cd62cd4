//! An engine whose sandboxes do nothing, as slowly as a test wants it, or refuse to.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cutover_standin::engine::{
    Account, Engine, EngineError, EngineProcess, EngineSandbox, FileReader, FileStat, FileWriter,
    Identity, Profile, SignalTarget, SpawnRequest, Usage, WatchEvent,
};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

/// What the sandboxes of an engine wait for.
#[derive(Debug)]
pub(crate) struct Gates {
    closed: Mutex<BTreeSet<&'static str>>,
    changed: watch::Sender<()>,
}

/// The engine.
#[derive(Debug)]
pub(crate) struct FakeEngine {
    pub(crate) gates: Arc<Gates>,
    refuses: bool,
}

#[derive(Debug)]
struct FakeSandbox {
    gates: Arc<Gates>,
    refuses: bool,
}

impl Gates {
    /// From now on these operations wait.
    pub(crate) fn close(&self, operation: &'static str) {
        self.closed.lock().unwrap().insert(operation);
    }

    /// They go on.
    pub(crate) fn open(&self, operation: &'static str) {
        self.closed.lock().unwrap().remove(operation);
        self.changed.send_replace(());
    }

    async fn pass(&self, operation: &str) {
        let mut changed = self.changed.subscribe();
        while self.closed.lock().unwrap().contains(operation) {
            changed.changed().await.unwrap();
        }
    }
}

impl FakeEngine {
    /// An engine that does whatever it is asked for, or that refuses what not all engines do.
    pub(crate) fn new(refuses: bool) -> Self {
        let gates = Gates {
            closed: Mutex::default(),
            changed: watch::Sender::new(()),
        };
        Self {
            gates: Arc::new(gates),
            refuses,
        }
    }
}

impl FakeSandbox {
    async fn done(&self, operation: &str) -> Result<(), EngineError> {
        self.gates.pass(operation).await;
        if self.refuses {
            return Err(EngineError::Refused {
                cause: "it will not".to_owned(),
                cure: "ask another".to_owned(),
            });
        }
        Ok(())
    }
}

#[async_trait]
impl Engine for FakeEngine {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn capabilities(&self) -> Vec<String> {
        Vec::new()
    }

    async fn create(&self, _: &Profile) -> Result<Arc<dyn EngineSandbox>, EngineError> {
        Ok(Arc::new(FakeSandbox {
            gates: Arc::clone(&self.gates),
            refuses: self.refuses,
        }))
    }
}

#[async_trait]
impl EngineSandbox for FakeSandbox {
    async fn spawn(&self, _: SpawnRequest) -> Result<EngineProcess, EngineError> {
        Err(EngineError::Gone)
    }

    async fn signal(&self, _: SignalTarget, _: i32) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn resize(&self, _: u32, _: u16, _: u16) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn stat(&self, _: &str, _: bool, _: &Identity) -> Result<FileStat, EngineError> {
        Err(EngineError::Gone)
    }

    async fn list(&self, _: &str, _: &Identity) -> Result<Vec<FileStat>, EngineError> {
        Err(EngineError::Gone)
    }

    async fn canonicalize(&self, _: &str, _: &Identity) -> Result<String, EngineError> {
        Err(EngineError::Gone)
    }

    async fn read(&self, _: &str, _: &Identity) -> Result<FileReader, EngineError> {
        Err(EngineError::Gone)
    }

    async fn write(&self, _: &str, _: &Identity) -> Result<Box<dyn FileWriter>, EngineError> {
        Err(EngineError::Gone)
    }

    async fn make_dir(&self, _: &str, _: u32, _: &Identity) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn rename(&self, _: &str, _: &str, _: &Identity) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn remove(&self, _: &str, _: bool, _: &Identity) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn set_mode(&self, _: &str, _: u32, _: &Identity) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn set_owner(
        &self,
        _: &str,
        _: Option<u32>,
        _: Option<u32>,
        _: &Identity,
    ) -> Result<(), EngineError> {
        Err(EngineError::Gone)
    }

    async fn watch(
        &self,
        _: &str,
        _: bool,
        _: &Identity,
    ) -> Result<mpsc::Receiver<WatchEvent>, EngineError> {
        Err(EngineError::Gone)
    }

    async fn accounts(&self) -> Result<Vec<Account>, EngineError> {
        Err(EngineError::Gone)
    }

    async fn connect(&self, _: u16) -> Result<TcpStream, EngineError> {
        self.done("connect").await?;
        Err(EngineError::Os {
            operation: "connect".to_owned(),
            errno: 111,
        })
    }

    async fn freeze(&self, _: bool) -> Result<(), EngineError> {
        self.done("freeze").await
    }

    async fn signal_all(&self, _: i32) -> Result<u32, EngineError> {
        self.done("signal_all").await?;
        Ok(0)
    }

    async fn export_files(&self) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
        self.done("export_files").await?;
        let archive: &[u8] = b"archive";
        Ok(Box::new(archive))
    }

    async fn import_files(
        &self,
        mut archive: Box<dyn AsyncRead + Send + Unpin>,
    ) -> Result<(), EngineError> {
        self.done("import_files").await?;
        let mut bytes = Vec::new();
        archive.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes, b"archive");
        Ok(())
    }

    async fn usage(&self) -> Result<Usage, EngineError> {
        self.done("usage").await?;
        Ok(Usage {
            cpu_us: 1,
            memory_bytes: 2,
            memory_bytes_max: 3,
            disk_bytes: 4,
            disk_bytes_max: 5,
            processes: 6,
        })
    }

    async fn destroy(&self) {
        self.gates.pass("destroy").await;
    }
}
