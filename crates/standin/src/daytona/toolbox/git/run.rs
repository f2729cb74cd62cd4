//! Runs the program.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use crate::daytona::life;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::git::refusal;
use crate::daytona::toolbox::git::said::Said;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, ExitStatus, OutputMode, SpawnRequest, StdinMode};

/// Bytes of an answer that are held; a history in earnest is far smaller.
const OUTPUT_BYTES_MAX: u64 = 64 << 20;

/// Bytes of git's complaints that are held; the rest is read and dropped.
const COMPLAINT_BYTES_MAX: usize = 64 * 1024;

/// Answers git's question for credentials from the environment: never on a command line, where
/// everybody inside could read them.
const HELPER: &str = r#"credential.helper=!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$DTN_GIT_USERNAME" "$DTN_GIT_PASSWORD"; }; f"#;

/// Git in one folder.
pub(super) struct Git<'a> {
    machine: &'a Machine,
    folder: String,
    /// Name and password for the other side.
    credentials: Option<(String, String)>,
    env: Vec<(&'static str, String)>,
}

impl<'a> Git<'a> {
    /// Git in a folder, as the daemon resolves it.
    pub(super) fn at(machine: &'a Machine, folder: &str) -> Self {
        Self {
            machine,
            folder: machine.resolve(folder),
            credentials: None,
            env: Vec::new(),
        }
    }

    /// With a name and a password, unless both are empty.
    pub(super) fn with_credentials(mut self, username: String, password: String) -> Self {
        let any = !(username.is_empty() && password.is_empty());
        self.credentials = any.then_some((username, password));
        self
    }

    /// With a variable more.
    pub(super) fn with_env(mut self, name: &'static str, value: String) -> Self {
        self.env.push((name, value));
        self
    }

    /// Runs git and wants it to succeed.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<Said, ToolError> {
        let said = self.ask(arguments, b"").await?;
        if said.code == 0 {
            return Ok(said);
        }
        Err(refusal::of(&said))
    }

    /// Runs git; a failure is an answer as well.
    pub(super) async fn ask(&self, arguments: &[&str], stdin: &[u8]) -> Result<Said, ToolError> {
        let request = self.request(arguments, !stdin.is_empty());
        let mut process = self
            .machine
            .engine()
            .spawn(request)
            .await
            .map_err(|error| started(&error))?;
        let groups = || self.machine.sandbox.groups();
        groups().push(process.pid);
        let input = process.stdin.take();
        let feed = async {
            if let Some(mut pipe) = input {
                // Git may end before it has read all.
                let _ = pipe.write_all(stdin).await;
                let _ = pipe.shutdown().await;
            }
        };
        let stderr = process.stderr.take();
        let ((), stdout, stderr) =
            tokio::join!(feed, whole(&mut process.stdout), complaint(stderr));
        if stdout.len() as u64 > OUTPUT_BYTES_MAX {
            life::kill_group(&self.machine.sandbox, process.pid).await;
            let text = format!("more than {OUTPUT_BYTES_MAX} bytes of output of git");
            return Err(ToolError::not_implemented(&text));
        }
        let status = process.exit.wait_for(Option::is_some).await;
        let status = status.map_err(|_| ToolError::Dead)?.to_owned();
        groups().retain(|leader| *leader != process.pid);
        let code = match status {
            Some(ExitStatus::Code(code)) => code,
            Some(ExitStatus::Signal { .. }) | None => -1,
        };
        Ok(Said {
            code,
            stdout,
            stderr,
        })
    }

    fn request(&self, arguments: &[&str], stdin: bool) -> SpawnRequest {
        let mut env = self.machine.env();
        let mut argv = vec!["git".to_owned()];
        let mut set = |name: &str, value: &str| drop(env.insert(name.to_owned(), value.to_owned()));
        // Git's words are read, so they must be the ones that are known.
        set("LC_ALL", "C");
        set("GIT_TERMINAL_PROMPT", "0");
        set("GIT_PAGER", "cat");
        for (name, value) in &self.env {
            set(name, value);
        }
        if let Some((username, password)) = &self.credentials {
            set("DTN_GIT_USERNAME", username);
            set("DTN_GIT_PASSWORD", password);
            argv.extend(["-c", "credential.helper=", "-c", HELPER].map(str::to_owned));
        }
        // The daemon's own git runs no hooks and signs nothing.
        let quiet = [
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "commit.gpgSign=false",
        ];
        argv.extend(quiet.map(str::to_owned));
        argv.extend(arguments.iter().map(|&word| word.to_owned()));
        SpawnRequest {
            argv,
            env,
            cwd: self.folder.clone(),
            identity: self.machine.who().clone(),
            stdin: if stdin {
                StdinMode::Pipe
            } else {
                StdinMode::Closed
            },
            output: OutputMode::TwoPipes,
            new_group: true,
        }
    }
}

/// Why git did not start: there is no such folder, or no git.
fn started(error: &EngineError) -> ToolError {
    match error {
        EngineError::Gone => ToolError::Dead,
        EngineError::Os { operation, .. } if operation == "chdir" => refusal::no_repository(),
        _ => ToolError::not_implemented("repositories in a sandbox without a `git` program"),
    }
}

/// One byte more than may be held says that there was too much.
async fn whole(pipe: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A pipe that cannot be read any more has ended.
    let _ = pipe
        .take(OUTPUT_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .await;
    bytes
}

async fn complaint(pipe: Option<Box<dyn AsyncRead + Send + Unpin>>) -> String {
    let Some(mut pipe) = pipe else {
        return String::new();
    };
    let mut held = Vec::new();
    let mut buffer = vec![0; 8192];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        let room = COMPLAINT_BYTES_MAX.saturating_sub(held.len());
        held.extend_from_slice(&buffer[..count.min(room)]);
    }
    String::from_utf8_lossy(&held).into_owned()
}
