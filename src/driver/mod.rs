//! Drivers: one per provider, the same code for the cloud and for a stand-in.
//!
//! Comes in: a resolved call. Goes out: what the provider said, uncleaned, and every exchange as
//! evidence. The trait has no HTTP types in it. Deliberately absent: any type or helper of
//! `standin`; each is written from the wires as they were measured.

mod connect;
mod control_plane;
pub mod daytona;
mod deletion;
pub mod e2b;
mod forms;
pub mod http;
mod os_text;
mod outcome;
mod pages;
mod polls;
mod sandbox;
pub mod seen;
pub mod settings;
mod streams;
mod whole_units;

use std::sync::Arc;

use async_trait::async_trait;
use cutover_base::blob::{Blob, BlobStore};

use crate::call::sandbox_call::{
    Execute, ListFiles, MoveFile, Provision, RemoveFile, SendStdin, StartBackground, WriteFile,
};
use crate::call::{Failure, Outcome, Provider, SandboxRequest};
use crate::transcript::ExchangeSink;

pub use connect::{DriverConfig, connect};
pub use outcome::{Entry, ExecuteReply, ProcessHandle, Streams};
use outcome::{entries_of, nothing};
pub use sandbox::{Destroyed, DriverFacts, Labels, SandboxHandle, SandboxState, Suspend};

/// One provider, asked by its wire.
///
/// Every method may be dropped at any await point; what was begun at the provider then goes on
/// there, and the caller destroys the sandbox.
#[async_trait]
pub trait SandboxDriver: Send + Sync + std::fmt::Debug {
    /// Which provider this is.
    fn provider(&self) -> Provider;

    /// Facts for the report: endpoint, versions, image, region, as far as they are known yet.
    fn facts(&self) -> DriverFacts;

    /// Makes a sandbox that carries these labels and waits until it can be used.
    async fn create(
        &self,
        call: &Provision,
        labels: &Labels,
        cx: &CallContext,
    ) -> DriverResult<SandboxHandle>;

    /// Destroys a sandbox. One that is already gone is a success.
    async fn destroy(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<Destroyed>;

    /// Lists the ids of the account's sandboxes that carry all of these labels.
    async fn list(&self, labels: &Labels, cx: &CallContext) -> DriverResult<Vec<String>>;

    /// Stops (Daytona) or pauses (E2B) a sandbox behind the agent's back.
    async fn suspend(
        &self,
        sandbox: &SandboxHandle,
        how: Suspend,
        cx: &CallContext,
    ) -> DriverResult<()>;

    /// Tells what state a sandbox is in; one that is not there is `gone`.
    async fn state(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<SandboxState>;

    /// Lets a paused (E2B) or stopped (Daytona) sandbox go on and waits until it can be used.
    async fn resume(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<()>;

    /// Runs a command to its end. Never retried once it may have started.
    async fn execute(
        &self,
        sandbox: &SandboxHandle,
        call: &Execute,
        cx: &CallContext,
    ) -> DriverResult<ExecuteReply>;

    /// Starts a command and returns once the provider has confirmed that it runs.
    async fn start_background(
        &self,
        sandbox: &SandboxHandle,
        call: &StartBackground,
        cx: &CallContext,
    ) -> DriverResult<ProcessHandle>;

    /// Signals a background process. `signal` is a name without `SIG`.
    async fn send_signal(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        signal: &str,
        cx: &CallContext,
    ) -> DriverResult<()>;

    /// Writes to the standard input of a background process, then closes it if asked.
    async fn send_stdin(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        call: &SendStdin,
        cx: &CallContext,
    ) -> DriverResult<()>;

    /// Waits until a background process has ended, however long that is, and tells how.
    async fn wait_process(
        &self,
        sandbox: &SandboxHandle,
        process: &ProcessHandle,
        cx: &CallContext,
    ) -> DriverResult<ExecuteReply>;

    /// The background processes of a sandbox that the provider's own time limit has ended so far.
    /// Nothing is asked for it.
    fn ended_by_limit(&self, sandbox: &SandboxHandle) -> Vec<String> {
        let _ = sandbox;
        Vec::new()
    }

    /// Tells the home folder of the user that commands run as.
    async fn home(&self, sandbox: &SandboxHandle, cx: &CallContext) -> DriverResult<String>;

    /// Reads a whole file.
    async fn read_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<Blob>;

    /// Writes a whole file.
    async fn write_file(
        &self,
        sandbox: &SandboxHandle,
        call: &WriteFile,
        cx: &CallContext,
    ) -> DriverResult<()>;

    /// Lists a directory.
    async fn list_files(
        &self,
        sandbox: &SandboxHandle,
        call: &ListFiles,
        cx: &CallContext,
    ) -> DriverResult<Vec<Entry>>;

    /// Facts about one path.
    async fn stat_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<Entry>;

    /// Renames a file or directory.
    async fn move_file(
        &self,
        sandbox: &SandboxHandle,
        call: &MoveFile,
        cx: &CallContext,
    ) -> DriverResult<()>;

    /// Makes a directory, with its parents as the provider does.
    async fn make_dir(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<()>;

    /// Removes a file or directory.
    async fn remove_file(
        &self,
        sandbox: &SandboxHandle,
        call: &RemoveFile,
        cx: &CallContext,
    ) -> DriverResult<()>;

    /// Makes a call that needs nothing but the sandbox: neither another name of the scenario nor
    /// an account of what was made and destroyed. `None` for the others.
    async fn ask(
        &self,
        sandbox: &SandboxHandle,
        request: &SandboxRequest,
        cx: &CallContext,
    ) -> Option<DriverResult<Outcome>> {
        use SandboxRequest as Request;
        Some(match request {
            Request::Execute(call) => self.execute(sandbox, call, cx).await.map(Outcome::from),
            Request::ReadFile(call) => {
                let content = self.read_file(sandbox, &call.path, cx).await;
                content.map(|content| Outcome::default().with_bytes("content", content))
            }
            Request::WriteFile(call) => self.write_file(sandbox, call, cx).await.map(nothing),
            Request::ListFiles(call) => {
                let listed = self.list_files(sandbox, call, cx).await;
                listed.map(|entries| entries_of(&entries))
            }
            Request::StatFile(call) => {
                let stat = self.stat_file(sandbox, &call.path, cx).await;
                stat.map(|entry| entries_of(&[entry]))
            }
            Request::MoveFile(call) => self.move_file(sandbox, call, cx).await.map(nothing),
            Request::MakeDir(call) => self.make_dir(sandbox, &call.path, cx).await.map(nothing),
            Request::RemoveFile(call) => self.remove_file(sandbox, call, cx).await.map(nothing),
            Request::State => {
                let state = self.state(sandbox, cx).await;
                state.map(|state| Outcome::default().with("state", state.name()))
            }
            Request::Resume => self.resume(sandbox, cx).await.map(nothing),
            Request::Provision(_)
            | Request::StartBackground(_)
            | Request::SendSignal(_)
            | Request::SendStdin(_)
            | Request::WaitProcess(_)
            | Request::Terminate => return None,
        })
    }
}

/// The result of a driver's method.
pub type DriverResult<T> = Result<T, DriverError>;

/// Why a call gave no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// The provider said no, or did not do its work: the class tells which.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The provider has no such thing.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// The harness itself failed, e.g. a capture could not be written.
    #[error("harness: {0}")]
    Harness(String),
}

/// What a driver needs of the run for one call.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// Where exchanges go.
    pub exchanges: Arc<dyn ExchangeSink>,
    /// Where captured bytes go, redacted on the way.
    pub blobs: BlobStore,
}
