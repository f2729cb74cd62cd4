//! Builds an image: the steps of a recipe, run inside a sandbox made for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::daytona::image::by_docker;
use crate::daytona::image::context::Context;
use crate::daytona::image::copy::{copy, make_dirs};
use crate::daytona::image::model::account;
use crate::daytona::image::network::{Ear, REASON, give_up_at_once};
use crate::daytona::image::recipe::{Action, Recipe, Step};
use crate::daytona::image::words::Vars;
use crate::daytona::image::{BuildLog, Image, Work};
use crate::engine::{
    Engine, EngineSandbox, ExitStatus, OutputMode, Profile, SignalTarget, SpawnRequest, StdinMode,
};
use crate::shared::Archive;

/// The longest that a build may take: a hung step must not hold its place for ever. The service
/// has a bound of its own that the contract does not give.
const BUILD_TIME_MAX: Duration = Duration::from_secs(30 * 60);

/// How long the end of a step's output is waited for once all its processes are killed.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// Name of the host that steps see, as `BuildKit` names it.
const HOSTNAME: &str = "buildkitsandbox";

/// One build by steps.
struct Building<'build> {
    context: &'build Context,
    log: &'build BuildLog,
    ear: Ear,
}

impl Building<'_> {
    /// Takes note of what a step says.
    fn said(&mut self, bytes: &[u8]) {
        self.ear.hear(bytes);
        self.log.push(bytes);
    }
}

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
    pub(super) async fn build(
        &self,
        work: &Work,
        log: &Arc<BuildLog>,
        stop: &CancellationToken,
    ) -> Result<Image, String> {
        let built = self.any(work, log, stop).await;
        built.map_err(|reason| {
            log.line(&reason);
            format!("failed to build image: {reason}")
        })
    }

    async fn any(
        &self,
        work: &Work,
        log: &Arc<BuildLog>,
        stop: &CancellationToken,
    ) -> Result<Image, String> {
        if self.engine.builds_images() {
            let context = work.context().await?;
            let told = Arc::clone(log);
            let sink = Arc::new(move |line: &str| told.line(line));
            let (engine, stop) = (self.engine.as_ref(), stop.clone());
            return by_docker::build(engine, work, &context, sink, BUILD_TIME_MAX, stop).await;
        }
        let recipe = work.recipe.as_ref().map_err(Clone::clone)?;
        let context = work.context().await?;
        let building = Building {
            context: &context,
            log,
            ear: Ear::default(),
        };
        let built = stop.run_until_cancelled(self.embedded(recipe, building));
        built
            .await
            .unwrap_or_else(|| Err("the build was stopped".to_owned()))
    }

    async fn embedded(&self, recipe: &Recipe, build: Building<'_>) -> Result<Image, String> {
        let mut profile = Profile::litellm(HOSTNAME);
        profile.network = self.allow_network;
        profile.memory_bytes_max = self.memory_bytes_max;
        profile.make_user = self.image.is_none();
        profile.image.clone_from(&self.image);
        let engine = self.engine.create(&profile).await;
        let engine = engine.map_err(|error| error.to_string())?;
        let log = build.log;
        let built = timeout(BUILD_TIME_MAX, self.steps(engine.as_ref(), recipe, build)).await;
        engine.destroy().await;
        let image = built.unwrap_or_else(|_| Err("the build took too long".to_owned()))?;
        log.line(&format!("Successfully tagged {}", image.reference));
        Ok(image)
    }

    async fn steps(
        &self,
        engine: &dyn EngineSandbox,
        recipe: &Recipe,
        mut build: Building<'_>,
    ) -> Result<Image, String> {
        let mut image = recipe.image.clone();
        let mut changed = false;
        for (at, step) in recipe.steps.iter().enumerate() {
            build.log.line(&format!(
                "Step {}/{} : {}",
                at + 1,
                recipe.steps.len(),
                step.text
            ));
            changed |= self.take(engine, step, &mut build).await?;
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
        build: &mut Building<'_>,
    ) -> Result<bool, String> {
        match &step.action {
            Action::Note => Ok(false),
            Action::StandIn(image) => {
                build.log.line(&format!(
                    " ---> the built-in root of the stand-in stands in for {image}"
                ));
                Ok(false)
            }
            Action::MakeDir(path) => make_dirs(engine, path)
                .await
                .map_err(|error| format!("WORKDIR {path}: {error}")),
            Action::Copy(copying) => {
                self.must_isolate()?;
                copy(engine, build.context, copying).await.map(|()| true)
            }
            Action::Run {
                argv,
                env,
                dir,
                user,
            } => {
                self.must_isolate()?;
                let mut env = env.clone();
                if !self.allow_network {
                    give_up_at_once(&mut env);
                }
                let ran = run(engine, argv, env, dir, user, build).await;
                ran.map(|()| true).map_err(|reason| {
                    if build.ear.heard && !self.allow_network {
                        format!("{reason}: {REASON}")
                    } else {
                        reason
                    }
                })
            }
        }
    }

    /// That a sandbox is walled off from the host, with files and process ids of its own: without
    /// walls a step as root would change the host.
    fn must_isolate(&self) -> Result<(), String> {
        let capabilities = self.engine.capabilities();
        if capabilities.iter().any(|word| word == "isolation") {
            return Ok(());
        }
        let name = self.engine.name();
        Err(format!(
            "the engine `{name}` has no file system of its own to build in"
        ))
    }
}

async fn run(
    engine: &dyn EngineSandbox,
    argv: &[String],
    mut env: Vars,
    dir: &str,
    user: &str,
    build: &mut Building<'_>,
) -> Result<(), String> {
    let (home, identity) = account(engine, user).await?;
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
                Ok(read) => build.said(&buffer[..read]),
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
            build.said(&buffer[..read]);
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
