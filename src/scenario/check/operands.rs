//! Operands of matchers that can never hold.

use serde_json::Value;

use crate::call::FailureClass;
use crate::scenario::check::findings::{Findings, Help};
use crate::scenario::field_path::FieldPath;
use crate::scenario::matcher::{Matcher, Operator};
use crate::scenario::node::{Kind, Node, Position};
use crate::scenario::verbs::{Domain, domains};

/// Reports operands that no value of the field can meet: a number for a field of text, text for a
/// field of numbers, a word that the field never says.
pub(super) fn check_operands(
    path: &FieldPath,
    matcher: &Matcher,
    node: &Node,
    findings: &mut Findings,
) {
    let domains = domains_of(path);
    for (at, wanted) in wanted(matcher, node) {
        let met = domains.iter().any(|domain| holds(*domain, wanted));
        if let (false, Some(domain)) = (met, domains.first()) {
            refuse(path, *domain, wanted, at, findings);
        }
    }
    for operator in &matcher.operators {
        let is_number = |domain: &Domain| !matches!(domain, Domain::Words(_) | Domain::Boolean);
        let bound = match operator {
            Operator::Min(_) => "min",
            Operator::Max(_) => "max",
            _ => continue,
        };
        if !domains.is_empty() && !domains.iter().any(is_number) {
            let message = format!("`{bound}` is for numbers; `{}` is none", path.text);
            findings.add(node.at, message);
        }
    }
}

/// What the values at a path are; empty where that is not known.
fn domains_of(path: &FieldPath) -> Vec<Domain> {
    if path.text == "$.failure.class" {
        return vec![Domain::Words(&CLASSES)];
    }
    match path.below {
        Some(_) => Vec::new(),
        None => domains(&path.field).collect(),
    }
}

static CLASSES: [&str; FailureClass::ALL.len()] = {
    let mut names = [""; FailureClass::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = FailureClass::ALL[at].name();
        at += 1;
    }
    names
};

/// The values that a matcher compares with, each with its place.
fn wanted<'m>(matcher: &'m Matcher, node: &Node) -> Vec<(Position, &'m Value)> {
    let operand = |name: &str| node.get(name).unwrap_or(node);
    let mut all = Vec::new();
    for operator in &matcher.operators {
        match operator {
            Operator::Equals(value) => all.push((operand("equals").at, value)),
            Operator::OneOf(values) => {
                let listed = operand("one_of");
                let place = |index: usize| match &listed.kind {
                    Kind::List(items) => items.get(index).map_or(listed.at, |item| item.at),
                    _ => listed.at,
                };
                all.extend(
                    values
                        .iter()
                        .enumerate()
                        .map(|(index, value)| (place(index), value)),
                );
            }
            _ => {}
        }
    }
    all
}

fn holds(domain: Domain, wanted: &Value) -> bool {
    match domain {
        Domain::Text => wanted.is_string(),
        Domain::Words(words) => wanted.as_str().is_some_and(|word| words.contains(&word)),
        Domain::Number => wanted.is_number(),
        Domain::Boolean => wanted.is_boolean(),
        Domain::Json => true,
    }
}

fn refuse(path: &FieldPath, domain: Domain, wanted: &Value, at: Position, findings: &mut Findings) {
    let is = match domain {
        Domain::Words(words) => {
            if let Some(word) = wanted.as_str() {
                let what = match path.text.as_str() {
                    "$.failure.class" => "class of failure".to_owned(),
                    other => format!("value of `{other}`"),
                };
                return findings.unknown(at, &what, word, words);
            }
            "text"
        }
        Domain::Text => "text",
        Domain::Number => "a number",
        Domain::Boolean => "`true` or `false`",
        Domain::Json => return,
    };
    let found = match wanted {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        scalar => scalar.to_string().chars().take(60).collect(),
    };
    let help = match (is, wanted) {
        (_, Value::Null) => Some(Help::Text(
            "write `{absent: true}` for a field that is not there".to_owned(),
        )),
        ("text", Value::Bool(_) | Value::Number(_)) => Some(Help::Quote(wanted.clone())),
        ("text", _) => None,
        (_, Value::String(text)) => unquoted(domain, text).map(Help::Text),
        _ => None,
    };
    let message = format!("`{}` is {is}, this is {found}", path.text);
    findings.add_with(at, message, help);
}

/// The advice to leave quotes away, where what they hold is then of the field's kind.
fn unquoted(domain: Domain, text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    holds(domain, &value).then(|| format!("without quotes: {value}"))
}

#[cfg(test)]
mod tests {
    use crate::scenario::check::tests::{bad, parse};

    #[test]
    fn an_expectation_that_can_never_hold() {
        for (expect, told) in [
            (
                "exit_code: '0'",
                "`$.exit_code` is a number, this is \"0\" (without quotes: 0)",
            ),
            ("exit_code: ok", "`$.exit_code` is a number, this is \"ok\""),
            ("exit_code: true", "`$.exit_code` is a number, this is true"),
            (
                "exit_code: null",
                "`$.exit_code` is a number, this is null (write `{absent: true}` for a field that is not there)",
            ),
            (
                "stdout: 1.10",
                "`$.stdout` is text, this is 1.1 (quote it: \"1.10\")",
            ),
            (
                "stdout: {equals: [a]}",
                "`$.stdout` is text, this is a list",
            ),
            (
                "streams: both",
                "unknown value of `$.streams` `both` (known: apart, merged)",
            ),
            (
                "streams: {min: 1}",
                "`min` is for numbers; `$.streams` is none",
            ),
            (
                "failure.class: {one_of: [timeout, gone]}",
                "unknown class of failure `gone`",
            ),
            (
                "mcp: {is_error: 'true'}",
                "`$.is_error` is `true` or `false`, this is \"true\" (without quotes: true)",
            ),
        ] {
            let step = format!("  - {{execute: ls, expect: {{{expect}}}}}");
            let found = bad(&format!("why: x\nsteps:\n{step}"));
            let [is] = found.as_slice() else {
                panic!("{expect}: {found:?}");
            };
            let (_, is) = is.split_once(' ').unwrap();
            assert!(is.starts_with(told), "{expect}: {is}");
        }
        for expect in [
            "exit_code: {one_of: [0, 1.0]}",
            "exit_code: {matches: '[01]'}",
            "stdout: {min: 3}",
        ] {
            let text = format!("why: x\nsteps:\n  - {{execute: ls, expect: {{{expect}}}}}");
            assert!(parse(&text).is_ok(), "{expect}");
        }
    }
}
