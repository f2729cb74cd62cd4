//! Does a build from its base to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::e2b::build::base::{self, Begun};
use crate::e2b::build::builds::{Build, Reason};
use crate::e2b::build::context::Key;
use crate::e2b::build::finish;
use crate::e2b::build::layers::{Layer, Layers};
use crate::e2b::build::log::BuildLog;
use crate::e2b::build::product::{Contents, Product, Start};
use crate::e2b::build::recipe::Recipe;
use crate::e2b::build::steps::{Label, Worker};
use crate::e2b::build::uploads::Uploads;
use crate::e2b::image::Image;
use crate::e2b::log::Level;
use crate::e2b::template;
use crate::engine::{Engine, EngineSandbox, Profile};
use crate::shared::Archive;

/// Builds that work at once; the others wait their turn.
const AT_ONCE: usize = 2;

/// The longest that a build may take: a hung step must not hold its place for ever.
const BUILD_TIME_MAX: Duration = Duration::from_secs(60 * 60);

/// What took longer than this since the last layer is worth a layer of its own.
const WORTH_KEEPING: Duration = Duration::from_secs(1);

/// What does builds.
#[derive(Debug)]
pub(crate) struct Workshop {
    engine: Arc<dyn Engine>,
    /// Whether steps may reach the host's network.
    allow_network: bool,
    /// Memory of one sandbox, in bytes.
    memory_bytes_max: u64,
    /// The stand-in's own image.
    image: Option<String>,
    /// What clients have uploaded.
    pub(crate) uploads: Uploads,
    layers: Layers,
    places: Semaphore,
}

impl Workshop {
    /// With nothing built yet.
    pub(crate) fn new(
        engine: Arc<dyn Engine>,
        allow_network: bool,
        memory_bytes_max: u64,
        image: Option<String>,
    ) -> Self {
        Self {
            engine,
            allow_network,
            memory_bytes_max,
            image,
            uploads: Uploads::default(),
            layers: Layers::default(),
            places: Semaphore::new(AT_ONCE),
        }
    }

    /// Removes what the engine keeps of builds.
    pub(crate) async fn clear(&self) {
        self.layers.clear().await;
    }

    /// Does a build; what it made, or why it has failed.
    pub(crate) async fn build(
        &self,
        build: &Build,
        recipe: &Recipe,
    ) -> Result<Arc<Product>, Reason> {
        let log = &build.log;
        let work = async {
            // It is never closed.
            let _place = self.places.acquire().await;
            self.make(build, recipe).await
        };
        let outcome = timeout(BUILD_TIME_MAX, work).await.unwrap_or_else(|_| {
            let minutes = BUILD_TIME_MAX.as_secs() / 60;
            Err(reason(
                finish::STEP,
                format!("the build took more than {minutes} minutes"),
            ))
        });
        match &outcome {
            Ok(_) => log.add(Level::Info, finish::STEP, "Build finished"),
            Err(reason) => {
                let text = format!("Build failed: {}", reason.message);
                log.add(Level::Error, &reason.step, text);
            }
        }
        outcome.map(Arc::new)
    }

    async fn make(&self, build: &Build, recipe: &Recipe) -> Result<Product, Reason> {
        let log = &build.log;
        // Without walls of its own a step as root would change the host.
        if !self
            .engine
            .capabilities()
            .iter()
            .any(|it| it == "isolation")
        {
            let text = format!(
                "templates are not built on the engine `{}`, which has no file system of its own; \
                 use `namespaces` or `docker`",
                self.engine.name()
            );
            return Err(reason(base::STEP, text));
        }
        let own_image = self.image.as_deref();
        let begun = base::begin(self.engine.as_ref(), own_image, &recipe.base, log).await;
        let begun = begun.map_err(|text| reason(base::STEP, text))?;
        let plan = Plan::new(recipe, &begun, &self.layers, log);
        let start = match (&recipe.start_cmd, &recipe.ready_cmd) {
            (None, None) => begun.start,
            (command, ready) => Some(Start {
                command: command.clone(),
                ready: ready.clone(),
            }),
        };
        let product = |layer: Layer| Product {
            build_id: build.id.clone(),
            contents: layer.contents,
            context: layer.context,
            start: start.clone(),
        };
        if plan.left.is_empty() && start.is_none() {
            return Ok(product(plan.layer));
        }
        let made = self
            .engine
            .create(&self.profile(&plan.layer.contents))
            .await;
        let sandbox = made.map_err(|error| reason(base::STEP, error.to_string()))?;
        let layer = self.work(sandbox.as_ref(), plan, start.as_ref(), log).await;
        sandbox.destroy().await;
        layer.map(product)
    }

