//! All findings of two templates and their differences, as one answer.

use serde::Serialize;

use crate::audit::compare::{Difference, differences};
use crate::audit::finding::{Finding, Level};
use crate::audit::{certificates, copies, limits, pipes, secrets, sources, stale};
use crate::template::Template;

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
