//! What the files of a sandbox lie upon, where that is not the stand-in's own image.

use std::sync::Arc;

use crate::engine::BuiltImage;

/// An image of the engine's.
#[derive(Debug, Clone)]
pub(crate) enum Image {
    /// One of that name.
    Named(String),
    /// One that was made here, which lives as long as somebody holds it.
    Made(Arc<dyn BuiltImage>),
}

impl Image {
    /// What a profile calls it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Made(image) => &image.facts().name,
        }
    }
}
