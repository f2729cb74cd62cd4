//! Makes sandboxes that are containers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use testcontainers::bollard::Docker;
use testcontainers::bollard::query_parameters::{
    CreateContainerOptions, WaitContainerOptionsBuilder,
};
use tokio_util::task::TaskTracker;

use super::build::ImageBuilder;
use super::container::{Common, ContainerKeeper, remove};
use super::daemon::Daemon;
use super::image;
use super::meeting::Meeting;
use super::owner::Owner;
use super::program;
use super::refusal::{failed, of_container, refused, words};
use crate::engine::namespaces::{Ids, InitSandbox, Link, Setup, greet, hostname};
use crate::engine::{
    BuildError, BuiltImage, DOCKER_IMAGE_DEFAULT, Engine, EngineError, EngineSandbox,
    EngineSettings, FileKind, Identity, ImageFacts, ImageLogin, ImageOrder, Profile, WantedImage,
    programs,
};

/// Time for init to connect once its container was started.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Shells, of which an image must have one.
const SHELL: &str = "/bin/sh";

/// See the module's description.
#[derive(Debug)]
pub(in crate::engine) struct DockerEngine {
    maker: Arc<Maker>,
    images: Vec<ImageFacts>,
    capabilities: Vec<String>,
    /// Refuse an image that is not here.
    never_pull: bool,
    /// What is being made; a sandbox that nobody waits for any more ends by itself.
    making: TaskTracker,
}

/// Makes one sandbox after the other.
#[derive(Debug)]
struct Maker {
    docker: Docker,
    common: Common,
    /// The beginning of the names of our folders.
    prefix: String,
    /// What is removed in the background.
    tasks: TaskTracker,
}

impl DockerEngine {
    /// Makes the engine after pulling its images and trying each, so that a refusal comes now.
    ///
    /// # Errors
    /// [`EngineError::Refused`] with cause and cure.
    pub(in crate::engine) async fn probed(settings: &EngineSettings) -> Result<Self, EngineError> {
        let daemon = Daemon::open(&settings.docker).await?;
        let mut wanted = settings.docker.images.clone();
        if wanted.is_empty() {
            wanted.push(WantedImage {
                name: DOCKER_IMAGE_DEFAULT.to_owned(),
                programs: Vec::new(),
            });
        }
        let mut images = Vec::new();
        for image in &wanted {
            images
                .push(image::take(&daemon.docker, &image.name, settings.docker.never_pull).await?);
        }
        let owner = Owner::this();
        let prefix = owner.folder();
        let mut maker = Maker {
            common: Common {
                program: program::find(&settings.helper, &prefix).await?,
                labels: owner.labels(&uuid::Uuid::new_v4().to_string()),
                security: daemon.security,
                quota: true,
            },
            docker: daemon.docker,
            prefix,
            tasks: TaskTracker::new(),
        };
        maker.common.quota = maker.has_quota(&wanted[0].name).await?;
        let mut found: Option<Vec<String>> = None;
        for image in &wanted {
            let has = maker.programs(image).await?;
            // What only one image has cannot be compared.
            found = Some(match found {
                None => has,
                Some(all) => all.into_iter().filter(|one| has.contains(one)).collect(),
            });
        }
        let mut capabilities = ["isolation", "memory_limit", "pty", "root"]
            .map(str::to_owned)
            .to_vec();
        if maker.common.quota {
            capabilities.push("files_limit".to_owned());
        }
        capabilities.extend(found.unwrap_or_default());
        Ok(Self {
            maker: Arc::new(maker),
            images,
            capabilities,
            never_pull: settings.docker.never_pull,
            making: TaskTracker::new(),
        })
    }
}

#[async_trait]
impl Engine for DockerEngine {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn capabilities(&self) -> Vec<String> {
        self.capabilities.clone()
    }

    fn image(&self, name: &str) -> Option<ImageFacts> {
        self.images.iter().find(|image| image.name == name).cloned()
    }

    fn builds_images(&self) -> bool {
        true
    }

    async fn build_image(&self, mut order: ImageOrder) -> Result<Arc<dyn BuiltImage>, BuildError> {
        let builder = ImageBuilder {
            docker: self.maker.docker.clone(),
            labels: self.maker.common.labels.clone(),
            prefix: self.maker.prefix.clone(),
            tasks: self.making.clone(),
        };
        // A build that nobody waits for any more is ended, and cleans up after itself.
        order.stop = order.stop.child_token();
        let _ended = order.stop.clone().drop_guard();
        match self.making.spawn(builder.build(order)).await {
            Ok(built) => Ok(Arc::new(built?)),
            Err(_) => Err(EngineError::Internal("docker: a task failed".to_owned()).into()),
        }
    }

    async fn fetch_image(
        &self,
        name: &str,
        login: Option<&ImageLogin>,
    ) -> Result<Option<ImageFacts>, EngineError> {
        let facts = image::take_as(&self.maker.docker, name, self.never_pull, login).await;
        facts.map(Some)
    }

    async fn create(&self, profile: &Profile) -> Result<Arc<dyn EngineSandbox>, EngineError> {
        let (maker, profile) = (Arc::clone(&self.maker), profile.clone());
        // A container that was created is started or removed, whoever still waits for it.
        let made = self.making.spawn(async move { maker.make(&profile).await });
        match made.await {
            Ok(made) => Ok(Arc::new(made?)),
            Err(_) => Err(EngineError::Internal("docker: a task failed".to_owned())),
        }
    }
}

