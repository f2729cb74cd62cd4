//! What is in built images: asked inside of a container of each.

use std::time::Duration;

use cutover_standin::engine::{
    Engine, EngineError, EngineSandbox, EngineSettings, ExitStatus, Identity, ImageFacts,
    OutputMode, Profile, SpawnRequest, StdinMode, WantedImage,
};
use cutover_template::{Built, Configuration, SURVEY};
use tokio::io::AsyncReadExt as _;

use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::images::is_name;
use crate::app::signals::{Signals, name};
use crate::stage::{EngineChoice, choose_engine};

/// How long one image may take to tell what is in it.
const SURVEY_TIME_MAX: Duration = Duration::from_secs(300);

/// Bytes of what one image tells; real ones have a hundred thousand.
const SURVEY_BYTES_MAX: u64 = 32 << 20;

/// Of an image that names none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What is in two images. Containers that were made are removed, also when a signal comes.
///
/// # Errors
/// Where there is no Docker or no such image, and when one does not tell.
pub(crate) async fn built(
    images: &[String; 2],
    environment: &Environment,
) -> Result<[Built; 2], AppError> {
    if let Some(odd) = images.iter().find(|image| !is_name(image)) {
        let why = format!("--image {odd}: that is no name of an image");
        return Err(AppError::usage(why));
    }
    let signals = Signals::watch()?;
    let work = async {
        let engine = engine(images, environment.engine()).await?;
        let [first, second] = images;
        Ok([
            survey(engine.as_ref(), first).await?,
            survey(engine.as_ref(), second).await?,
        ])
    };
    tokio::select! {
        built = work => built,
        () = signals.cancelled.cancelled() => {
            let number = signals.received().unwrap_or(2);
            Err(AppError::Interrupted { number, name: name(number) })
        }
    }
}

async fn engine(
    images: &[String; 2],
    mut settings: EngineSettings,
) -> Result<std::sync::Arc<dyn Engine>, AppError> {
    let wanted = images.iter().map(|name| WantedImage {
        name: name.clone(),
        programs: Vec::new(),
    });
    settings.docker.images = wanted.collect();
    let made = choose_engine(EngineChoice::Docker, &settings).await;
    made.map_err(|error| AppError::usage(error.to_string()))
}

async fn survey(engine: &dyn Engine, image: &str) -> Result<Built, AppError> {
    let failed = |error: EngineError| AppError::failed(format!("{image}: {error}"));
    let facts = engine.image(image).ok_or_else(|| {
        AppError::failed(format!("{image}: the engine says nothing of this image"))
    })?;
    let mut profile = Profile::litellm("survey");
    profile.image = Some(image.to_owned());
    // Nothing is to be in it that the image has not.
    profile.make_user = false;
    let sandbox = engine.create(&profile).await.map_err(failed)?;
    let told = tokio::time::timeout(SURVEY_TIME_MAX, tell(sandbox.as_ref(), &facts)).await;
    sandbox.destroy().await;
    let told = told.map_err(|_late| {
        let seconds = SURVEY_TIME_MAX.as_secs();
        AppError::failed(format!("{image}: it did not tell within {seconds} s"))
    })?;
    let told = told.map_err(failed)?;
    let configuration = Configuration {
        env: facts.env,
        user: facts.user,
        work_dir: facts.work_dir,
        entrypoint: facts.entrypoint,
    };
    Built::read(image, configuration, &told)
        .map_err(|error| AppError::failed(format!("{image}: {error}")))
}

/// What the survey prints.
async fn tell(sandbox: &dyn EngineSandbox, facts: &ImageFacts) -> Result<Vec<u8>, EngineError> {
    let mut env = facts.env.clone();
    env.entry("PATH".to_owned())
        .or_insert_with(|| PATH.to_owned());
    let request = SpawnRequest {
        argv: ["/bin/sh", "-c", SURVEY].map(str::to_owned).to_vec(),
        env,
        cwd: "/".to_owned(),
        identity: Identity::Root,
        stdin: StdinMode::Closed,
        output: OutputMode::TwoPipes,
        new_group: true,
    };
    let mut process = sandbox.spawn(request).await?;
    // The other pipe is let go, so that nothing waits for its reader.
    drop(process.stderr.take());
    let mut told = Vec::new();
    let mut bounded = process.stdout.take(SURVEY_BYTES_MAX);
    let read = bounded.read_to_end(&mut told).await;
    read.map_err(|error| EngineError::internal("read what the image tells", &error))?;
    drop(bounded);
    let ended = process.exit.wait_for(Option::is_some).await;
    match ended.ok().and_then(|status| *status) {
        Some(ExitStatus::Code(_)) => Ok(told),
        _ => Err(EngineError::Gone),
    }
}