    fn profile(&self, contents: &Contents) -> Profile {
        let image = contents.image.as_ref().map(Image::name);
        let image = image.or(self.image.as_deref());
        let mut profile = template::profile(self.allow_network, self.memory_bytes_max, image);
        profile.outbound = true;
        profile
    }

    async fn work(
        &self,
        sandbox: &dyn EngineSandbox,
        plan: Plan<'_>,
        start: Option<&Start>,
        log: &BuildLog,
    ) -> Result<Layer, Reason> {
        let Plan { mut layer, left } = plan;
        let filled = layer.contents.fill(sandbox).await;
        filled.map_err(|error| reason(base::STEP, error.to_string()))?;
        let no_network = self.no_network();
        let mut worker = Worker {
            engine: sandbox,
            uploads: &self.uploads,
            log,
            no_network: no_network.as_deref(),
            bytes_max: self.profile(&layer.contents).files_bytes_max,
            context: layer.context.clone(),
        };
        let mut since = Instant::now();
        let count = left.len();
        for (at, todo) in left.into_iter().enumerate() {
            let label = &todo.label;
            let failed = |text| reason(&label.step, text);
            let shown = todo.step.kind.shown();
            let line = format!("{} {shown} [{}]", label.prefix, todo.key.shown());
            log.add(Level::Info, &label.step, line);
            worker.take(&todo.step.kind, label).await.map_err(failed)?;
            layer.context = worker.context.clone();
            if at + 1 == count || since.elapsed() > WORTH_KEEPING {
                layer.contents = self.kept(sandbox, &layer.contents).await.map_err(failed)?;
                self.layers.keep(todo.key, layer.clone());
                since = Instant::now();
            }
        }
        if let Some(start) = start {
            let failed = |text| reason(finish::STEP, text);
            let proved = finish::prove(sandbox, &layer.context, start, log).await;
            proved.map_err(failed)?;
            // What it has written is part of the template.
            layer.contents = self.kept(sandbox, &layer.contents).await.map_err(failed)?;
        }
        Ok(layer)
    }

    /// Keeps the files as they are, with no process at work.
    async fn kept(
        &self,
        sandbox: &dyn EngineSandbox,
        before: &Contents,
    ) -> Result<Contents, String> {
        finish::end_all(sandbox).await?;
        let failed = |what: &dyn std::fmt::Display| format!("the files cannot be kept: {what}");
        if let Some(image) = sandbox.commit().await.map_err(|error| failed(&error))? {
            self.layers.made_image(&image);
            return Ok(Contents {
                image: Some(Image::Made(image)),
                files: None,
            });
        }
        let files = sandbox
            .export_files()
            .await
            .map_err(|error| failed(&error))?;
        let files = Archive::unnamed(files)
            .await
            .map_err(|error| failed(&error))?;
        Ok(Contents {
            image: before.image.clone(),
            files: Some(files.into()),
        })
    }

    /// Why steps cannot fetch anything, if that is so.
    fn no_network(&self) -> Option<String> {
        (!self.allow_network && !self.engine.builds_images()).then(|| {
            format!(
                "a build has no network on the engine `{}`; the Docker engine has one",
                self.engine.name()
            )
        })
    }
}

/// What is left to do on top of what is there.
struct Plan<'a> {
    layer: Layer,
    left: Vec<Todo<'a>>,
}

struct Todo<'a> {
    step: &'a crate::e2b::build::recipe::Step,
    label: Label,
    /// Of the layer that it makes.
    key: Key,
}

impl<'a> Plan<'a> {
    /// Begins with the last layer that is kept and may be used.
    fn new(recipe: &'a Recipe, begun: &Begun, layers: &Layers, log: &BuildLog) -> Self {
        let count = recipe.steps.len();
        let mut key = begun.key.clone();
        let mut todos = Vec::new();
        let (mut layer, mut done) = (begun.layer.clone(), 0);
        let mut fresh = recipe.force;
        for (at, step) in recipe.steps.iter().enumerate() {
            key = key.then(&format!("{:?}", step.kind));
            fresh |= step.force;
            if !fresh && let Some(kept) = layers.get(&key) {
                (layer, done) = (kept, at + 1);
            }
            todos.push(Todo {
                step,
                label: Label {
                    step: (at + 1).to_string(),
                    prefix: format!("[builder {}/{count}]", at + 1),
                },
                key: key.clone(),
            });
        }
        let left = todos.split_off(done);
        for todo in todos {
            let shown = todo.step.kind.shown();
            let line = format!(
                "CACHED {} {shown} [{}]",
                todo.label.prefix,
                todo.key.shown()
            );
            log.add(Level::Info, &todo.label.step, line);
        }
        Self { layer, left }
    }
}

fn reason(step: &str, message: impl Into<String>) -> Reason {
    Reason {
        message: message.into(),
        step: step.to_owned(),
    }
}