impl Maker {
    /// Whether the daemon bounds the files of a container when it is asked to.
    async fn has_quota(&self, image: &str) -> Result<bool, EngineError> {
        let place = Meeting::new(&self.prefix)
            .map_err(|error| EngineError::internal("make a control socket", &error))?;
        let order = self
            .common
            .order(image, &setup(&Profile::litellm("probe")), false, &place);
        let created = self
            .docker
            .create_container(None::<CreateContainerOptions>, order);
        match created.await {
            Ok(created) => {
                let removed = remove(&self.docker, &created.id).await;
                removed.map_err(|error| failed("remove a container", &error))?;
                Ok(true)
            }
            Err(error) if words(&error).contains("storage") => Ok(false),
            Err(error) => Err(of_container(image, "create a container", &error)),
        }
    }

    /// The programs that an image has, as capabilities.
    async fn programs(&self, image: &WantedImage) -> Result<Vec<String>, EngineError> {
        let mut profile = Profile::litellm("probe");
        profile.image = Some(image.name.clone());
        let sandbox = self.make(&profile).await?;
        let found = programs_in(&sandbox, image).await;
        sandbox.destroy().await;
        found
    }

    async fn make(&self, profile: &Profile) -> Result<InitSandbox, EngineError> {
        let image = profile.image.as_deref().unwrap_or(DOCKER_IMAGE_DEFAULT);
        let setup = setup(profile);
        let place = Meeting::new(&self.prefix)
            .map_err(|error| EngineError::internal("make a control socket", &error))?;
        let order = self.common.order(image, &setup, profile.outbound, &place);
        let created = self
            .docker
            .create_container(None::<CreateContainerOptions>, order);
        let created = created.await;
        let id = created
            .map_err(|error| of_container(image, "create a container", &error))?
            .id;
        let stands = self.start(image, &id, &setup, place).await;
        if stands.is_err() {
            // The error says more than why this fails as well.
            let _ = remove(&self.docker, &id).await;
        }
        Ok(InitSandbox::new(stands?, &setup))
    }

    async fn start(
        &self,
        image: &str,
        id: &str,
        setup: &Setup,
        place: Meeting,
    ) -> Result<Link, EngineError> {
        let started = self.docker.start_container(id, None).await;
        started.map_err(|error| of_container(image, "start a container", &error))?;
        let internal = |error| EngineError::internal("meet the container's init", &error);
        let control = tokio::select! {
            control = place.with_init() => control.map_err(internal)?,
            told = self.has_ended(id) => return Err(EngineError::Internal(told)),
            () = tokio::time::sleep(START_TIMEOUT) => {
                return Err(EngineError::Internal("docker: the sandbox did not start".to_owned()));
            }
        };
        let own = control.get_ref().try_clone().map_err(internal)?;
        match greet(&control, setup, false).await? {
            Ok(_) => {}
            Err((step, errno)) => {
                let error = std::io::Error::from_raw_os_error(errno);
                return Err(refused(
                    format!("{image}: {step}: {error}"),
                    "use an image in which that works",
                ));
            }
        }
        let keeper = ContainerKeeper {
            docker: self.docker.clone(),
            id: id.to_owned(),
            tasks: self.tasks.clone(),
            control: own,
            files_bytes_max: self.common.quota.then_some(setup.files_bytes_max),
        };
        Ok(Link::new(control, Box::new(keeper)))
    }

    /// Returns when the container has ended, with how.
    async fn has_ended(&self, id: &str) -> String {
        let options = WaitContainerOptionsBuilder::default();
        let options = options.condition("not-running").build();
        let mut ended = std::pin::pin!(self.docker.wait_container(id, Some(options)));
        match ended.next().await {
            Some(Err(error)) => format!("docker: init has ended: {}", words(&error)),
            Some(Ok(ended)) => format!("docker: init has ended with {}", ended.status_code),
            None => "docker: init has ended".to_owned(),
        }
    }
}

/// What init is told.
fn setup(profile: &Profile) -> Setup {
    Setup {
        hostname: hostname(&profile.hostname),
        files_bytes_max: profile.files_bytes_max,
        processes_max: profile.processes_max,
        open_files_max: profile.open_files_max,
        memory_bytes_max: profile.memory_bytes_max,
        network: profile.network,
        ids: Ids::Container,
        make_user: profile.make_user,
    }
}

async fn programs_in(
    sandbox: &InitSandbox,
    image: &WantedImage,
) -> Result<Vec<String>, EngineError> {
    for needed in std::iter::once(SHELL).chain(image.programs.iter().map(String::as_str)) {
        if !is_program(sandbox, needed).await? {
            return Err(refused(
                format!(
                    "{} has no {needed}, by which its commands are run",
                    image.name
                ),
                "install it in the image, or name another image",
            ));
        }
    }
    let mut found = Vec::new();
    for (capability, program) in programs::PROGRAMS {
        for folder in programs::FOLDERS {
            if is_program(sandbox, &format!("{folder}/{program}")).await? {
                found.push(capability.to_owned());
                break;
            }
        }
    }
    Ok(found)
}

async fn is_program(sandbox: &InitSandbox, path: &str) -> Result<bool, EngineError> {
    match sandbox.stat(path, true, &Identity::Root).await {
        Ok(facts) => Ok(facts.kind == FileKind::File && facts.mode & 0o111 != 0),
        Err(error) if error.errno().is_some() => Ok(false),
        Err(error) => Err(error),
    }
}
