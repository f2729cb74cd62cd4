//! Scalars of a scenario: text, templates, numbers, durations, names, patterns.

use std::time::Duration;

use indexmap::IndexMap;
use regex::Regex;

use crate::scenario::check::fields::report_duplicates;
use crate::scenario::check::findings::{Findings, Namespace};
use crate::scenario::field_path::FieldPath;
use crate::scenario::matcher::regex_reason;
use crate::scenario::node::{Key, Kind, Node, Position};
use crate::scenario::template::{EnvTemplate, Template};
use crate::scenario::verbs::is_text;

/// Durations beyond a leap year are mistakes, and would overflow a provider's own numbers.
const DURATION_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

/// Text that must be text.
pub(crate) fn text<'n>(node: &'n Node, what: &str, findings: &mut Findings) -> Option<&'n str> {
    let text = node.as_text();
    if text.is_none() {
        findings.wrong_type(node, what, "text");
    }
    text
}

/// Text that says something.
pub(crate) fn words(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = text(node, what, findings)?.trim();
    if text.is_empty() {
        findings.add(node.at, format!("{what} must not be empty"));
        return None;
    }
    Some(text.to_owned())
}

/// A name: letters, digits, `_`, `-`, `.`, beginning with a letter or digit.
pub(crate) fn name(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = text(node, what, findings)?;
    if is_name(text) {
        return Some(text.to_owned());
    }
    findings.add(
        node.at,
        format!("{what} must be a name of letters, digits, `_`, `-` and `.`"),
    );
    None
}

/// Whether a text is a [`name`].
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Text with references in it.
pub(crate) fn template(node: &Node, what: &str, findings: &mut Findings) -> Option<Template> {
    let text = text(node, what, findings)?;
    match Template::parse(text) {
        Ok(template) => {
            for name in template.references() {
                findings.uses(Namespace::Reference, name, node.at);
            }
            Some(template)
        }
        Err(error) => {
            findings.add(node.at, error.to_string());
            None
        }
    }
}

/// `true` or `false`.
pub(crate) fn boolean(node: &Node, what: &str, findings: &mut Findings) -> Option<bool> {
    let Kind::Bool(value) = node.kind else {
        findings.wrong_type(node, what, "`true` or `false`");
        return None;
    };
    Some(value)
}

/// A list of names.
pub(crate) fn names(node: &Node, what: &str, findings: &mut Findings) -> Vec<(String, Position)> {
    let Kind::List(items) = &node.kind else {
        findings.wrong_type(node, what, "a list");
        return Vec::new();
    };
    let mut names: Vec<(String, Position)> = Vec::new();
    for item in items {
        let Some(name) = name(item, &format!("an entry of {what}"), findings) else {
            continue;
        };
        if names.iter().any(|(had, _)| *had == name) {
            findings.add(item.at, format!("`{name}` stands twice in {what}"));
        } else {
            names.push((name, item.at));
        }
    }
    names
}

/// A duration: `500ms`, `2s`, `1.5m`, `1h`, or a number of seconds.
pub(crate) fn duration(node: &Node, what: &str, findings: &mut Findings) -> Option<Duration> {
    if !matches!(node.kind, Kind::Number(_) | Kind::Text(_)) {
        findings.wrong_type(node, what, "a duration");
        return None;
    }
    let parsed = duration_of(node);
    if parsed.is_none() {
        findings.add_with(
            node.at,
            format!("{what} is not a duration"),
            Some("write `500ms`, `2s`, `1m`, `1h` or a number of seconds".to_owned()),
        );
    }
    parsed
}

/// A duration that lies within bounds.
pub(crate) fn duration_within(
    node: &Node,
    what: &str,
    (least, most): (Duration, Duration),
    findings: &mut Findings,
) -> Option<Duration> {
    let parsed = duration(node, what, findings)?;
    if parsed < least || parsed > most {
        findings.add(
            node.at,
            format!("{what} must be from {least:?} to {most:?}"),
        );
        return None;
    }
    Some(parsed)
}

