//! The processes of a sandbox: the living, and those that ended a moment ago.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::e2b::error::{Code, RpcError};
use crate::e2b::log::{Level, SandboxLog};
use crate::e2b::process::ending;
use crate::e2b::process::live::Process;

/// How long `Connect` still finds a process that has ended (contract 3.2).
const RETENTION: SignedDuration = SignedDuration::from_secs(30);

/// Ended processes kept at most; a loop that starts thousands must not fill our memory.
const RETAINED_MAX: usize = 1024;

/// The processes of one sandbox.
#[derive(Debug)]
pub(crate) struct ProcessTable {
    inner: Mutex<Inner>,
    log: Arc<SandboxLog>,
}

#[derive(Debug, Default)]
struct Inner {
    live: BTreeMap<u32, Arc<Process>>,
    retained: Vec<(Timestamp, Arc<Process>)>,
}

/// Which process a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selector {
    /// By pid inside the sandbox.
    Pid(u32),
    /// By the client's name. The real envd stops at the first process with another tag, in the
    /// random order of a Go map, and so may miss it; whoever has that tag is always found here.
    Tag(String),
}

impl Selector {
    fn fits(&self, process: &Process) -> bool {
        match self {
            Self::Pid(pid) => process.pid == *pid,
            Self::Tag(tag) => process.tag.as_ref() == Some(tag),
        }
    }

    fn not_found(&self) -> RpcError {
        let text = match self {
            Self::Pid(pid) => format!("process with pid {pid} not found"),
            Self::Tag(tag) => format!("process with tag {tag} not found"),
        };
        RpcError::new(Code::NotFound, text)
    }
}

impl ProcessTable {
    /// No processes; those to come are noted in this log.
    pub(crate) fn new(log: Arc<SandboxLog>) -> Self {
        Self {
            inner: Mutex::default(),
            log,
        }
    }

    /// Adds a process that has just started.
    pub(crate) fn add(&self, process: Arc<Process>) {
        let command = process.config.get("cmd").and_then(Value::as_str);
        self.note(&process, "Process started", ("cmd", command.unwrap_or("")));
        self.lock().live.insert(process.pid, process);
    }

    /// Moves a process from the living to the retained.
    pub(crate) fn retire(&self, process: &Arc<Process>, now: Timestamp) {
        let status = process.ended().map(ending::text).unwrap_or_default();
        self.note(process, "Process ended", ("status", &status));
        let mut inner = self.lock();
        // The pid may already belong to a younger process.
        let same = |live: &Arc<Process>| Arc::ptr_eq(live, process);
        if inner.live.get(&process.pid).is_some_and(same) {
            inner.live.remove(&process.pid);
        }
        inner.prune(now);
        if inner.retained.len() == RETAINED_MAX {
            inner.retained.remove(0);
        }
        inner.retained.push((now, Arc::new(process.remains())));
    }

    /// A living process.
    pub(crate) fn live(&self, selector: &Selector) -> Result<Arc<Process>, RpcError> {
        let inner = self.lock();
        let mut all = inner.live.values();
        all.find(|process| selector.fits(process))
            .cloned()
            .ok_or_else(|| selector.not_found())
    }

    /// A process that lives or ended a moment ago.
    pub(crate) fn any(
        &self,
        selector: &Selector,
        now: Timestamp,
    ) -> Result<Arc<Process>, RpcError> {
        if let Ok(process) = self.live(selector) {
            return Ok(process);
        }
        let mut inner = self.lock();
        inner.prune(now);
        let mut retained = inner.retained.iter().rev();
        retained
            .find(|(_, process)| selector.fits(process))
            .map(|(_, process)| Arc::clone(process))
            .ok_or_else(|| selector.not_found())
    }

    /// All living processes.
    pub(crate) fn all(&self) -> Vec<Arc<Process>> {
        self.lock().live.values().cloned().collect()
    }

    fn note(&self, process: &Process, message: &str, (name, value): (&str, &str)) {
        let mut fields = BTreeMap::from([
            ("pid".to_owned(), process.pid.to_string()),
            (name.to_owned(), value.to_owned()),
        ]);
        if let Some(tag) = &process.tag {
            fields.insert("tag".to_owned(), tag.clone());
        }
        self.log.add(Level::Info, message.to_owned(), fields);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn prune(&mut self, now: Timestamp) {
        self.retained
            .retain(|(ended, _)| now.duration_since(*ended) < RETENTION);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::e2b::process::live::Facts;

    fn table() -> ProcessTable {
        ProcessTable::new(Arc::new(SandboxLog::new(cutover_base::clock::Clock::new())))
    }

    fn process(pid: u32, tag: Option<&str>) -> Arc<Process> {
        let facts = Facts {
            pid,
            tag: tag.map(str::to_owned),
            config: Value::Null,
            pty: false,
        };
        let (_, exit) = tokio::sync::watch::channel(None);
        Arc::new(Process::new(facts, None, exit))
    }

    #[test]
    fn an_ended_process_is_found_for_thirty_seconds_and_by_connect_only() {
        let table = table();
        let now = Timestamp::UNIX_EPOCH;
        let first = process(7, Some("a"));
        table.add(Arc::clone(&first));
        assert!(table.live(&Selector::Tag("a".to_owned())).is_ok());
        table.retire(&first, now);
        let gone = table.live(&Selector::Pid(7)).unwrap_err();
        assert_eq!(gone.message, "process with pid 7 not found");
        let soon = now + SignedDuration::from_secs(29);
        assert!(table.any(&Selector::Pid(7), soon).is_ok());
        let late = now + SignedDuration::from_secs(30);
        assert!(table.any(&Selector::Pid(7), late).is_err());
    }

    #[test]
    fn a_late_end_does_not_take_the_pid_from_a_younger_process() {
        let table = table();
        let old = process(7, None);
        table.add(Arc::clone(&old));
        table.add(process(7, Some("young")));
        table.retire(&old, Timestamp::UNIX_EPOCH);
        let found = table.live(&Selector::Pid(7)).unwrap();
        assert_eq!(found.tag.as_deref(), Some("young"));
    }
}
