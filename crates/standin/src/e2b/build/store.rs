//! All templates that were built here. They go with the stand-in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cutover_base::clock::Clock;
use uuid::Uuid;

use crate::e2b::auth;
use crate::e2b::build::builds::{Build, Reason, Status};
use crate::e2b::build::log::BuildLog;
use crate::e2b::build::product::{Product, Resources};
use crate::e2b::build::template::{MadeTemplate, Tag};

/// Builds at work at once. The service has such a bound and its number is the plan's; this one is
/// ours.
pub(crate) const BUILDS_AT_ONCE_MAX: usize = 20;

/// Templates kept at most.
const TEMPLATES_MAX: usize = 200;

/// Builds of one template that are remembered; the oldest that no tag means go.
const BUILDS_MAX: usize = 50;

/// See the module's description.
#[derive(Debug)]
pub(crate) struct Templates {
    clock: Clock,
    inner: Mutex<Vec<MadeTemplate>>,
}

impl Templates {
    /// None yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<MadeTemplate>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All, oldest first.
    pub(crate) fn all(&self) -> Vec<MadeTemplate> {
        self.lock().clone()
    }

    /// The one that a name or an id means.
    pub(crate) fn find(&self, name: &str) -> Option<MadeTemplate> {
        let all = self.lock();
        all.iter().find(|it| it.is_named(name)).cloned()
    }

    /// Builds that are at work.
    pub(crate) fn at_work(&self) -> usize {
        let all = self.lock();
        let builds = all.iter().flat_map(|template| &template.builds);
        builds
            .filter(|build| matches!(build.status(), Status::Building))
            .count()
    }

    /// A new build of the template of this name, which is made where there is none. `None` when
    /// there are too many.
    pub(crate) fn request(
        &self,
        alias: &str,
        tags: Vec<String>,
        resources: Resources,
    ) -> Option<(MadeTemplate, Arc<Build>)> {
        let now = self.clock.now();
        let mut all = self.lock();
        if !all.iter().any(|template| template.alias == alias) {
            if all.len() >= TEMPLATES_MAX {
                return None;
            }
            all.push(MadeTemplate {
                id: auth::new_template_id(),
                alias: alias.to_owned(),
                public: false,
                created_at: now,
                updated_at: now,
                builds: Vec::new(),
                tags: Vec::new(),
            });
        }
        let template = all.iter_mut().find(|template| template.alias == alias)?;
        let id = Uuid::new_v4().to_string();
        let log = BuildLog::new(self.clock.clone());
        let build = Build::new(id, template.id.clone(), tags, resources, now, log);
        let build = Arc::new(build);
        if template.builds.len() >= BUILDS_MAX {
            let old = template.builds.iter().position(|build| {
                let meant = template.tags.iter().any(|tag| tag.build.id == build.id);
                !meant && !matches!(build.status(), Status::Building)
            });
            old.map(|old| template.builds.remove(old));
        }
        template.builds.push(Arc::clone(&build));
        template.updated_at = now;
        Some((template.clone(), build))
    }

    /// Ends a build; from now on its tags mean it, if it is ready.
    pub(crate) fn finished(&self, build: &Arc<Build>, outcome: Result<Arc<Product>, Reason>) {
        let now = self.clock.now();
        match outcome {
            Err(reason) => build.end(Status::Failed(reason), now),
            Ok(product) => {
                build.end(Status::Ready(product), now);
                self.tag(&build.template_id, build, &build.tags);
            }
        }
    }

    /// Lets tags mean a build.
    pub(crate) fn tag(&self, id: &str, build: &Arc<Build>, tags: &[String]) {
        let now = self.clock.now();
        let mut all = self.lock();
        let Some(template) = all.iter_mut().find(|template| template.id == id) else {
            return;
        };
        for tag in tags {
            template.tags.retain(|had| had.name != *tag);
            template.tags.push(Tag {
                name: tag.clone(),
                build: Arc::clone(build),
                created_at: now,
            });
        }
        template.updated_at = now;
    }

    /// Removes tags; those that there are none of are passed over.
    pub(crate) fn untag(&self, id: &str, tags: &[String]) {
        let now = self.clock.now();
        let mut all = self.lock();
        if let Some(template) = all.iter_mut().find(|template| template.id == id) {
            template.tags.retain(|had| !tags.contains(&had.name));
            template.updated_at = now;
        }
    }

    /// Says whether a template is public.
    pub(crate) fn publish(&self, id: &str, public: bool) {
        let now = self.clock.now();
        let mut all = self.lock();
        if let Some(template) = all.iter_mut().find(|template| template.id == id) {
            template.public = public;
            template.updated_at = now;
        }
    }

    /// Forgets a template with all its builds.
    pub(crate) fn remove(&self, id: &str) {
        self.lock().retain(|template| template.id != id);
    }
}
