//! One snapshot, and how it is written down beside its archive.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncRead;

use crate::e2b::image::Image;
use crate::e2b::template::{CPU_COUNT, DEFAULT_TAG, Defaults, NAMESPACE, Template};
use crate::engine::EngineError;
use crate::shared::Archive;

/// What is known of a snapshot. Its archive lies beside it, under the same stem.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snapshot {
    /// The id of the template it became.
    pub(crate) template_id: String,
    /// Its build.
    pub(crate) build_id: String,
    /// Its name without namespace and tag, if it has one.
    pub(crate) alias: Option<String>,
    /// Its tag.
    pub(crate) tag: String,
    /// The sandbox it was made of.
    pub(crate) sandbox_id: String,
    /// When.
    pub(crate) created_at: Timestamp,
    /// The sandbox's environment, without the system's own entries.
    pub(crate) envs: BTreeMap<String, String>,
    /// The sandbox's labels.
    pub(crate) metadata: BTreeMap<String, String>,
    /// As whom and where things happen in its sandboxes.
    #[serde(default)]
    pub(crate) defaults: Defaults,
    /// The image that its files lie upon, where that is not the stand-in's own.
    #[serde(default)]
    pub(crate) image: Option<String>,
    /// The same, held.
    #[serde(skip)]
    pub(crate) held: Option<Image>,
    /// Where its archive lies, if it outlives the stand-in.
    #[serde(skip)]
    pub(crate) file: PathBuf,
    /// Its archive, if it does not.
    #[serde(skip)]
    pub(crate) archive: Option<Arc<Archive>>,
}

impl Snapshot {
    /// `snapshotID`: `namespace/alias:tag`, or `template:tag` without a name.
    pub(crate) fn id(&self) -> String {
        let name = self.name().unwrap_or_else(|| self.template_id.clone());
        format!("{name}:{}", self.tag)
    }

    /// `namespace/alias`.
    pub(crate) fn name(&self) -> Option<String> {
        let alias = self.alias.as_ref()?;
        Some(format!("{NAMESPACE}/{alias}"))
    }

    /// Whether a name without a tag means its template.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.template_id == name
            || self.alias.as_deref() == Some(name)
            || self.name().as_deref() == Some(name)
    }

    /// What sandboxes made of it say they are made of.
    pub(crate) fn template(&self) -> Template {
        Template {
            alias: self.alias.clone(),
            id: self.template_id.clone(),
            cpus: CPU_COUNT,
        }
    }

    /// Whether it is the one that a reference without a tag means.
    pub(crate) fn is_default(&self) -> bool {
        self.tag == DEFAULT_TAG
    }

    /// Its files.
    pub(crate) fn open(&self) -> Result<Box<dyn AsyncRead + Send + Unpin>, EngineError> {
        if let Some(archive) = &self.archive {
            return Ok(archive.reader());
        }
        let archive = Archive::open(&self.file);
        let archive = archive.map_err(|error| EngineError::internal("open archive", &error))?;
        Ok(archive.reader())
    }
}
