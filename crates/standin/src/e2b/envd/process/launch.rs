//! `Start`: what runs, where, as whom, with what (contract 5.1, 5.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::e2b::app::App;
use crate::e2b::envd::call::{Call, DAEMON_PATH};
use crate::e2b::envd::message::Message;
use crate::e2b::envd::process::input;
use crate::e2b::envd::rpc::TimeLimit;
use crate::e2b::envd::{paths, users};
use crate::e2b::error::{Code, RpcError, go_text};
use crate::e2b::process::live::{Chunk, Facts, Process};
use crate::e2b::process::supervise::{Watch, supervise};
use crate::e2b::sandbox::Sandbox;
use crate::engine::{
    Account, EngineError, EngineProcess, Identity, OutputMode, SpawnRequest, StdinMode,
};

/// A process that runs, and the stream of the client that started it.
pub(crate) struct Started {
    /// The process.
    pub(crate) process: Arc<Process>,
    /// Its output from the first byte.
    pub(crate) chunks: mpsc::Receiver<Chunk>,
}

/// Everything needed to start, so that starting does not depend on the client staying.
struct Order {
    app: Arc<App>,
    sandbox: Arc<Sandbox>,
    spawn: SpawnRequest,
    /// What is written to standard input at once, before it is closed.
    script: Option<Vec<u8>>,
    tag: Option<String>,
    config: Value,
    limit: TimeLimit,
}

/// Starts what a `StartRequest` says.
pub(crate) async fn start(
    call: &Call,
    message: &Message,
    limit: TimeLimit,
) -> Result<Started, RpcError> {
    let order = read(call, message, limit).await?;
    let tasks = call.app.tasks.clone();
    // A task of its own: the client may go away while the process is being started, and the
    // process must be watched all the same.
    match tasks.spawn(launch(order)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(RpcError::internal("error starting process: task failed")),
    }
}

/// Starts what the stand-in itself was told to start in a sandbox.
///
/// # Errors
/// As [`start`].
pub(crate) async fn start_own(
    app: &Arc<App>,
    sandbox: &Arc<Sandbox>,
    spawn: SpawnRequest,
) -> Result<Started, RpcError> {
    let mut words = spawn.argv.iter();
    let config = serde_json::json!({
        "cmd": words.next(),
        "args": words.collect::<Vec<_>>(),
        "cwd": spawn.cwd,
    });
    let order = Order {
        app: Arc::clone(app),
        sandbox: Arc::clone(sandbox),
        spawn,
        script: None,
        tag: None,
        config,
        limit: TimeLimit::None,
    };
    launch(order).await
}

async fn read(call: &Call, message: &Message, limit: TimeLimit) -> Result<Order, RpcError> {
    let account = call.user().await?;
    let config = message.message("process")?.unwrap_or_default();
    let cmd = config.text("cmd")?.unwrap_or_default().to_owned();
    let args = config.texts("args")?;
    let envs = config.map("envs")?;
    let requested = config.text("cwd")?.unwrap_or_default();
    let cwd = paths::resolve(requested, call.work_dir(), &account.home, &account.name)
        .map_err(|foreign| RpcError::invalid(foreign.message))?;
    let stat = call.sandbox.engine.stat(&cwd, true, &Identity::Root).await;
    if stat.is_err_and(|error| error.errno() == Some(libc::ENOENT)) {
        return Err(RpcError::invalid(format!("cwd '{cwd}' does not exist")));
    }
    let pty = message.message("pty")?;
    let output = match &pty {
        Some(pty) => {
            let (cols, rows) = input::size(pty)?;
            OutputMode::Pty { cols, rows }
        }
        None => OutputMode::TwoPipes,
    };
    let stdin = match message.boolean("stdin")? {
        Some(false) => StdinMode::Closed,
        // Unset means true: older SDKs do not send it.
        Some(true) | None => StdinMode::Pipe,
    };
    let mut argv = vec![cmd];
    argv.extend(args);
    let mut order = Order {
        app: Arc::clone(&call.app),
        sandbox: Arc::clone(&call.sandbox),
        spawn: SpawnRequest {
            argv,
            env: environment(&account, &call.sandbox.envs, envs),
            cwd,
            identity: users::identity(&account),
            stdin,
            output,
            new_group: false,
        },
        script: None,
        tag: message.text("tag")?.map(str::to_owned),
        config: echo(&config),
        limit,
    };
    if call.app.swap_shell {
        swap_shell(&mut order);
    }
    Ok(order)
}

/// Later wins: the daemon's four, the sandbox's, the command's.
fn environment(
    account: &Account,
    sandbox: &BTreeMap<String, String>,
    command: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut env: BTreeMap<String, String> = [
        ("PATH", DAEMON_PATH),
        ("HOME", &account.home),
        ("USER", &account.name),
        ("LOGNAME", &account.name),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    env.extend(sandbox.clone());
    env.extend(command);
    env
}

/// `ProcessConfig` as `List` gives it back: only what was set, in the message's order.
fn echo(config: &Message) -> Value {
    let members = ["cmd", "args", "envs", "cwd"];
    let set = members
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), config.get(name)?.clone())));
    Value::Object(set.collect::<Map<_, _>>())
}

