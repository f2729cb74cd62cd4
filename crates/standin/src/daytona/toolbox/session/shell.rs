//! The shell of a session, and how a command is put into it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::daytona::boot::Session;
use crate::daytona::life;
use crate::daytona::sandbox::Sandbox;
use crate::daytona::toolbox::error::{ToolError, go_error, go_reason};
use crate::daytona::toolbox::launch;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, SignalTarget, StdinMode};

/// Time between the polite signal and the last one when a session is deleted (contract 3.4).
const GRACE: Duration = Duration::from_secs(5);

/// How often the end of a group is looked for.
const POLL: Duration = Duration::from_millis(20);

impl Session {
    /// Starts the shell of a session.
    pub(super) async fn start(machine: &Machine, id: String) -> Result<Arc<Self>, ToolError> {
        let env = machine.env();
        let home = env.get("HOME").cloned().unwrap_or_default();
        let shell = launch::shell(machine, &env).await;
        let cwd = machine.sandbox.place.work_dir.clone();
        let argv = vec![shell.clone()];
        let process = match launch::spawn(machine, argv, env, cwd, StdinMode::Pipe).await {
            Ok(process) => process,
            Err(EngineError::Gone) => return Err(ToolError::Dead),
            Err(error) => {
                let text = format!("fork/exec {shell}: {}", go_reason(&error));
                return Err(ToolError::bare(text));
            }
        };
        let below_home = format!(".daytona/sessions/{}", folder(&id));
        let dir = format!("{home}/{below_home}");
        let cancelled = machine.boot.child_token();
        let session = Arc::new(Self {
            id,
            dir,
            below_home,
            pid: process.pid,
            stdin: tokio::sync::Mutex::new(process.stdin),
            commands: Mutex::default(),
            exit: process.exit,
            cancelled: cancelled.clone(),
        });
        let mut noise = process.stdout;
        machine
            .app
            .tasks
            .tracker
            .spawn(cancelled.run_until_cancelled_owned(async move {
                // What the shell itself says goes nowhere, but its pipe must not fill up.
                let mut buffer = [0; 4096];
                while matches!(noise.read(&mut buffer).await, Ok(1..)) {}
            }));
        make_dirs(machine, &session.dir).await?;
        // Remembered before a command can change it: the shell's own idea of the home folder
        // holds with every engine.
        session.write("__dtn_home=$HOME\n").await?;
        Ok(session)
    }

    /// Puts a command into the shell, behind those that are already there.
    pub(super) async fn put(
        &self,
        machine: &Machine,
        id: &str,
        command: &str,
        keeps_stdin: bool,
    ) -> Result<(), ToolError> {
        let dir = self.dir_of(id);
        make_dirs(machine, &dir).await?;
        for (name, text) in [("cmd.sh", command), ("output.log", "")] {
            let path = format!("{dir}/{name}");
            write_file(machine, &path, text.as_bytes())
                .await
                .map_err(|error| {
                    ToolError::bad(format!(
                        "failed to create log file: {}",
                        go_error("open", &path, &error)
                    ))
                })?;
        }
        self.write(&wrapper(&format!("{}/{id}", self.below_home), keeps_stdin))
            .await
    }

    async fn write(&self, script: &str) -> Result<(), ToolError> {
        let broken = || ToolError::bad("failed to write command: write |1: broken pipe");
        let ended = self.exit.borrow().is_some();
        let mut stdin = self.stdin.lock().await;
        let Some(pipe) = stdin.as_mut().filter(|_| !ended) else {
            return Err(broken());
        };
        let written = async {
            pipe.write_all(script.as_bytes()).await?;
            pipe.flush().await
        };
        written.await.map_err(|_: std::io::Error| broken())
    }

    /// Ends the shell and everything in its group.
    pub(super) async fn end(&self, sandbox: &Sandbox) {
        self.cancelled.cancel();
        let group = SignalTarget::Group(self.pid);
        let deadline = tokio::time::Instant::now() + GRACE;
        let mut signal = libc::SIGTERM;
        while sandbox.engine.signal(group, signal).await.is_ok() {
            if tokio::time::Instant::now() >= deadline {
                life::kill_group(sandbox, self.pid).await;
                break;
            }
            tokio::time::sleep(POLL).await;
            signal = libc::SIGCONT;
        }
        sandbox.groups().retain(|leader| *leader != self.pid);
    }
}

/// A session's id as the name of a folder: nothing in it may lead elsewhere.
fn folder(id: &str) -> String {
    use std::fmt::Write as _;
    let mut name = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            name.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

/// Makes a folder and those above it.
pub(super) async fn make_dirs(machine: &Machine, dir: &str) -> Result<(), ToolError> {
    let slashes = dir
        .match_indices('/')
        .map(|(at, _)| at)
        .filter(|at| *at > 0);
    for end in slashes.chain([dir.len()]) {
        let made = machine
            .engine()
            .make_dir(&dir[..end], 0o755, machine.who())
            .await;
        match made {
            Err(EngineError::Gone) => return Err(ToolError::Dead),
            Err(error) if end == dir.len() && error.errno() != Some(libc::EEXIST) => {
                let text = go_error("mkdir", dir, &error);
                return Err(ToolError::bad(format!(
                    "failed to create log directory: {text}"
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn write_file(machine: &Machine, path: &str, bytes: &[u8]) -> Result<(), EngineError> {
    let mut file = machine.engine().write(path, machine.who()).await?;
    file.write(bytes).await?;
    file.finish().await
}

/// The lines that run one command: it is sourced, so that what it changes stays; its two streams
/// go through pipes to a reader each, which marks every line and appends it to the one log; the
/// exit code is written when both readers are done. A command that ends the shell never gets one.
/// Whoever sends input first may have made its pipe already.
fn wrapper(below_home: &str, keeps_stdin: bool) -> String {
    // Opened both ways the pipe has a writer as long as the command runs, so that it never meets
    // its end; opening it waits for nobody.
    let input = if keeps_stdin {
        r#"<>"$__dtn/input.pipe""#
    } else {
        "</dev/null"
    };
    format!(
        r#"{{
__dtn="$__dtn_home"/{below_home}
mkfifo "$__dtn/stdout.pipe" "$__dtn/stderr.pipe" || exit 1
mkfifo "$__dtn/input.pipe" 2>/dev/null || [ -p "$__dtn/input.pipe" ] || exit 1
trap 'rm -f "$__dtn"/*.pipe' EXIT
(while IFS= read -r l || [ -n "$l" ]; do printf '\001\001\001%s\n' "$l"; done <"$__dtn/stdout.pipe" >>"$__dtn/output.log") &
__dtn_out=$!
(while IFS= read -r l || [ -n "$l" ]; do printf '\002\002\002%s\n' "$l"; done <"$__dtn/stderr.pipe" >>"$__dtn/output.log") &
__dtn_err=$!
{{ . "$__dtn/cmd.sh"; }} {input} >"$__dtn/stdout.pipe" 2>"$__dtn/stderr.pipe"
__dtn_code=$?
wait "$__dtn_out" "$__dtn_err"
echo "$__dtn_code" >"$__dtn/exit_code"
rm -f "$__dtn"/*.pipe
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::folder;

    #[test]
    fn an_id_cannot_leave_its_folder() {
        assert_eq!(folder("s-1_A"), "s-1_A");
        assert_eq!(folder("../x"), "%2E%2E%2Fx");
        assert_eq!(folder("."), "%2E");
        assert_eq!(folder("é"), "%C3%A9");
    }
}
