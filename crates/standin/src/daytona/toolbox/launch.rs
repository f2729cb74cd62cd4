//! Starts a shell as the daemon does (contract 3.2).

use std::collections::BTreeMap;

use tokio::io::AsyncReadExt as _;

use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, EngineProcess, OutputMode, SpawnRequest, StdinMode};

/// Bytes of `/etc/shells` that are looked at; a real one has a few hundred.
const SHELLS_BYTES_MAX: u64 = 64 * 1024;

/// In the order of preference.
const PREFERRED: [&str; 4] = ["/usr/bin/zsh", "/bin/zsh", "/usr/bin/bash", "/bin/bash"];

/// The shell that the daemon picks at this moment.
pub(super) async fn shell(machine: &Machine, env: &BTreeMap<String, String>) -> String {
    let Some(listed) = listed_shells(machine).await else {
        return "sh".to_owned();
    };
    let found = PREFERRED.into_iter().find(|shell| listed.contains(shell));
    match (found, env.get("SHELL")) {
        (Some(shell), _) => shell.to_owned(),
        (None, Some(shell)) if !shell.is_empty() => shell.clone(),
        _ => "sh".to_owned(),
    }
}

/// The lines of `/etc/shells` that are no comments; `None` when there are none.
async fn listed_shells(machine: &Machine) -> Option<String> {
    let file = machine
        .engine()
        .read("/etc/shells", machine.who())
        .await
        .ok()?;
    let mut text = Vec::new();
    file.bytes
        .take(SHELLS_BYTES_MAX)
        .read_to_end(&mut text)
        .await
        .ok()?;
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Starts a process group with one pipe for both streams.
pub(super) async fn spawn(
    machine: &Machine,
    argv: Vec<String>,
    env: BTreeMap<String, String>,
    cwd: String,
    stdin: StdinMode,
) -> Result<EngineProcess, EngineError> {
    let request = SpawnRequest {
        argv,
        env,
        cwd,
        identity: machine.who().clone(),
        stdin,
        output: OutputMode::OnePipe,
        new_group: true,
    };
    let process = machine.engine().spawn(request).await?;
    machine.sandbox.groups().push(process.pid);
    Ok(process)
}
