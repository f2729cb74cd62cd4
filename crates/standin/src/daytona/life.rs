//! What happens to a sandbox beneath the words: boot, stop, archive, destroy, death.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::daytona::app::App;
use crate::daytona::sandbox::{Facts, Sandbox, State};
use crate::engine::SignalTarget;

/// Time between the polite signal and the last one of an ordinary stop (contract 1.5).
const STOP_GRACE: Duration = Duration::from_secs(10);

/// How long the last kill is repeated.
const LAST_KILL_MAX: Duration = Duration::from_secs(2);

/// How often the end of the processes is looked for.
const POLL: Duration = Duration::from_millis(20);

const ESRCH: i32 = libc::ESRCH;

/// Brings a stop under way to its end: processes and sessions go, files stay. An ephemeral
/// sandbox is destroyed instead.
pub(super) async fn finish_stop(app: &App, sandbox: &Arc<Sandbox>, force: bool) {
    if sandbox.facts().state == State::Destroying {
        finish_destroy(app, sandbox).await;
        return;
    }
    end_processes(sandbox, force).await;
    let now = app.now();
    {
        let mut facts = sandbox.facts();
        facts.state = State::Stopped;
        facts.updated_at = now;
        facts.stopped_at = Some(now);
    }
    app.registry.changed.notify_one();
}

/// Brings a destruction under way to its end.
pub(super) async fn finish_destroy(app: &App, sandbox: &Arc<Sandbox>) {
    sandbox.boot().cancel();
    sandbox.sessions().clear();
    sandbox.engine.destroy().await;
    app.registry.bury(sandbox, app.now());
}

/// Takes the machine from under a sandbox; the control plane does not notice (contract 2.2).
pub(super) async fn die(sandbox: &Sandbox) {
    sandbox.facts().dead = true;
    sandbox.boot().cancel();
    sandbox.sessions().clear();
    sandbox.engine.destroy().await;
}

/// Starts a stopped sandbox anew.
pub(super) fn boot(app: &App, sandbox: &Sandbox) {
    sandbox.new_boot();
    let now = app.now();
    let mut facts = sandbox.facts();
    facts.state = State::Started;
    facts.updated_at = now;
    facts.stopped_at = None;
    facts.last_activity_at = now;
    facts.preview_token = new_token();
    drop(facts);
    app.registry.changed.notify_one();
}

/// Marks a sandbox as going away: its name is free at once (contract 1.5).
pub(super) fn mark_destroying(facts: &mut Facts, now: Timestamp) {
    facts.state = State::Destroying;
    facts.updated_at = now;
    facts.name = format!("DESTROYED_{}_{}", facts.name, now.as_millisecond());
}

/// Marks a sandbox as stopping, or as going away if it is ephemeral.
pub(super) fn mark_stopping(facts: &mut Facts, now: Timestamp) {
    if facts.auto_delete_min == 0 {
        mark_destroying(facts, now);
        return;
    }
    facts.state = State::Stopping;
    facts.updated_at = now;
}

/// A token that opens preview ports: letters and digits, so that it may stand in a host name.
pub(super) fn new_token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Ends all processes of the present boot. The polite signal goes to what was started; the last
/// one to everything inside, whoever started it, where the engine can tell.
async fn end_processes(sandbox: &Sandbox, force: bool) {
    let mut left = std::mem::take(&mut *sandbox.groups());
    if !force {
        signal_groups(sandbox, &mut left, libc::SIGTERM).await;
        let deadline = tokio::time::Instant::now() + STOP_GRACE;
        while !left.is_empty() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(POLL).await;
            // Also wakes a process that was halted, so that it can see the polite signal.
            signal_groups(sandbox, &mut left, libc::SIGCONT).await;
        }
    }
    signal_groups(sandbox, &mut left, libc::SIGKILL).await;
    sandbox.boot().cancel();
    sandbox.sessions().clear();
    end_strays(sandbox).await;
}

/// Signals groups, and forgets those that are gone.
async fn signal_groups(sandbox: &Sandbox, groups: &mut Vec<u32>, signal: i32) {
    let mut left = Vec::with_capacity(groups.len());
    for group in groups.drain(..) {
        let sent = sandbox
            .engine
            .signal(SignalTarget::Group(group), signal)
            .await;
        if sent.is_ok() {
            left.push(group);
        }
    }
    *groups = left;
}

/// Kills what has left its group, until nothing is left: a process may fork while it dies.
async fn end_strays(sandbox: &Sandbox) {
    let deadline = tokio::time::Instant::now() + LAST_KILL_MAX;
    loop {
        match sandbox.engine.signal_all(libc::SIGKILL).await {
            Ok(0) => return,
            Ok(_) if tokio::time::Instant::now() < deadline => tokio::time::sleep(POLL).await,
            Ok(left) => {
                tracing::debug!(left, "processes did not end");
                return;
            }
            Err(error) => {
                tracing::debug!(%error, "processes outside their groups may be left");
                return;
            }
        }
    }
}

/// Kills a process group now; one that is gone is as good.
pub(super) async fn kill_group(sandbox: &Sandbox, leader: u32) {
    let target = SignalTarget::Group(leader);
    match sandbox.engine.signal(target, libc::SIGKILL).await {
        Err(error) if error.errno() != Some(ESRCH) => {
            tracing::debug!(%error, leader, "a process group could not be killed");
        }
        _ => {}
    }
}
