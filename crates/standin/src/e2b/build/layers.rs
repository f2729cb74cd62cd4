//! Layers that later builds begin with, instead of doing the same again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use indexmap::IndexMap;

use crate::e2b::build::context::{Context, Key};
use crate::e2b::build::product::Contents;
use crate::engine::BuiltImage;

/// Layers that are kept; the ones not used for longest go.
const LAYERS_MAX: usize = 64;

/// Bytes of their archives.
const BYTES_MAX: u64 = 4 << 30;

/// What is there after a step.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) contents: Contents,
    pub(super) context: Context,
}

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Layers {
    kept: Mutex<IndexMap<Key, Layer>>,
    /// Images that the engine made, which go with the stand-in.
    images: Mutex<Vec<Weak<dyn BuiltImage>>>,
}

impl Layers {
    fn lock(&self) -> MutexGuard<'_, IndexMap<Key, Layer>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A layer, if it is kept.
    pub(super) fn get(&self, key: &Key) -> Option<Layer> {
        let mut kept = self.lock();
        let layer = kept.shift_remove(key)?;
        kept.insert(key.clone(), layer.clone());
        Some(layer)
    }

    /// Keeps a layer.
    pub(super) fn keep(&self, key: Key, layer: Layer) {
        let mut kept = self.lock();
        kept.shift_remove(&key);
        kept.insert(key, layer);
        let bytes = |kept: &IndexMap<Key, Layer>| -> u64 {
            let archives = kept.values().filter_map(|it| it.contents.files.as_ref());
            archives.map(|files| files.len).sum()
        };
        while kept.len() > LAYERS_MAX || (kept.len() > 1 && bytes(&kept) > BYTES_MAX) {
            kept.shift_remove_index(0);
        }
    }

    /// Notes an image that is to go with the stand-in.
    pub(super) fn made_image(&self, image: &Arc<dyn BuiltImage>) {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        images.retain(|image| image.strong_count() > 0);
        images.push(Arc::downgrade(image));
    }

    /// Removes all images; no sandbox is made of one any more.
    pub(super) async fn clear(&self) {
        let images = {
            let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *images)
        };
        // What was made last lies upon what was made first.
        for image in images.iter().rev().filter_map(Weak::upgrade) {
            image.remove().await;
        }
        self.lock().clear();
    }
}
