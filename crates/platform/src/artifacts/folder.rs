//! Artifacts in a folder, which this endpoint serves itself.

use std::path::{Component, Path, PathBuf};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use cutover_base::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;

use super::contract::{ArtifactError, ArtifactStore, LIFETIME, Stored};
use crate::auth::same;

/// What an address may have besides letters and digits.
const ADDRESS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// A folder of artifacts.
#[derive(Debug, Clone)]
pub struct FolderArtifacts {
    folder: PathBuf,
    base_url: String,
    key: Secret,
}

impl FolderArtifacts {
    /// The path below the endpoint's address that artifacts are served under.
    pub const ROUTE: &str = "/api/v1/artifacts/";

    /// Keeps artifacts in a folder, which is made when the first one comes.
    ///
    /// `base_url` is where this endpoint is reached. `key` signs the addresses: whoever has one
    /// may fetch that artifact and no other.
    pub fn new(folder: impl Into<PathBuf>, base_url: &str, key: Secret) -> Self {
        Self {
            folder: folder.into(),
            base_url: base_url.trim_end_matches('/').to_owned(),
            key,
        }
    }

    fn signature(&self, key: &str, expires_at: i64) -> String {
        // An HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes()) else {
            return String::new();
        };
        mac.update(format!("artifact\n{key}\n{expires_at}").as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    /// Where an artifact lies, unless its key would lead out of the folder.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let key = Path::new(key);
        let inside = key
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        inside.then(|| self.folder.join(key))
    }
}

/// The key of an artifact in the folder: the folder holds nothing else, and a name that is empty
/// needs another.
fn folder_key(stored: &Stored<'_>) -> String {
    let key = stored.key();
    let key = key.trim_start_matches("artifacts/");
    if stored.name.is_empty() {
        format!("{key}_")
    } else {
        key.to_owned()
    }
}

#[async_trait]
impl ArtifactStore for FolderArtifacts {
    async fn put(&self, stored: &Stored<'_>, now: Timestamp) -> Result<String, ArtifactError> {
        let key = folder_key(stored);
        let wrong = |what: &str| ArtifactError(format!("`{key}`: {what}"));
        let path = self
            .path(&key)
            .ok_or_else(|| wrong("leads out of the folder"))?;
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|it| wrong(&it.to_string()))?;
        }
        tokio::fs::write(&path, stored.content)
            .await
            .map_err(|it| wrong(&it.to_string()))?;
        let expires_at = now.as_second() + LIFETIME.as_secs().cast_signed();
        let signature = self.signature(&key, expires_at);
        Ok(format!(
            "{}{}{}?expires={expires_at}&signature={signature}",
            self.base_url,
            Self::ROUTE,
            utf8_percent_encode(&key, ADDRESS),
        ))
    }

    async fn fetch(&self, path: &str, query: &str, now: Timestamp) -> Option<Bytes> {
        let key = percent_decode_str(path).decode_utf8().ok()?;
        let part = |name| {
            query
                .split('&')
                .find_map(|it| it.strip_prefix(name)?.strip_prefix('='))
        };
        let expires_at: i64 = part("expires")?.parse().ok()?;
        let signature = self.signature(&key, expires_at);
        let good = same(part("signature")?.as_bytes(), signature.as_bytes());
        if !good || expires_at <= now.as_second() {
            return None;
        }
        tokio::fs::read(self.path(&key)?)
            .await
            .ok()
            .map(Bytes::from)
    }
}