/// The duration that a value says, if it is one.
pub(crate) fn duration_of(node: &Node) -> Option<Duration> {
    match &node.kind {
        Kind::Number(seconds) => seconds.as_f64().and_then(seconds_of),
        Kind::Text(text) => parse_duration(text),
        _ => None,
    }
}

/// Reads `500ms`, `2s`, `1.5m`, `1h`.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let factor = match unit.trim_start() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    seconds_of(number * factor)
}

fn seconds_of(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| *duration <= DURATION_MAX)
}

/// A whole number within bounds.
pub(crate) fn whole(
    node: &Node,
    what: &str,
    (least, most): (u64, u64),
    findings: &mut Findings,
) -> Option<u64> {
    let number = match &node.kind {
        Kind::Number(number) => number.as_u64(),
        _ => None,
    };
    let good = number.filter(|number| (least..=most).contains(number));
    if good.is_none() {
        findings.add(
            node.at,
            format!("{what} must be a whole number from {least} to {most}"),
        );
    }
    good
}

/// Environment variables, or headers.
pub(crate) fn env(node: &Node, what: &str, findings: &mut Findings) -> EnvTemplate {
    let mut env = Vec::new();
    for (key, node) in named(node, what, findings) {
        if let Some(value) = template(node, &variable(key), findings) {
            env.push((key.text.clone(), value));
        }
    }
    env
}

/// Environment variables, of which `null` unsets one.
pub(crate) fn variables(
    node: &Node,
    what: &str,
    findings: &mut Findings,
) -> IndexMap<String, Option<Template>> {
    let mut variables = IndexMap::new();
    for (key, node) in named(node, what, findings) {
        let value = match node.kind {
            Kind::Null => None,
            _ => match template(node, &variable(key), findings) {
                Some(value) => Some(value),
                None => continue,
            },
        };
        if let Kind::Text(text) = &node.kind
            && text.contains('\0')
        {
            findings.add(node.at, "a variable's value holds no NUL");
        }
        variables.insert(key.text.clone(), value);
    }
    variables
}

/// The entries of a mapping of variables, whose names have been looked at.
fn named<'n>(node: &'n Node, what: &str, findings: &mut Findings) -> &'n [(Key, Node)] {
    let Kind::Map(entries) = &node.kind else {
        findings.wrong_type(node, what, "a mapping");
        return &[];
    };
    report_duplicates(entries, findings);
    for (key, _) in entries {
        if key.text.is_empty() || key.text.contains(['=', '\0']) {
            findings.add(key.at, "a variable's name is not empty and holds no `=`");
        }
    }
    entries
}

fn variable(key: &Key) -> String {
    format!("the variable `{}`", key.text.escape_debug())
}

/// A regular expression.
pub(crate) fn pattern(node: &Node, what: &str, findings: &mut Findings) -> Option<Regex> {
    let text = text(node, what, findings)?;
    Regex::new(text)
        .map_err(|error| {
            let reason = regex_reason(&error);
            findings.add(
                node.at,
                format!("{what} is not a regular expression: {reason}"),
            );
        })
        .ok()
}

/// A path into an outcome, at a place of its own.
pub(crate) fn path(text: &str, at: Position, findings: &mut Findings) -> Option<FieldPath> {
    let path = match FieldPath::parse(text) {
        Ok(path) => path,
        Err(error) => {
            findings.add(at, error.to_string());
            return None;
        }
    };
    if path.below.is_some() && is_text(&path.field) {
        findings.add(
            at,
            format!("`{}` is text or bytes; nothing is below it", path.field),
        );
        return None;
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [
            ("500ms", 500),
            ("2s", 2000),
            ("1.5m", 90_000),
            ("1 h", 3_600_000),
        ] {
            let duration = parse_duration(text);
            assert_eq!(duration, Some(Duration::from_millis(ms)), "{text}");
        }
        for text in [
            "",
            "s",
            "2",
            "2 days",
            "-1s",
            "1..s",
            "99999999h",
            "infs",
            "1e3s",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
