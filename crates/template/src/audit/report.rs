//! All findings of two templates and their differences, as one answer.

use serde::Serialize;

use crate::audit::compare::{Difference, differences};
use crate::audit::{certificates, copies, limits, pipes, secrets, sources, stale};
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

/// The answer about two templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// `cutover.audit/1`.
    pub format: &'static str,
    /// The folders, as the user named them.
    pub templates: [String; 2],
    /// What is in one and not, or otherwise, in the other.
    pub differences: Vec<Difference>,
    /// What is wrong, errors first, then by folder, file and line.
    pub findings: Vec<Finding>,
}

impl Audit {
    /// How many findings have this level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|it| it.level == level).count()
    }
}

/// Looks at two templates.
#[must_use]
pub fn audit(pair: [&Template; 2]) -> Audit {
    let rules = [
        secrets::findings,
        stale::findings,
        copies::findings,
        pipes::findings,
        sources::findings,
        limits::findings,
        certificates::findings,
    ];
    let mut findings: Vec<Finding> = Vec::new();
    for template in pair {
        findings.extend(rules.iter().flat_map(|rule| rule(template)));
    }
    let order = |it: &Finding| {
        let which = usize::from(it.template != pair[0].name);
        (
            it.level,
            which,
            it.file.clone(),
            it.line,
            it.rule,
            it.message.clone(),
        )
    };
    findings.sort_by_key(order);
    findings.dedup();
    Audit {
        format: "cutover.audit/1",
        templates: pair.map(|it| it.name.clone()),
        differences: differences(pair),
        findings,
    }
}
