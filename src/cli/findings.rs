//! Findings of templates, as text and as JSON.

use std::fmt::Write as _;

use cutover_template::{Finding, Level};
use serde::Serialize;

use crate::cli::exit::Stop;
use crate::report::escape::one_line;

/// Each with its place, what is wrong, and what would be right.
pub(crate) fn list(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let level = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let (place, message) = (one_line(&finding.place()), one_line(&finding.message));
        let _infallible = writeln!(
            text,
            "{level}[{}] {place}: {message}\n  help: {}",
            finding.rule, finding.help
        );
    }
    text
}

/// A value as a page of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Stop> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|error| Stop::unjudged(format!("the answer as JSON: {error}")))?;
    Ok(format!("{text}\n"))
}
