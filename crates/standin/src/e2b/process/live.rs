//! One process and everyone attached to it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::Value;
use tokio::io::AsyncWrite;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::engine::ExitStatus;

/// Chunks a slow stream may lag behind before it stalls the others (contract 3.2: about 64).
const CHUNKS_MAX: usize = 64;

/// Output of one read.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// Which stream.
    pub(crate) stream: Stream,
    /// Its bytes.
    pub(crate) bytes: Bytes,
}

/// Which stream of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A terminal.
    Pty,
}

impl Stream {
    /// The member of `DataEvent` that carries it.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Pty => "pty",
        }
    }
}

/// Standard input of a process; `None` when it is off or closed.
pub(crate) type Input = Option<Box<dyn AsyncWrite + Send + Unpin>>;

/// A process that envd started.
pub(crate) struct Process {
    /// Its pid inside the sandbox.
    pub(crate) pid: u32,
    /// The client's name for it.
    pub(crate) tag: Option<String>,
    /// `ProcessConfig` as it was sent.
    pub(crate) config: Value,
    /// Whether it has a terminal.
    pub(crate) pty: bool,
    /// Where input goes. A write that blocks holds the lock, as in envd.
    pub(crate) input: tokio::sync::Mutex<Input>,
    /// Cancelled by SIGKILL, SIGTERM or the time limit: from then on the end does not wait for
    /// the pipes, only for the leader.
    pub(crate) cut: CancellationToken,
    /// `None` while the leader runs.
    pub(crate) exit: watch::Receiver<Option<ExitStatus>>,
    subscribers: Mutex<Option<Vec<mpsc::Sender<Chunk>>>>,
    ended: watch::Sender<Option<ExitStatus>>,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

/// What is known of a process before it is watched.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its pid inside the sandbox.
    pub(crate) pid: u32,
    /// The client's name for it.
    pub(crate) tag: Option<String>,
    /// `ProcessConfig` as it was sent.
    pub(crate) config: Value,
    /// Whether it has a terminal.
    pub(crate) pty: bool,
}

impl Process {
    /// A running process nobody is attached to.
    pub(crate) fn new(
        facts: Facts,
        input: Input,
        exit: watch::Receiver<Option<ExitStatus>>,
    ) -> Self {
        Self {
            pid: facts.pid,
            tag: facts.tag,
            config: facts.config,
            pty: facts.pty,
            input: tokio::sync::Mutex::new(input),
            cut: CancellationToken::new(),
            exit,
            subscribers: Mutex::new(Some(Vec::new())),
            ended: watch::Sender::new(None),
        }
    }

    /// Attaches a stream: it gets what is read from now on, and ends when the process has.
    pub(crate) fn subscribe(&self) -> mpsc::Receiver<Chunk> {
        let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
        if let Some(subscribers) = self.subscribers().as_mut() {
            subscribers.retain(|subscriber| !subscriber.is_closed());
            subscribers.push(sender);
        }
        receiver
    }

    /// Gives a chunk to every attached stream; waits for the slowest. Without any it is lost.
    pub(crate) async fn publish(&self, chunk: Chunk) {
        let subscribers = self.subscribers().clone().unwrap_or_default();
        for subscriber in subscribers {
            // An error means that the stream was closed: its share is dropped.
            let _ = subscriber.send(chunk.clone()).await;
        }
    }

    /// Marks the end; every attached stream sees it after what it has not read yet.
    pub(crate) fn finish(&self, status: ExitStatus) {
        self.ended.send_replace(Some(status));
        *self.subscribers() = None;
    }

    /// How it ended, output and all.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Whether the leader is dead, even if its pipes are still held.
    pub(crate) fn leader_is_dead(&self) -> bool {
        self.exit.borrow().is_some()
    }

    /// What is kept of it after its end: who it was and how it ended, not what it was given.
    pub(crate) fn remains(&self) -> Self {
        let facts = Facts {
            pid: self.pid,
            tag: self.tag.clone(),
            config: Value::Null,
            pty: self.pty,
        };
        let remains = Self::new(facts, None, self.exit.clone());
        if let Some(status) = self.ended() {
            remains.finish(status);
        }
        remains
    }

    fn subscribers(&self) -> MutexGuard<'_, Option<Vec<mpsc::Sender<Chunk>>>> {
        self.subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
