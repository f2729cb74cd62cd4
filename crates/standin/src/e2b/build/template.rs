//! A template that was, or is being, built here.

use std::sync::Arc;

use jiff::Timestamp;

use crate::e2b::build::builds::Build;
use crate::e2b::template::{NAMESPACE, Template};

/// A template as it is at one moment.
#[derive(Debug, Clone)]
pub(crate) struct MadeTemplate {
    pub(crate) id: String,
    /// Its name without a namespace.
    pub(crate) alias: String,
    /// Whether other teams could use it, if there were any.
    pub(crate) public: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Oldest first.
    pub(crate) builds: Vec<Arc<Build>>,
    /// Oldest first.
    pub(crate) tags: Vec<Tag>,
}

/// What a tag means.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) build: Arc<Build>,
    pub(crate) created_at: Timestamp,
}

impl MadeTemplate {
    /// `namespace/alias`.
    pub(crate) fn name(&self) -> String {
        format!("{NAMESPACE}/{}", self.alias)
    }

    /// Whether a reference without its tag means it.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.id == name || self.alias == name || self.name() == name
    }

    /// The ready build that a tag means.
    pub(crate) fn tagged(&self, tag: &str) -> Option<Arc<Build>> {
        let found = self.tags.iter().find(|had| had.name == tag);
        found.map(|found| Arc::clone(&found.build))
    }

    /// One of its builds.
    pub(crate) fn build(&self, id: &str) -> Option<Arc<Build>> {
        let found = self.builds.iter().find(|build| build.id == id);
        found.map(Arc::clone)
    }

    /// What sandboxes of a build say they are made of.
    pub(crate) fn of(&self, build: &Build) -> Template {
        Template {
            alias: Some(self.alias.clone()),
            id: self.id.clone(),
            cpus: build.resources.cpus,
        }
    }
}
