//! What the cases need: an engine, sandboxes, and a short way to run a command.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cutover_standin::engine::{
    Engine, EngineError, EngineProcess, EngineSandbox, EngineSettings, ExitStatus, Identity,
    OutputMode, Profile, SpawnRequest, StdinMode, WantedImage, by_settings,
};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest wait for anything: a loaded machine is slow, a hang is a failure.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// What the namespaces engine alone has: an own watch of memory and processes (elsewhere a cgroup
/// holds them), the host's programs (elsewhere an image's), own keys and terminals, init as a child.
const NAMESPACES_ONLY: [&str; 5] = ["watch", "host_usr", "keys", "terminals", "child"];

/// A variable of the environment.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}

/// The image of Docker sandboxes under test, if it is not the engine's own choice.
pub(crate) fn image() -> Option<String> {
    variable("CUTOVER_TEST_IMAGE")
}

/// What engines are made with here.
pub(crate) fn settings(helper: &Path) -> EngineSettings {
    let mut settings = EngineSettings::new(helper);
    settings.docker.host = variable("DOCKER_HOST");
    settings.docker.images = image()
        .map(|name| WantedImage {
            name,
            programs: vec!["/bin/bash".to_owned()],
        })
        .into_iter()
        .collect();
    settings
}

/// The engine of a name.
pub(crate) async fn engine_of(name: &str, helper: &Path) -> Result<Arc<dyn Engine>, EngineError> {
    by_settings(name, &settings(helper)).await
}

/// A sandbox's profile with everything ordinary.
pub(crate) fn profile(hostname: &str) -> Profile {
    Profile {
        image: image(),
        ..Profile::litellm(hostname)
    }
}

/// One case of the contract.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Capabilities without which the case says nothing.
    pub(crate) needs: &'static [&'static str],
    pub(crate) run: fn(Place) -> Pin<Box<dyn Future<Output = ()>>>,
}

/// Makes a table row of an `async fn(Place)`.
macro_rules! case {
    ($function:ident) => {
        case!($function, &[])
    };
    ($function:ident, $needs:expr) => {
        $crate::place::Case {
            name: stringify!($function),
            needs: $needs,
            run: |place| Box::pin($function(place)),
        }
    };
}
pub(crate) use case;

/// An engine under test.
pub(crate) struct Place {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) helper: PathBuf,
}

/// What a command gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: ExitStatus,
}

impl Place {
    pub(crate) fn new(engine: Arc<dyn Engine>, helper: PathBuf) -> Self {
        Self { engine, helper }
    }

    /// Whether the engine says so of itself; `watch` and its like are how one of them does it.
    pub(crate) fn has(&self, capability: &str) -> bool {
        if capability == "container" {
            return self.engine.name() == "docker";
        }
        if NAMESPACES_ONLY.contains(&capability) {
            return self.engine.name() == "namespaces";
        }
        self.engine
            .capabilities()
            .iter()
            .any(|has| has == capability)
    }

    /// Processes that an engine gives a sandbox beyond its limit, for init and its servers.
    pub(crate) fn room(&self) -> u32 {
        if self.engine.name() == "docker" { 9 } else { 0 }
    }

    pub(crate) fn lacks(&self, needs: &'static [&'static str]) -> Option<&'static str> {
        needs.iter().copied().find(|need| !self.has(need))
    }

    pub(crate) async fn sandbox(&self) -> Arc<dyn EngineSandbox> {
        self.sandbox_of(profile("contract")).await
    }

    pub(crate) async fn sandbox_of(&self, profile: Profile) -> Arc<dyn EngineSandbox> {
        within(self.engine.create(&profile)).await.unwrap()
    }
}

/// Awaits with a deadline.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(DEADLINE, future)
        .await
        .expect("in time")
}

/// Polls a condition with a deadline.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = tokio::time::Instant::now() + DEADLINE;
    while !condition() {
        assert!(tokio::time::Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn user() -> Identity {
    Identity::User {
        uid: 1000,
        gid: 1000,
        groups: vec![],
    }
}

/// A request to run a bash script as `user` at home with two pipes and no input.
pub(crate) fn bash(script: &str) -> SpawnRequest {
    let env = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOME", "/home/user"),
    ];
    SpawnRequest {
        argv: ["/bin/bash", "-c", script].map(str::to_owned).into(),
        env: env
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        cwd: "/home/user".to_owned(),
        identity: user(),
        stdin: StdinMode::Closed,
        output: OutputMode::TwoPipes,
        new_group: true,
    }
}

pub(crate) async fn run(sandbox: &dyn EngineSandbox, request: SpawnRequest) -> Ran {
    let process = within(sandbox.spawn(request)).await.unwrap();
    drain(process).await
}

/// Reads everything a process says and waits for its end.
pub(crate) async fn drain(mut process: EngineProcess) -> Ran {
    drop(process.stdin.take());
    let none: Box<dyn AsyncRead + Send + Unpin> = Box::new(tokio::io::empty());
    let mut stderr_stream = process.stderr.take().unwrap_or(none);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    within(async {
        let (out, err) = tokio::join!(
            process.stdout.read_to_end(&mut stdout),
            stderr_stream.read_to_end(&mut stderr)
        );
        out.unwrap();
        err.unwrap();
    })
    .await;
    Ran {
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
        status: ended(&mut process).await,
    }
}

/// How a process ended.
pub(crate) async fn ended(process: &mut EngineProcess) -> ExitStatus {
    let result = within(process.exit.wait_for(Option::is_some)).await;
    result.expect("an exit status").expect("checked")
}

/// Reads until the text appears.
pub(crate) async fn read_until(stream: &mut (dyn AsyncRead + Send + Unpin), text: &str) -> String {
    let mut got = Vec::new();
    within(async {
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&got).contains(text) {
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(
                count > 0,
                "ended before `{text}`: {}",
                String::from_utf8_lossy(&got)
            );
            got.extend_from_slice(&buffer[..count]);
        }
    })
    .await;
    String::from_utf8_lossy(&got).into_owned()
}

/// Writes a whole file.
pub(crate) async fn put(sandbox: &dyn EngineSandbox, path: &str, bytes: &[u8], who: &Identity) {
    let mut writer = within(sandbox.write(path, who)).await.unwrap();
    within(writer.write(bytes)).await.unwrap();
    within(writer.finish()).await.unwrap();
}

/// Reads a whole file.
pub(crate) async fn get(sandbox: &dyn EngineSandbox, path: &str, who: &Identity) -> Vec<u8> {
    let mut file = within(sandbox.read(path, who)).await.unwrap();
    let mut bytes = Vec::new();
    within(file.bytes.read_to_end(&mut bytes)).await.unwrap();
    bytes
}
