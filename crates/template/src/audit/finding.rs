//! Something that is wrong, and where.

use serde::Serialize;

use crate::template::Template;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It has to be mended before the template is used.
    Error,
    /// It should be.
    Warning,
}

/// Something that is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it weighs.
    pub level: Level,
    /// Which rule found it.
    pub rule: &'static str,
    /// The folder as the user named it; empty for a file that is in none.
    pub template: String,
    /// The file, in the folder.
    pub file: String,
    /// Its line, from 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What would be right.
    pub help: &'static str,
}

impl Finding {
    /// Where it is, for a message: `folder/file:line`.
    #[must_use]
    pub fn place(&self) -> String {
        let folder = self.template.trim_end_matches('/');
        let file = if folder.is_empty() {
            self.file.clone()
        } else {
            format!("{folder}/{}", self.file)
        };
        match self.line {
            0 => file,
            line => format!("{file}:{line}"),
        }
    }

    /// Of a place in a template.
    pub(super) fn new(
        (level, rule): (Level, &'static str),
        template: &Template,
        (file, line): (String, usize),
        message: String,
        help: &'static str,
    ) -> Self {
        let template = template.name.clone();
        Self {
            level,
            rule,
            template,
            file,
            line,
            message,
            help,
        }
    }
}
