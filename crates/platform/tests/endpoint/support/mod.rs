//! A provider without sandboxes: it does what a test tells it, and remembers what it was asked.

pub(crate) mod bed;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cutover_js::{Text, Value};
use cutover_platform::SandboxProvider;
use cutover_platform::inject::Environment;
use cutover_platform::model::Agent;
use cutover_platform::provider::{Class, Created, Executed, Thrown};
use tokio::sync::Semaphore;

/// The provider. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Fake(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    scheme: &'static str,
    made: AtomicUsize,
    asked: Mutex<Vec<String>>,
    outcomes: Mutex<VecDeque<Result<Executed, Thrown>>>,
    files: Mutex<Vec<(String, Vec<u8>)>>,
    gone: Mutex<Vec<String>>,
    refuses: Mutex<Option<Thrown>>,
    unread: Mutex<Option<Thrown>>,
    unseen: Mutex<Option<Thrown>>,
    clings: AtomicBool,
    /// Held by a test to let creations wait.
    gate: Mutex<Option<Arc<Semaphore>>>,
}

impl Fake {
    pub(crate) fn new(scheme: &'static str) -> Self {
        Self(Arc::new(Inner {
            scheme,
            made: AtomicUsize::new(0),
            asked: Mutex::default(),
            outcomes: Mutex::default(),
            files: Mutex::default(),
            gone: Mutex::default(),
            refuses: Mutex::default(),
            unread: Mutex::default(),
            unseen: Mutex::default(),
            clings: AtomicBool::new(false),
            gate: Mutex::default(),
        }))
    }

    /// What the next command gives; without it a command prints itself.
    pub(crate) fn next(&self, outcome: Result<&str, Thrown>) {
        let outcome = outcome.map(|output| Executed {
            output: Some(output.into()),
            failed: false,
        });
        self.next_executed(outcome);
    }

    pub(crate) fn next_executed(&self, outcome: Result<Executed, Thrown>) {
        self.0.outcomes.lock().unwrap().push_back(outcome);
    }

    /// Puts a file into every sandbox.
    pub(crate) fn file(&self, path: &str, content: &[u8]) {
        self.0
            .files
            .lock()
            .unwrap()
            .push((path.to_owned(), content.to_vec()));
    }

    /// Ends a sandbox behind the endpoint's back.
    pub(crate) fn kill(&self, id: &str) {
        self.0.gone.lock().unwrap().push(id.to_owned());
    }

    /// Refuses to make sandboxes.
    pub(crate) fn refuse(&self, thrown: Thrown) {
        *self.0.refuses.lock().unwrap() = Some(thrown);
    }

    /// Reads no files.
    pub(crate) fn fail_reads(&self, thrown: Thrown) {
        *self.0.unread.lock().unwrap() = Some(thrown);
    }

    /// Does not tell whether a sandbox is there.
    pub(crate) fn hide(&self, thrown: Thrown) {
        *self.0.unseen.lock().unwrap() = Some(thrown);
    }

    /// Refuses to end sandboxes, or ends them again.
    pub(crate) fn cling(&self, clings: bool) {
        self.0.clings.store(clings, Ordering::SeqCst);
    }

    /// Lets every creation wait for a permit of its own.
    pub(crate) fn gate(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.0.gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }

    /// What it was asked so far: `create ID`, `execute ID CMD`, `terminate ID` and so on.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.0.asked.lock().unwrap().clone()
    }

    /// Completes once it was asked something so many times.
    pub(crate) async fn until(&self, what: &str, times: usize) {
        while self.count(what) < times {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.asked()
            .iter()
            .filter(|it| it.starts_with(what))
            .count()
    }

    pub(crate) fn provider(&self) -> Arc<dyn SandboxProvider> {
        Arc::new(self.clone())
    }

    fn note(&self, what: String) {
        self.0.asked.lock().unwrap().push(what);
    }

    fn is_gone(&self, id: &Text) -> bool {
        self.0
            .gone
            .lock()
            .unwrap()
            .iter()
            .any(|gone| *id == gone.as_str())
    }

    fn check(&self, id: &Text) -> Result<(), Thrown> {
        if self.is_gone(id) {
            return Err(Thrown::of(Class::SandboxGone, format!("404: {id} is gone")));
        }
        Ok(())
    }
}

#[async_trait]
impl SandboxProvider for Fake {
    fn url_scheme(&self) -> &str {
        self.0.scheme
    }

    async fn create(
        &self,
        _session_id: &Text,
        _agent: &Agent,
        _environment: &Environment,
    ) -> Result<Created, Thrown> {
        if let Some(thrown) = self.0.refuses.lock().unwrap().clone() {
            return Err(thrown);
        }
        let number = self.0.made.fetch_add(1, Ordering::SeqCst) + 1;
        let id = format!("{}-{number}", self.0.scheme);
        self.note(format!("create {id}"));
        let gate = self.0.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
        Ok(Created {
            id: id.into(),
            made_of: (self.0.scheme == "daytona").then(|| "of its own".into()),
        })
    }

    async fn execute(&self, id: &Text, cmd: &Text, timeout: Duration) -> Result<Executed, Thrown> {
        self.note(format!("execute {id} {cmd} {}", timeout.as_secs()));
        self.check(id)?;
        let next = self.0.outcomes.lock().unwrap().pop_front();
        next.unwrap_or_else(|| {
            Ok(Executed {
                output: Some(cmd.clone().into()),
                failed: false,
            })
        })
    }

    async fn read_file(&self, id: &Text, path: &Text) -> Result<Value, Thrown> {
        let bytes = self.read_bytes(id, path, u64::MAX).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned().into())
    }

    async fn terminate(&self, id: &Text) -> Result<(), Thrown> {
        self.note(format!("terminate {id}"));
        if self.0.clings.load(Ordering::SeqCst) {
            return Err(Thrown::new("cannot delete"));
        }
        self.0.gone.lock().unwrap().push(id.to_string());
        Ok(())
    }

    async fn alive(&self, id: &Text) -> Result<bool, Thrown> {
        self.note(format!("alive {id}"));
        if let Some(thrown) = self.0.unseen.lock().unwrap().clone() {
            return Err(thrown);
        }
        Ok(!self.is_gone(id))
    }

    async fn read_bytes(&self, id: &Text, path: &Text, bytes_max: u64) -> Result<Bytes, Thrown> {
        self.note(format!("read {id} {path}"));
        if let Some(thrown) = self.0.unread.lock().unwrap().clone() {
            return Err(thrown);
        }
        self.check(id)?;
        let files = self.0.files.lock().unwrap();
        let found = files.iter().find(|(known, _)| *path == known.as_str());
        let Some((_, content)) = found else {
            return Err(Thrown::of(
                Class::NoSuchFile,
                format!("path '{path}' does not exist"),
            ));
        };
        let bytes = content.len() as u64;
        if bytes > bytes_max {
            return Err(Thrown::of(Class::TooLarge { bytes }, "too large"));
        }
        Ok(content.clone().into())
    }
}
