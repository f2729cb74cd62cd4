//! The shell of a terminal: begun, shown, typed into, ended.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::daytona::boot::BootMemory;
use crate::daytona::boot::End;
use crate::daytona::boot::Pty;
use crate::daytona::life;
use crate::daytona::sandbox::{Sandbox, State};
use crate::daytona::toolbox::launch;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::pty::end::KILLED;
use crate::engine::{EngineError, EngineProcess, Identity, OutputMode, SpawnRequest, StdinMode};

/// Bytes of one read, as in the daemon.
const READ_BYTES: usize = 32 * 1024;

/// How long the last words of a shell that has ended are waited for. Its terminal stays open as
/// long as a job in the background holds it, so its end cannot be waited for.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How long the killer of a terminal's processes may take.
const KILLER_WAIT: Duration = Duration::from_secs(5);

/// Kills every process of the session `$1`: jobs of an interactive shell have groups of their own,
/// which a signal to the shell's does not reach.
const KILLER: &str = r#"for d in /proc/[0-9]*; do
read -r s <"$d/stat" || continue
set -- "$1" ${s##*)}
[ "$5" != "$1" ] || kill -9 "${d#/proc/}"
done 2>/dev/null"#;

/// Begins the shell of a terminal unless it has begun.
pub(super) async fn begin(machine: &Machine, pty: &Arc<Pty>) -> Result<(), EngineError> {
    let _one_begins_it = pty.beginning.lock().await;
    let typed = pty
        .typed
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some(typed) = typed else {
        return Ok(());
    };
    let info = pty.info().clone();
    let mut env = machine.env();
    let shell = launch::shell(machine, &env).await;
    env.extend(info.envs);
    let request = SpawnRequest {
        argv: [&shell, "-i", "-l"].map(str::to_owned).to_vec(),
        env,
        cwd: machine.resolve(&info.cwd),
        identity: machine.who().clone(),
        stdin: StdinMode::Pipe,
        output: OutputMode::Pty {
            cols: info.cols,
            rows: info.rows,
        },
        new_group: true,
    };
    let process = machine.engine().spawn(request).await?;
    machine.sandbox.groups().push(process.pid);
    *pty.pid.lock().unwrap_or_else(PoisonError::into_inner) = Some(process.pid);
    pty.info().active = true;
    let memory = machine.sandbox.live.of(&machine.boot);
    let (sandbox, boot) = (Arc::clone(&machine.sandbox), machine.boot.clone());
    let pty = Arc::clone(pty);
    // It goes on without clients, so it must not hold the request that began it.
    machine.app.tasks.background(async move {
        let run = run(&sandbox, &memory, &pty, process, typed);
        boot.run_until_cancelled(run).await;
    });
    Ok(())
}

async fn run(
    sandbox: &Sandbox,
    memory: &BootMemory,
    pty: &Arc<Pty>,
    mut process: EngineProcess,
    typed: mpsc::Receiver<Bytes>,
) {
    let pid = process.pid;
    let end = {
        let show = show(pty, &mut process.stdout);
        tokio::pin!(show);
        let write = write(process.stdin.take(), typed);
        tokio::pin!(write);
        let (mut shown, mut written) = (false, false);
        let end = loop {
            tokio::select! {
                () = &mut show, if !shown => shown = true,
                () = &mut write, if !written => written = true,
                status = process.exit.wait_for(Option::is_some) => {
                    break End::of(status.ok().and_then(|status| *status));
                }
                () = pty.killed.cancelled() => break End { code: KILLED },
            }
        };
        if !shown {
            // Who still writes has had its time; there is nothing else to do.
            let _ = tokio::time::timeout(LAST_WORDS, show).await;
        }
        end
    };
    let state = sandbox.facts().state;
    if matches!(state, State::Stopping | State::Destroying) {
        // The shell died of the stop, and so does the daemon: nobody is told, connections break.
        // The end of the boot ends this wait.
        std::future::pending::<()>().await;
    }
    // Whoever looks after being told finds no terminal any more.
    memory.ptys.forget(pty);
    if pty.killed.is_cancelled() {
        kill_session(sandbox, pid).await;
    }
    pty.tell_end(end);
    if sandbox
        .engine
        .signal(group(pid), libc::SIGCONT)
        .await
        .is_err()
    {
        sandbox.groups().retain(|leader| *leader != pid);
    }
}

fn group(pid: u32) -> crate::engine::SignalTarget {
    crate::engine::SignalTarget::Group(pid)
}

/// Shows what the terminal shows, until it is closed.
async fn show(pty: &Pty, terminal: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    while matches!(terminal.read_buf(&mut buffer).await, Ok(1..)) {
        pty.show(&buffer.split().freeze());
        buffer.reserve(READ_BYTES);
    }
}

/// Types what clients send, until the terminal takes nothing any more.
async fn write(
    terminal: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    mut typed: mpsc::Receiver<Bytes>,
) {
    let Some(mut terminal) = terminal else { return };
    while let Some(bytes) = typed.recv().await {
        if terminal.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Ends the shell and everything that it has started in this terminal.
async fn kill_session(sandbox: &Sandbox, pid: u32) {
    let request = SpawnRequest {
        argv: ["/bin/sh", "-c", KILLER, "sh", &pid.to_string()]
            .map(str::to_owned)
            .to_vec(),
        env: std::collections::BTreeMap::new(),
        cwd: "/".to_owned(),
        identity: match &sandbox.place.identity {
            Identity::Root => Identity::Root,
            user @ Identity::User { .. } => user.clone(),
        },
        stdin: StdinMode::Closed,
        output: OutputMode::OnePipe,
        new_group: true,
    };
    if let Ok(mut killer) = sandbox.engine.spawn(request).await {
        let ended = killer.exit.wait_for(Option::is_some);
        if tokio::time::timeout(KILLER_WAIT, ended).await.is_err() {
            life::kill_group(sandbox, killer.pid).await;
        }
    }
    life::kill_group(sandbox, pid).await;
}
