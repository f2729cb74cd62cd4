//! Drivers for a script, and what they recorded.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cutover::call::sandbox_call::{Execute, ListFiles, WriteFile};
use cutover::call::{FailureClass, Provider};
use cutover::driver::http::HttpClients;
use cutover::driver::{
    CallContext, DriverConfig, DriverError, ExecuteReply, SandboxDriver, Streams, connect,
};
use cutover::transcript::{Exchange, ExchangeSink};
use cutover_base::blob::{Blob, BlobStore};
use cutover_base::redact::Redactor;
use tempfile::TempDir;

/// Keeps what is recorded.
#[derive(Debug, Default)]
pub(crate) struct Kept(pub(crate) Mutex<Vec<Exchange>>);

impl ExchangeSink for Kept {
    fn record(&self, exchange: Exchange) {
        self.0.lock().unwrap().push(exchange);
    }
}

/// A driver and the context of its calls.
pub(crate) struct Setup {
    pub(crate) driver: Arc<dyn SandboxDriver>,
    pub(crate) cx: CallContext,
    pub(crate) kept: Arc<Kept>,
    _dir: TempDir,
}

/// A driver whose variables are these.
pub(crate) fn setup(provider: Provider, vars: &[(&str, &str)]) -> Setup {
    with_clients(provider, vars, &HttpClients::new())
}

/// A driver of which no call waits longer than this.
pub(crate) fn setup_within(provider: Provider, vars: &[(&str, &str)], limit: Duration) -> Setup {
    with_clients(provider, vars, &HttpClients::within(limit))
}

fn with_clients(provider: Provider, vars: &[(&str, &str)], clients: &HttpClients) -> Setup {
    let config = DriverConfig::from_env(provider, &|name| {
        let found = vars.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let kept = Arc::new(Kept::default());
    Setup {
        driver: connect(config, clients).unwrap(),
        cx: CallContext {
            exchanges: Arc::clone(&kept) as Arc<dyn ExchangeSink>,
            blobs: BlobStore::new(dir.path().join("blobs"), Redactor::noop()),
        },
        kept,
        _dir: dir,
    }
}

/// A plain command.
pub(crate) fn command(cmd: &str) -> Execute {
    Execute {
        cmd: cmd.to_owned(),
        timeout: Some(Duration::from_secs(5)),
        ..Execute::default()
    }
}

/// A write of these bytes.
pub(crate) fn write(path: &str, data: impl Into<Bytes>) -> WriteFile {
    WriteFile {
        path: path.to_owned(),
        data: data.into(),
    }
}

/// A listing of this depth.
pub(crate) fn list(path: &str, depth: Option<u32>) -> ListFiles {
    ListFiles {
        path: path.to_owned(),
        depth,
    }
}

/// The text of a blob.
pub(crate) fn text(blob: &Blob) -> String {
    String::from_utf8(blob.head(1 << 20).unwrap().to_vec()).unwrap()
}

/// Stdout and stderr, where they are apart.
pub(crate) fn apart(reply: &ExecuteReply) -> (String, String, String) {
    match &reply.streams {
        Streams::Apart {
            stdout,
            stderr,
            output,
        } => (text(stdout), text(stderr), text(output)),
        Streams::Merged { .. } => panic!("streams are merged"),
    }
}

/// The class and words of a failure.
pub(crate) fn failed<T: std::fmt::Debug>(result: Result<T, DriverError>) -> (FailureClass, String) {
    match result {
        Err(DriverError::Failed(failure)) => (failure.class, failure.message),
        other => panic!("no failure: {other:?}"),
    }
}
