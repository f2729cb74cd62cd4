//! Reading a file.

use bytes::Bytes;
use cutover_js::{Text, Value, utf8};
use cutover_sdk::daytona::Sandbox;
use cutover_sdk::{Class, Error};

use super::failure::InBand;
use super::provider::Daytona;
use crate::provider::{Class as Told, Thrown};

impl Daytona {
    pub(super) async fn read_text(&self, id: &Text, path: &Text) -> Result<Value, Thrown> {
        let read: Result<Bytes, Error> = async {
            let sandbox = self.sdk.get(id).await?;
            let path = self.resolved(&sandbox, path).await?;
            sandbox.download(&path).await
        }
        .await;
        match read {
            Ok(bytes) => Ok(Value::String(utf8::decode_keeping_bom(&bytes))),
            Err(error) => {
                let InBand(text) = self.failed(id, error).await?;
                Ok(Value::String(text))
            }
        }
    }

    /// Reads a file whose size is looked at first (Q64).
    pub(super) async fn read_at_most(
        &self,
        id: &Text,
        path: &Text,
        bytes_max: u64,
    ) -> Result<Bytes, Thrown> {
        let found: Result<_, Error> = async {
            let sandbox = self.sdk.get(id).await?;
            let path = self.resolved(&sandbox, path).await?;
            Ok((sandbox, path))
        }
        .await;
        let (sandbox, path) = match found {
            Ok(found) => found,
            Err(error) => return Err(self.settled(id, error).await),
        };
        let details = sandbox.file_details(&path).await;
        match &details {
            Ok(details) if details.is_directory => {
                return Err(Thrown::of(Told::IsDirectory, "is a directory"));
            }
            Ok(details) if details.bytes > bytes_max => {
                let bytes = details.bytes;
                return Err(Thrown::of(Told::TooLarge { bytes }, "is too large"));
            }
            _ => {}
        }
        let most = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        match sandbox.download_at_most(&path, most).await {
            Ok(Some(bytes)) => Ok(bytes),
            // It has grown meanwhile, or it is one of those that have no size.
            Ok(None) => {
                let bytes = bytes_max.saturating_add(1);
                Err(Thrown::of(Told::TooLarge { bytes }, "is too large"))
            }
            Err(error) => {
                let thrown = self.settled(id, error).await;
                match details {
                    // A path through something that is no directory is known by its details alone.
                    Err(details)
                        if thrown.class == Told::Other && details.class == Class::NoSuchFile =>
                    {
                        Err(Thrown::of(Told::NoSuchFile, thrown.message))
                    }
                    _ => Err(thrown),
                }
            }
        }
    }

    /// The path that is meant. Q60: to the original's daemon a relative path is one in the
    /// directory that it was started in, and `~` is a name.
    async fn resolved(&self, sandbox: &Sandbox, path: &Text) -> Result<Text, Error> {
        if !self.fixes.has("Q60") || path.starts_with("/") {
            return Ok(path.clone());
        }
        let below = if *path == *"~" {
            Text::new()
        } else if path.starts_with("~/") {
            path.slice("~/".len()..path.len())
        } else {
            path.clone()
        };
        let home = sandbox.home().await?;
        if below.is_empty() {
            return Ok(home);
        }
        Ok(Text::concat([&home, &"/".into(), &below]))
    }
}
