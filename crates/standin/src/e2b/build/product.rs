//! What a build makes: of this sandboxes are made.

use std::sync::Arc;

use crate::e2b::build::context::Context;
use crate::e2b::image::Image;
use crate::engine::{EngineError, EngineSandbox};
use crate::shared::Archive;

/// What sandboxes of a build have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) cpus: u32,
    pub(crate) memory_mb: u64,
}

/// A finished build.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    /// The build that made it.
    pub(crate) build_id: String,
    /// Its files.
    pub(crate) contents: Contents,
    /// As whom, where and with what its commands ran.
    pub(crate) context: Context,
    /// What runs in its sandboxes from their start.
    pub(crate) start: Option<Start>,
}

/// Files, and what they lie upon.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contents {
    /// The engine's image; `None` is the stand-in's own.
    pub(crate) image: Option<Image>,
    /// The files that differ from it, if any do.
    pub(crate) files: Option<Arc<Archive>>,
}

/// The command that runs from a sandbox's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// The command; there may be none to be ready for.
    pub(crate) command: Option<String>,
    /// What succeeds as soon as it is ready.
    pub(crate) ready: Option<String>,
}

impl Contents {
    /// Puts the files into a sandbox that was made of the image.
    pub(crate) async fn fill(&self, engine: &dyn EngineSandbox) -> Result<(), EngineError> {
        match &self.files {
            None => Ok(()),
            Some(files) => engine.import_files(files.reader()).await,
        }
    }
}
