//! What stands against a registration, collected.

use crate::audit::{Finding, Level};

/// Findings of one file of a template.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    /// The folder as the user named it.
    template: &'a str,
    file: &'a str,
    found: Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub(crate) const fn new(template: &'a str, file: &'a str) -> Self {
        Self {
            template,
            file,
            found: Vec::new(),
        }
    }

    /// What has to be mended first.
    pub(crate) fn error(
        &mut self,
        line: usize,
        rule: &'static str,
        message: impl Into<String>,
        help: &'static str,
    ) {
        self.add(Level::Error, line, rule, message.into(), help);
    }

    /// What is sent all the same.
    pub(crate) fn warning(
        &mut self,
        line: usize,
        rule: &'static str,
        message: impl Into<String>,
        help: &'static str,
    ) {
        self.add(Level::Warning, line, rule, message.into(), help);
    }

    fn add(
        &mut self,
        level: Level,
        line: usize,
        rule: &'static str,
        message: String,
        help: &'static str,
    ) {
        self.found.push(Finding {
            level,
            rule,
            template: self.template.to_owned(),
            file: self.file.to_owned(),
            line,
            message,
            help,
        });
    }

    /// All of them, by line.
    pub(crate) fn sorted(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|it| it.line);
        self.found.dedup();
        self.found
    }
}