/// Self-test of the judge: the script goes to a shell's standard input, one pipe comes back.
fn swap_shell(order: &mut Order) {
    if let [shell, login, flag, script] = order.spawn.argv.as_slice()
        && shell == "/bin/bash"
        && login == "-l"
        && flag == "-c"
    {
        order.script = Some(script.clone().into_bytes());
        order.spawn.argv = vec!["/usr/bin/bash".to_owned()];
        order.spawn.stdin = StdinMode::Pipe;
        order.spawn.output = OutputMode::OnePipe;
    }
}

async fn launch(order: Order) -> Result<Started, RpcError> {
    let engine = Arc::clone(&order.sandbox.engine);
    let mut spawned = match engine.spawn(order.spawn.clone()).await {
        Err(error) if is_missing_program(&error) => engine.spawn(complaint(&order, &error)).await,
        outcome => outcome,
    }
    .map_err(|error| refusal(&order.spawn, &error))?;
    let mut writer = match order.spawn.stdin {
        StdinMode::Pipe => spawned.stdin.take(),
        StdinMode::Closed if matches!(order.spawn.output, OutputMode::Pty { .. }) => {
            spawned.stdin.take()
        }
        StdinMode::Closed => None,
    };
    let dead = order.sandbox.dead.clone();
    if let (Some(script), Some(mut pipe)) = (
        order.script.clone(),
        writer.take_if(|_| order.script.is_some()),
    ) {
        let dead = dead.clone();
        order.app.tasks.spawn(async move {
            tokio::select! {
                // A shell that ends before it has read everything closes the pipe.
                _ = pipe.write_all(&script) => {}
                () = dead.cancelled() => {}
            }
        });
    }
    let EngineProcess {
        pid,
        stdout,
        stderr,
        exit,
        ..
    } = spawned;
    let facts = Facts {
        pid,
        tag: order.tag,
        config: order.config,
        pty: matches!(order.spawn.output, OutputMode::Pty { .. }),
    };
    let process = Arc::new(Process::new(facts, writer, exit));
    let chunks = process.subscribe();
    order.sandbox.processes.add(Arc::clone(&process));
    let watch = Watch {
        process: Arc::clone(&process),
        stdout,
        stderr,
        kill_at: order.limit.kill_at(),
        engine,
        dead,
    };
    let (app, sandbox, watched) = (order.app, order.sandbox, Arc::clone(&process));
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        let status = supervise(watch).await;
        watched.finish(status);
        sandbox.processes.retire(&watched, app.clock.now());
    });
    Ok(Started { process, chunks })
}

fn is_missing_program(error: &EngineError) -> bool {
    matches!(error, EngineError::Os { operation, errno }
        if operation.contains("exec")
            && [libc::ENOENT, libc::EACCES, libc::ENOTDIR, libc::ENOEXEC].contains(errno))
}

/// envd's wrapper runs the program by `nice`, which complains and exits 127 (or 126) when it
/// cannot; the stand-in leaves the wrapper out and lets a shell say the same.
fn complaint(order: &Order, error: &EngineError) -> SpawnRequest {
    let code = if error.errno() == Some(libc::ENOENT) {
        127
    } else {
        126
    };
    let reason = match error.errno() {
        Some(errno) => nix::errno::Errno::from_raw(errno).desc(),
        None => "cannot run",
    };
    let script = r#"printf "nice: '%s': %s\n" "$0" "$1" >&2; exit "$2""#;
    let program = order.spawn.argv.first().cloned().unwrap_or_default();
    let mut spawn = order.spawn.clone();
    spawn.argv = vec![
        "/bin/sh".to_owned(),
        "-c".to_owned(),
        script.to_owned(),
        program,
        reason.to_owned(),
        code.to_string(),
    ];
    spawn
}

fn refusal(spawn: &SpawnRequest, error: &EngineError) -> RpcError {
    if matches!(error, EngineError::Gone) {
        return RpcError::engine(Code::Unavailable, "", error);
    }
    let command = spawn.argv.join(" ");
    let reason = go_text(error);
    let text = match spawn.output {
        OutputMode::Pty { cols, rows } => format!(
            "error starting pty with command '{command}' in dir '{}' with '{cols}' cols and \
             '{rows}' rows: fork/exec /bin/sh: {reason}",
            spawn.cwd
        ),
        OutputMode::TwoPipes | OutputMode::OnePipe => {
            format!("error starting process '{command}': fork/exec /bin/sh: {reason}")
        }
    };
    RpcError::invalid(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn later_environments_win() {
        let account = Account {
            name: "user".to_owned(),
            uid: 1000,
            gid: 1000,
            group: None,
            groups: Vec::new(),
            home: "/home/user".to_owned(),
            shell: "/bin/bash".to_owned(),
        };
        let env = environment(
            &account,
            &strings(&[("USER", "sandbox"), ("A", "sandbox"), ("B", "sandbox")]),
            strings(&[("B", "command")]),
        );
        let expected = strings(&[
            ("PATH", DAEMON_PATH),
            ("HOME", "/home/user"),
            ("USER", "sandbox"),
            ("LOGNAME", "user"),
            ("A", "sandbox"),
            ("B", "command"),
        ]);
        assert_eq!(env, expected);
    }
}
