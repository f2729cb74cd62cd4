//! `e2b.toml`: what E2B's own tool reads beside the Dockerfile.

use serde::Deserialize;

use crate::dockerfile::line_of;

/// The file, as far as it says something of the sandboxes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct TemplateToml {
    /// The template's name.
    #[serde(alias = "template_alias")]
    pub template_name: Option<String>,
    /// The template's id at the provider, where it was made before.
    pub template_id: Option<String>,
    /// The Dockerfile, from the folder of this file.
    pub dockerfile: Option<String>,
    /// What is started before a sandbox's first command.
    pub start_cmd: Option<String>,
    /// What must succeed before the template is taken.
    pub ready_cmd: Option<String>,
    /// Processors.
    pub cpu_count: Option<u64>,
    /// Memory in MiB.
    pub memory_mb: Option<u64>,
}

impl TemplateToml {
    /// Reads the file's text.
    ///
    /// # Errors
    /// The line (0 where there is none) and what is wrong.
    pub fn read(text: &str) -> Result<Self, (usize, String)> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| line_of(text, span.start));
            (line, error.message().to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_of_sandboxes_is_read() {
        let text = "template_name = \"n\"\nmemory_mb = 4_096\ncpu_count = 8\nstart_cmd = \"/s\"\nteam_id = \"x\"\n";
        let read = TemplateToml::read(text).unwrap();
        assert_eq!(read.memory_mb, Some(4096));
        assert_eq!(read.start_cmd.as_deref(), Some("/s"));
        let (line, message) = TemplateToml::read("a = 1\ncpu_count = \"two\"\n").unwrap_err();
        assert_eq!(line, 2, "{message}");
        assert!(TemplateToml::read("a = ").is_err());
    }
}
