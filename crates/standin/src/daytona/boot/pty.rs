//! The terminals of one boot, and who watches each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use indexmap::IndexMap;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Reads of the terminal that a client may lag behind before it is dropped, as in the daemon.
const BEHIND_MAX: usize = 256;

/// Messages of clients that wait to be typed, as in the daemon.
const INPUTS_MAX: usize = 1024;

/// Terminals of one sandbox. The processes of a sandbox are limited; terminals whose shell has
/// not begun are limited here.
pub(in crate::daytona) const PTYS_MAX: usize = 1024;

/// Terminals by id.
#[derive(Debug, Default)]
pub(in crate::daytona) struct Ptys {
    all: Mutex<IndexMap<String, Arc<Pty>>>,
}

impl Ptys {
    /// Never held over an await.
    pub(in crate::daytona) fn all(&self) -> MutexGuard<'_, IndexMap<String, Arc<Pty>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A terminal.
    pub(in crate::daytona) fn get(&self, id: &str) -> Option<Arc<Pty>> {
        self.all().get(id).cloned()
    }

    /// Forgets this very terminal: another one may have its id by now.
    pub(in crate::daytona) fn forget(&self, pty: &Arc<Pty>) {
        let mut all = self.all();
        let id = pty.info().id.clone();
        if all.get(&id).is_some_and(|found| Arc::ptr_eq(found, pty)) {
            all.shift_remove(&id);
        }
    }
}

/// A terminal as it was asked for, and as it is now.
#[derive(Debug, Clone)]
pub(in crate::daytona) struct Info {
    pub(in crate::daytona) id: String,
    pub(in crate::daytona) cwd: String,
    pub(in crate::daytona) envs: BTreeMap<String, String>,
    pub(in crate::daytona) cols: u16,
    pub(in crate::daytona) rows: u16,
    pub(in crate::daytona) created_at: Timestamp,
    /// Whether its shell runs.
    pub(in crate::daytona) active: bool,
    /// Whether its shell waits for the first client.
    pub(in crate::daytona) lazy: bool,
}

/// How a terminal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daytona) struct End {
    /// The exit code of its shell, as its clients are told it.
    pub(in crate::daytona) code: i32,
}

/// A terminal.
pub(in crate::daytona) struct Pty {
    info: Mutex<Info>,
    clients: Mutex<Vec<mpsc::Sender<Bytes>>>,
    inputs: mpsc::Sender<Bytes>,
    /// The other end of `inputs`, until the shell begins.
    pub(in crate::daytona) typed: Mutex<Option<mpsc::Receiver<Bytes>>>,
    /// Pid of the shell, once it runs.
    pub(in crate::daytona) pid: Mutex<Option<u32>>,
    /// How it ended.
    pub(in crate::daytona) end: watch::Sender<Option<End>>,
    /// Ends when somebody deletes the terminal.
    pub(in crate::daytona) killed: CancellationToken,
    /// Held by whoever begins the shell.
    pub(in crate::daytona) beginning: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Pty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pty")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl Pty {
    /// A terminal whose shell has not begun.
    pub(in crate::daytona) fn new(info: Info) -> Arc<Self> {
        let (inputs, typed) = mpsc::channel(INPUTS_MAX);
        Arc::new(Self {
            info: Mutex::new(info),
            clients: Mutex::default(),
            inputs,
            typed: Mutex::new(Some(typed)),
            pid: Mutex::default(),
            end: watch::Sender::new(None),
            killed: CancellationToken::new(),
            beginning: tokio::sync::Mutex::default(),
        })
    }

    /// What is known of it. Never held over an await.
    pub(in crate::daytona) fn info(&self) -> MutexGuard<'_, Info> {
        self.info.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to watch. The channel ends without an end of the terminal when the watcher is slow.
    pub(in crate::daytona) fn watch(&self) -> mpsc::Receiver<Bytes> {
        let (sender, shown) = mpsc::channel(BEHIND_MAX);
        self.clients().push(sender);
        shown
    }

    /// Shows something to all who watch; who lags behind is dropped, so that nobody else waits.
    pub(in crate::daytona) fn show(&self, bytes: &Bytes) {
        let shown = |client: &mpsc::Sender<Bytes>| client.try_send(bytes.clone()).is_ok();
        self.clients().retain(shown);
    }

    /// Where keystrokes go.
    pub(in crate::daytona) fn inputs(&self) -> mpsc::Sender<Bytes> {
        self.inputs.clone()
    }

    /// Tells everybody how it ended.
    pub(in crate::daytona) fn tell_end(&self, end: End) {
        self.info().active = false;
        // The first word holds: a kill is not corrected by the death that it caused.
        self.end.send_if_modified(|known| {
            let first = known.is_none();
            known.get_or_insert(end);
            first
        });
    }

    fn clients(&self) -> MutexGuard<'_, Vec<mpsc::Sender<Bytes>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
