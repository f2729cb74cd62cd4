//! Pause and resume (contract 1.9).
//!
//! The stand-in keeps the sandbox where it is and stops the processes that envd started; their
//! children, which a snapshot of memory would freeze too, run on.

use jiff::Timestamp;

use crate::standin::e2b::sandbox::Sandbox;
use crate::standin::engine::SignalTarget;

/// Freezes a sandbox. False if it was paused already.
pub(crate) async fn freeze(sandbox: &Sandbox, now: Timestamp) -> bool {
    let paused = sandbox.pause(now);
    if paused {
        signal_all(sandbox, libc::SIGSTOP).await;
    }
    paused
}

/// Lets a sandbox run again for so many seconds. False if it was not paused.
pub(crate) async fn thaw(sandbox: &Sandbox, now: Timestamp, seconds: i64) -> bool {
    let resumed = sandbox.resume(now, seconds);
    if resumed {
        signal_all(sandbox, libc::SIGCONT).await;
    }
    resumed
}

async fn signal_all(sandbox: &Sandbox, signal: i32) {
    for process in sandbox.processes.all() {
        if !process.leader_is_dead() {
            // An error means that it has just ended: there is nothing to stop.
            let target = SignalTarget::Process(process.pid);
            let _ = sandbox.engine.signal(target, signal).await;
        }
    }
}
