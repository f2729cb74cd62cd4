//! What both registrations read of a folder first.

use std::path::Path;

use crate::e2b_toml::TemplateToml;
use crate::folder::Folder;
use crate::template::dockerfile;

/// Bytes of a Dockerfile.
const BYTES_MAX: u64 = 1024 * 1024;

/// A template's folder before it is planned.
#[derive(Debug)]
pub(crate) struct Opened {
    /// As the user named it.
    pub(crate) name: String,
    pub(crate) folder: Folder,
    /// The Dockerfile's path in it.
    pub(crate) dockerfile: String,
    /// The Dockerfile's text.
    pub(crate) text: String,
    /// What `e2b.toml` says, if there is one.
    pub(crate) toml: Option<TemplateToml>,
}

impl Opened {
    /// Reads the folder.
    ///
    /// # Errors
    /// Why it is no template, with file and line where there is one.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let name = root.display().to_string();
        let folder = Folder::read(root)?;
        let toml = match folder.text("e2b.toml") {
            Some(text) => {
                let told = |(line, message): (usize, String)| match line {
                    0 => format!("{name}/e2b.toml: {message}"),
                    line => format!("{name}/e2b.toml:{line}: {message}"),
                };
                Some(TemplateToml::read(&text).map_err(told)?)
            }
            None => None,
        };
        let dockerfile = dockerfile(&folder, toml.as_ref())
            .map_err(|why| format!("{name} is no template's folder: {why}"))?;
        let is_small = folder
            .path(&dockerfile)
            .metadata()
            .is_ok_and(|it| it.len() <= BYTES_MAX);
        let text = folder.text(&dockerfile).filter(|_| is_small);
        let text = text.ok_or_else(|| {
            format!("{name}/{dockerfile} is not a text of at most 1 MiB in UTF-8")
        })?;
        Ok(Self {
            name,
            folder,
            dockerfile,
            text,
            toml,
        })
    }
}
