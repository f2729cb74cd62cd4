//! Builds an image: the steps of a recipe, run inside a sandbox made for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use crate::daytona::image::model::account;
use crate::daytona::image::recipe::{Action, Recipe, Step};
use crate::daytona::image::words::Vars;
use crate::daytona::image::{BuildLog, Image};
use crate::engine::{
    Engine, EngineSandbox, ExitStatus, Identity, OutputMode, Profile, SignalTarget, SpawnRequest,
    StdinMode,
};
use crate::shared::Archive;

/// The longest that a build may take: a hung step must not hold its place for ever. The service
/// has a bound of its own that the contract does not give.
const BUILD_TIME_MAX: Duration = Duration::from_secs(30 * 60);

/// How long the end of a step's output is waited for once all its processes are killed.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// Name of the host that steps see, as `BuildKit` names it.
const HOSTNAME: &str = "buildkitsandbox";

/// What builds images.
#[derive(Debug)]
pub(in crate::daytona) struct Builder {
    /// Makes the sandboxes in which steps run.
    pub(in crate::daytona) engine: Arc<dyn Engine>,
    /// Whether steps may reach the host's network.
    pub(in crate::daytona) allow_network: bool,
    /// Their memory, in bytes.
    pub(in crate::daytona) memory_bytes_max: u64,
    /// The image that stands for the built-in one.
    pub(in crate::daytona) image: Option<String>,
}

impl Builder {
    /// Builds, writing the log in the manner of Docker's classic builder.
    ///
    /// # Errors
    /// The reason, as a sandbox or snapshot shows it in `errorReason`.
    pub(super) async fn build(&self, recipe: &Recipe, log: &BuildLog) -> Result<Image, String> {
        let mut profile = Profile::litellm(HOSTNAME);
        profile.network = self.allow_network;
        profile.memory_bytes_max = self.memory_bytes_max;
        profile.make_user = self.image.is_none();
        profile.image.clone_from(&self.image);
        let engine = self.engine.create(&profile).await;
        let engine = engine.map_err(|error| format!("failed to build image: {error}"))?;
        let built = timeout(BUILD_TIME_MAX, self.steps(engine.as_ref(), recipe, log)).await;
        engine.destroy().await;
        match built.unwrap_or_else(|_| Err("the build took too long".to_owned())) {
            Ok(image) => {
                log.line(&format!("Successfully tagged {}", image.reference));
                Ok(image)
            }
            Err(reason) => {
                log.line(&reason);
                Err(format!("failed to build image: {reason}"))
            }
        }
    }

    async fn steps(
        &self,
        engine: &dyn EngineSandbox,
        recipe: &Recipe,
        log: &BuildLog,
    ) -> Result<Image, String> {
        let mut image = recipe.image.clone();
        let mut changed = false;
        for (at, step) in recipe.steps.iter().enumerate() {
            log.line(&format!(
                "Step {}/{} : {}",
                at + 1,
                recipe.steps.len(),
                step.text
            ));
            changed |= self.take(engine, step, log).await?;
        }
        account(engine, &image.user).await?;
        if changed {
            let files = engine.export_files().await;
            let files =
                files.map_err(|error| format!("the files of the image cannot be kept: {error}"))?;
            let kept = Archive::unnamed(files).await;
            let kept =
                kept.map_err(|error| format!("the files of the image cannot be kept: {error}"))?;
            image.files = Some(Arc::new(kept));
        }
        Ok(image)
    }

    /// Takes one step; whether it may have changed files.
    async fn take(
        &self,
        engine: &dyn EngineSandbox,
        step: &Step,
        log: &BuildLog,
    ) -> Result<bool, String> {
        match &step.action {
            Action::Note => Ok(false),
            Action::StandIn(image) => {
                log.line(&format!(
                    " ---> the built-in root of the stand-in stands in for {image}"
                ));
                Ok(false)
            }
            Action::MakeDir(path) => make_dirs(engine, path).await,
            Action::Run {
                argv,
                env,
                dir,
                user,
            } => {
                // Without walls of its own a step as root would change the host.
                if !self.isolates() {
                    let name = self.engine.name();
                    return Err(format!(
                        "the engine `{name}` has no file system of its own to build in"
                    ));
                }
                run(engine, argv, env, dir, user, log).await.map(|()| true)
            }
        }
    }

    /// Whether a sandbox is walled off from the host: files and process ids of its own.
    fn isolates(&self) -> bool {
        let capabilities = self.engine.capabilities();
        capabilities.iter().any(|word| word == "isolation")
    }
}

/// Makes a folder with those above it; whether any was missing.
async fn make_dirs(engine: &dyn EngineSandbox, path: &str) -> Result<bool, String> {
    let mut made = false;
    let ends = path
        .match_indices('/')
        .map(|(at, _)| at)
        .skip(1)
        .chain([path.len()]);
    for end in ends.filter(|end| *end > 1) {
        match engine.make_dir(&path[..end], 0o755, &Identity::Root).await {
            Ok(()) => made = true,
            Err(error) if error.errno() == Some(libc::EEXIST) => {}
            Err(error) => return Err(format!("WORKDIR {path}: {error}")),
        }
    }
    Ok(made)
}

async fn run(
    engine: &dyn EngineSandbox,
    argv: &[String],
    env: &Vars,
    dir: &str,
    user: &str,
    log: &BuildLog,
) -> Result<(), String> {
    let (home, identity) = account(engine, user).await?;
    let mut env = env.clone();
    env.insert("HOME".to_owned(), home);
    let command = argv.join(" ");
    let request = SpawnRequest {
        argv: argv.to_vec(),
        env,
        cwd: dir.to_owned(),
        identity,
        stdin: StdinMode::Closed,
        output: OutputMode::OnePipe,
        new_group: true,
    };
    let process = engine.spawn(request).await;
    let mut process = process
        .map_err(|error| format!("The command '{command}' could not be started: {error}"))?;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        tokio::select! {
            biased;
            read = process.stdout.read(&mut buffer) => match read {
                Ok(0) | Err(_) => break,
                Ok(read) => log.push(&buffer[..read]),
            },
            _ = process.exit.wait_for(Option::is_some) => break,
        }
    }
    let ended = process.exit.wait_for(Option::is_some).await;
    let ended = ended.ok().and_then(|exit| *exit);
    // What a step leaves behind ends with it, as its container does. Gone already is as good.
    let _ = engine
        .signal(SignalTarget::Group(process.pid), libc::SIGKILL)
        .await;
    let _ = engine.signal_all(libc::SIGKILL).await;
    let rest = async {
        while let Ok(read @ 1..) = process.stdout.read(&mut buffer).await {
            log.push(&buffer[..read]);
        }
    };
    // Output that never ends is held by a process that could not be killed; the rest is enough.
    let _ = timeout(DRAIN_TIME_MAX, rest).await;
    let code = match ended {
        Some(ExitStatus::Code(0)) => return Ok(()),
        Some(ExitStatus::Code(code)) => code,
        Some(ExitStatus::Signal { signal, .. }) => 128 + signal,
        None => return Err(format!("The command '{command}' ended with its sandbox")),
    };
    Err(format!(
        "The command '{command}' returned a non-zero code: {code}"
    ))
}
