//! The task behind each process: reads its pipes, kills it in time, tells how it ended.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::e2b::process::live::{Chunk, Process, Stream};
use crate::engine::{EngineSandbox, ExitStatus, SignalTarget};

/// Bytes of one data event at most (contract 5.3).
const READ_BYTES_MAX: usize = 32 * 1024;

/// The same of a terminal.
const PTY_READ_BYTES_MAX: usize = 16 * 1024;

/// How long is read after a killed leader is dead: ample for what lies in a pipe.
const LAST_READ: Duration = Duration::from_millis(20);

/// A readable end of a process.
pub(crate) type Output = Box<dyn AsyncRead + Send + Unpin>;

/// What a supervisor needs.
pub(crate) struct Watch {
    /// The process.
    pub(crate) process: Arc<Process>,
    /// Its standard output, or everything.
    pub(crate) stdout: Output,
    /// Its standard error, if that is apart.
    pub(crate) stderr: Option<Output>,
    /// When the leader is killed: the client's time limit.
    pub(crate) kill_at: Option<Instant>,
    /// Where it runs.
    pub(crate) engine: Arc<dyn EngineSandbox>,
    /// Cancelled when the sandbox is killed.
    pub(crate) dead: CancellationToken,
}

/// Watches a process to its end, whoever is attached. Ends early when the sandbox dies.
pub(crate) async fn supervise(watch: Watch) -> ExitStatus {
    const KILLED: ExitStatus = ExitStatus::Signal {
        signal: libc::SIGKILL,
        core: false,
    };
    let process = Arc::clone(&watch.process);
    let status = {
        let Watch {
            stdout,
            stderr,
            kill_at,
            engine,
            dead,
            ..
        } = watch;
        tokio::select! {
            status = run_to_end(&process, stdout, stderr) => status,
            () = kill_in_time(&process, kill_at, engine) => None,
            () = dead.cancelled() => None,
        }
    };
    // Nobody can write to it any more; a pending write keeps the lock until it fails by itself.
    if let Ok(mut input) = process.input.try_lock() {
        input.take();
    }
    status.unwrap_or(KILLED)
}

async fn run_to_end(
    process: &Process,
    stdout: Output,
    stderr: Option<Output>,
) -> Option<ExitStatus> {
    let first = if process.pty {
        Stream::Pty
    } else {
        Stream::Stdout
    };
    let pumps = async {
        match stderr {
            Some(stderr) => {
                tokio::join!(
                    pump(process, first, stdout),
                    pump(process, Stream::Stderr, stderr)
                );
            }
            None => pump(process, first, stdout).await,
        }
    };
    tokio::pin!(pumps);
    let cut = async {
        process.cut.cancelled().await;
        reaped(process).await;
    };
    tokio::select! {
        () = &mut pumps => {}
        () = cut => {
            // What is unread is lost when a child holds the pipe or a client does not read; what
            // the leader wrote before it died is given the time to be seen.
            let _ = tokio::time::timeout(LAST_READ, &mut pumps).await;
        }
    }
    reaped(process).await
}

/// Waits for the leader. `None` when the engine has given it up with its sandbox.
async fn reaped(process: &Process) -> Option<ExitStatus> {
    let mut exit = process.exit.clone();
    let status = exit.wait_for(Option::is_some).await.ok()?;
    *status
}

/// Kills the leader, and only it, at its time limit (contract 5.4). Never completes.
async fn kill_in_time(process: &Process, at: Option<Instant>, engine: Arc<dyn EngineSandbox>) {
    if let Some(at) = at {
        tokio::time::sleep_until(at).await;
        if !process.leader_is_dead() {
            // An error means that it has just died, which is as good.
            let target = SignalTarget::Process(process.pid);
            let _ = engine.signal(target, libc::SIGKILL).await;
        }
        process.cut.cancel();
    }
    std::future::pending::<()>().await;
}

/// One read, one chunk, until end of file. A read error ends the stream as its end would: a
/// terminal says `EIO` when its last holder has gone.
async fn pump(process: &Process, stream: Stream, mut from: Output) {
    let max = match stream {
        Stream::Pty => PTY_READ_BYTES_MAX,
        Stream::Stdout | Stream::Stderr => READ_BYTES_MAX,
    };
    let mut buffer = BytesMut::with_capacity(max);
    loop {
        buffer.clear();
        buffer.reserve(max);
        match (&mut from).take(max as u64).read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                // A copy of its own length: a lagging stream must not pin whole read buffers.
                let bytes = Bytes::copy_from_slice(&buffer);
                process.publish(Chunk { stream, bytes }).await;
            }
        }
    }
}
