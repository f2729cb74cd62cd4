//! Starting the MCP server of a case: ours in this process, or a command of the user's.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cutover_base::fixes::Fixes;
use cutover_mcp::{Settings, serve};
use cutover_sdk::Observer;
use indexmap::IndexMap;
use tokio::io::{AsyncRead, AsyncReadExt, duplex, split};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::surface::ToolClient;

/// Bytes in the pipe between MCP client and server.
const PIPE_BYTES: usize = 64 * 1024;

/// How long a server may take to answer its first request.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How long the last words of a server that does not start are waited for; a child of its may hold
/// the stream open.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(2);

/// Bytes of a server's standard error that are kept, for when it does not start.
const STDERR_BYTES: usize = 4096;

/// Which server.
#[derive(Debug, Clone)]
pub(crate) enum McpServer {
    /// Ours, with these fixes.
    Ours(Fixes),
    /// Ours as it was before there was a platform: it asks E2B itself.
    Direct {
        /// Labels of its sandboxes.
        labels: IndexMap<String, String>,
        /// Who hears what passes between it and E2B.
        observer: Arc<dyn Observer>,
    },
    /// A program and its arguments.
    Command(Vec<String>),
}

/// A server that runs, and its client. Dropped, it ends at once.
#[derive(Debug)]
pub(crate) struct RunningMcp {
    pub(crate) client: Arc<ToolClient>,
    _server: Server,
}

#[derive(Debug)]
enum Server {
    Ours(#[expect(dead_code, reason = "held for its end")] JoinSet<()>),
    Process(#[expect(dead_code, reason = "held for its end")] Box<Process>),
}

/// A process and all that it started: they are one process group.
#[derive(Debug)]
struct Process {
    child: Child,
    group: Option<i32>,
    said: Arc<Mutex<Vec<u8>>>,
    /// Ends with the process.
    listening: JoinSet<()>,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(group) = self.group.take() {
            // One that has ended already is no failure.
            let _ = nix::sys::signal::killpg(
                nix::unistd::Pid::from_raw(group),
                nix::sys::signal::Signal::SIGKILL,
            );
        }
        // What it leaves in the process table is taken away by the runtime.
        let _ = self.child.start_kill();
    }
}

impl Process {
    /// Why it did not start, in our words and in its own. Those come by another stream than its
    /// answers, and may still be on their way.
    async fn failed(mut self, program: &str, why: &str) -> String {
        let _ = tokio::time::timeout(LAST_WORDS_TIMEOUT, self.listening.join_next()).await;
        let said = {
            let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            String::from_utf8_lossy(&said).trim().to_owned()
        };
        match said.as_str() {
            "" => format!("`{program}`: {why}"),
            said => format!("`{program}`: {why}; it says: {said}"),
        }
    }
}

/// Starts a server whose environment has these variables, beside the program's own for a command.
///
/// # Errors
/// Why it does not answer.
pub(crate) async fn start(
    server: &McpServer,
    variables: &cutover_platform::Variables,
) -> Result<RunningMcp, String> {
    match server {
        McpServer::Ours(fixes) => {
            let find = |name: &str| variables.get(name).cloned();
            ours(Settings::from_variables(find, fixes.clone())).await
        }
        McpServer::Direct { labels, observer } => {
            let mut settings = Settings::direct(|name| variables.get(name).cloned())?;
            if let Some(direct) = &mut settings.direct {
                direct.labels.clone_from(labels);
                direct.observer = Arc::clone(observer);
            }
            ours(settings).await
        }
        McpServer::Command(command) => process(command, variables).await,
    }
}

async fn ours(settings: Settings) -> Result<RunningMcp, String> {
    let (ours, theirs) = duplex(PIPE_BYTES);
    let (read, write) = split(theirs);
    let mut served = JoinSet::new();
    served.spawn(async move { serve(read, write, &settings).await });
    let server = Server::Ours(served);
    let (read, write) = split(ours);
    let client = ToolClient::connect(read, write).await?;
    Ok(RunningMcp {
        client: Arc::new(client),
        _server: server,
    })
}

async fn process(
    command: &[String],
    variables: &cutover_platform::Variables,
) -> Result<RunningMcp, String> {
    let [program, arguments @ ..] = command else {
        return Err("no command starts the MCP server".to_owned());
    };
    let mut starting = Command::new(program);
    starting.args(arguments).envs(variables);
    for name in ["SESSION_ID", "LAP_BASE_URL", "LAP_AUTH_TOKEN", "MASTER_KEY"] {
        if !variables.contains_key(name) {
            starting.env_remove(name);
        }
    }
    let spawned = starting
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = spawned.map_err(|error| format!("`{program}` does not start: {error}"))?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(write), Some(read), Some(errors)) = pipes else {
        return Err(format!("`{program}` has no standard streams"));
    };
    let said = Arc::new(Mutex::new(Vec::new()));
    let mut listening = JoinSet::new();
    listening.spawn(listen(errors, Arc::clone(&said)));
    let process = Box::new(Process {
        group: child.id().and_then(|id| i32::try_from(id).ok()),
        listening,
        child,
        said,
    });
    let connecting = tokio::time::timeout(START_TIMEOUT, ToolClient::connect(read, write)).await;
    match connecting {
        Ok(Ok(client)) => Ok(RunningMcp {
            client: Arc::new(client),
            _server: Server::Process(process),
        }),
        Ok(Err(why)) => Err(process.failed(program, &why).await),
        Err(_) => {
            let why = format!("no answer within {} s", START_TIMEOUT.as_secs());
            Err(process.failed(program, &why).await)
        }
    }
}

/// Keeps the beginning of what comes, and takes all of it: a server must not wait for room.
async fn listen(mut errors: impl AsyncRead + Unpin, said: Arc<Mutex<Vec<u8>>>) {
    let mut piece = [0; 1024];
    while let Ok(count @ 1..) = errors.read(&mut piece).await {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let room = STDERR_BYTES.saturating_sub(said.len()).min(count);
        said.extend_from_slice(&piece[..room]);
    }
}
