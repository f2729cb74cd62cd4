//! What is asked of a build.

use std::sync::Arc;

use crate::daytona::image::Recipe;
use crate::daytona::image::context::Context;
use crate::daytona::storage::{Object, Storage};

/// A Dockerfile with what was pushed for it.
#[derive(Debug)]
pub(in crate::daytona) struct Work {
    pub(super) reference: String,
    pub(super) dockerfile: Arc<str>,
    /// As the embedded engine builds it.
    pub(in crate::daytona) recipe: Result<Recipe, String>,
    /// What was pushed, or which of it was not.
    objects: Result<Vec<Object>, String>,
}

impl Work {
    /// Reads a Dockerfile and looks for its contexts.
    pub(in crate::daytona) fn new(
        storage: &Storage,
        dockerfile: &str,
        hashes: &[String],
        reference: &str,
    ) -> Self {
        let objects = hashes.iter().map(|hash| {
            let missing =
                || format!("failed to get build context {hash}: The specified key does not exist.");
            storage.context(hash).ok_or_else(missing)
        });
        Self {
            reference: reference.to_owned(),
            dockerfile: dockerfile.into(),
            recipe: Recipe::read(dockerfile, reference),
            objects: objects.collect(),
        }
    }

    /// Gathers the context.
    ///
    /// # Errors
    /// What of it is missing or wrong.
    pub(super) async fn context(&self) -> Result<Context, String> {
        let (dockerfile, objects) = (Arc::clone(&self.dockerfile), self.objects.clone()?);
        let gathered =
            tokio::task::spawn_blocking(move || Context::gather(&dockerfile, &objects)).await;
        gathered.unwrap_or_else(|_| Err("the context cannot be gathered".to_owned()))
    }
}
