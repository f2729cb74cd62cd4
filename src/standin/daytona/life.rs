//! What happens to a sandbox beneath the words: boot, stop, archive, destroy, death.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::standin::daytona::sandbox::{Facts, Sandbox, State};
use crate::standin::daytona::world::World;
use crate::standin::engine::{
    EngineError, Identity, OutputMode, SignalTarget, SpawnRequest, StdinMode,
};

/// Time between the polite signal and the last one of an ordinary stop (contract 1.5).
const STOP_GRACE: Duration = Duration::from_secs(10);

/// How often the end of the processes is looked for.
const POLL: Duration = Duration::from_millis(20);

const ESRCH: i32 = libc::ESRCH;

/// Brings a stop under way to its end: processes and sessions go, files stay. An ephemeral
/// sandbox is destroyed instead.
pub(super) async fn finish_stop(world: &World, sandbox: &Arc<Sandbox>, force: bool) {
    if sandbox.facts().state == State::Destroying {
        finish_destroy(world, sandbox).await;
        return;
    }
    end_processes(sandbox, force).await;
    let now = world.now();
    {
        let mut facts = sandbox.facts();
        facts.state = State::Stopped;
        facts.updated_at = now;
        facts.stopped_at = Some(now);
    }
    world.registry.changed.notify_one();
}

/// Brings a destruction under way to its end.
pub(super) async fn finish_destroy(world: &World, sandbox: &Arc<Sandbox>) {
    sandbox.boot().cancel();
    sandbox.sessions().clear();
    sandbox.engine.destroy().await;
    world.registry.bury(sandbox, world.now());
}

/// Takes the machine from under a sandbox; the control plane does not notice (contract 2.2).
pub(super) async fn die(sandbox: &Sandbox) {
    sandbox.facts().dead = true;
    sandbox.boot().cancel();
    sandbox.sessions().clear();
    sandbox.engine.destroy().await;
}

/// Starts a stopped sandbox anew.
pub(super) fn boot(world: &World, sandbox: &Sandbox) {
    sandbox.new_boot();
    let now = world.now();
    let mut facts = sandbox.facts();
    facts.state = State::Started;
    facts.updated_at = now;
    facts.stopped_at = None;
    facts.last_activity_at = now;
    drop(facts);
    world.registry.changed.notify_one();
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

/// Ends all processes of the present boot. The engine has no power switch that keeps the files,
/// so every process group that was started is signalled; where the sandbox has process ids of its
/// own, whatever left its group is killed as well.
async fn end_processes(sandbox: &Sandbox, force: bool) {
    let groups = std::mem::take(&mut *sandbox.groups());
    let mut left = groups;
    if !force {
        signal_all(sandbox, &mut left, libc::SIGTERM).await;
        let deadline = tokio::time::Instant::now() + STOP_GRACE;
        while !left.is_empty() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(POLL).await;
            // Also wakes a process that was halted, so that it can see the polite signal.
            signal_all(sandbox, &mut left, libc::SIGCONT).await;
        }
    }
    signal_all(sandbox, &mut left, libc::SIGKILL).await;
    sandbox.boot().cancel();
    sandbox.sessions().clear();
    if let Err(error) = end_strays(sandbox).await {
        tracing::debug!(%error, "processes outside their groups may be left");
    }
}

/// Signals groups, and forgets those that are gone.
async fn signal_all(sandbox: &Sandbox, groups: &mut Vec<u32>, signal: i32) {
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

/// `kill -9 -1` reaches everything of the sandbox's user but the caller; it must never run where
/// process ids are the host's.
async fn end_strays(sandbox: &Sandbox) -> Result<(), EngineError> {
    if !sandbox.own_process_ids {
        return Ok(());
    }
    let request = SpawnRequest {
        argv: ["/bin/sh", "-c", "kill -9 -1"].map(str::to_owned).to_vec(),
        env: std::collections::BTreeMap::new(),
        cwd: "/".to_owned(),
        identity: match &sandbox.place.identity {
            Identity::Root => return Ok(()),
            user @ Identity::User { .. } => user.clone(),
        },
        stdin: StdinMode::Closed,
        output: OutputMode::OnePipe,
        new_group: true,
    };
    let mut process = sandbox.engine.spawn(request).await?;
    let ended = process.exit.wait_for(Option::is_some);
    match tokio::time::timeout(Duration::from_secs(2), ended).await {
        Ok(_) => Ok(()),
        Err(_) => Err(EngineError::Internal(
            "the last kill did not end".to_owned(),
        )),
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
