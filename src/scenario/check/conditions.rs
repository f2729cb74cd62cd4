//! What a step expects, how it is compared, what it keeps and what it waits for.

use std::time::Duration;

use cutover_base::side::Side;

use crate::call::Surface;
use crate::scenario::applied::FAILURE;
use crate::scenario::check::fields::{Fields, report_duplicates};
use crate::scenario::check::findings::{Findings, Namespace};
use crate::scenario::check::operands::check_operands;
use crate::scenario::check::scalar;
use crate::scenario::field_path::FieldPath;
use crate::scenario::matcher::Matcher;
use crate::scenario::model::{Capture, CompareKind, CompareRule, Expect, NormaliseRule, Until};
use crate::scenario::node::{Key, Kind, Node};
use crate::scenario::template::{HOME, SECRETS};

/// Pause between the attempts of an `until` that says none.
const UNTIL_EVERY_DEFAULT: Duration = Duration::from_secs(1);

/// Budget of an `until` that says none.
const UNTIL_FOR_DEFAULT: Duration = Duration::from_secs(30);

/// The kinds of comparison that are a word.
pub(crate) const COMPARE_WORDS: [&str; 5] = ["exact", "text", "bytes", "json", "class"];

/// Where a matcher holds.
#[derive(Debug, Clone, Copy, Default)]
struct Scope {
    surface: Option<Surface>,
    with_platform: Option<bool>,
    side: Option<Side>,
}

/// The words that narrow `expect` to an MCP server with a platform behind it, and to the server of
/// before, which has none.
pub(crate) const BY_PLATFORM: [(&str, bool); 2] =
    [("with_platform", true), ("without_platform", false)];

/// Reads `expect`.
pub(crate) fn expect(node: Option<&Node>, findings: &mut Findings) -> Vec<Expect> {
    let mut list = Vec::new();
    if let Some(node) = node {
        expect_in(node, Scope::default(), findings, &mut list);
    }
    list
}

fn expect_in(node: &Node, scope: Scope, findings: &mut Findings, list: &mut Vec<Expect>) {
    for (key, value) in entries(node, "`expect`", findings) {
        if let Some(inner) = narrowed(&key.text, scope) {
            expect_in(value, inner, findings, list);
            continue;
        }
        let path = field(key, scope.surface, findings);
        let matcher = matcher(value, findings);
        if let (Some(path), Some(matcher)) = (path, matcher) {
            check_operands(&path, &matcher, value, findings);
            let expect = Expect {
                surface: scope.surface,
                with_platform: scope.with_platform,
                side: scope.side,
                path,
                matcher,
                line: key.at.line,
            };
            if expect.path.field == FAILURE && !expect.names_an_error() {
                findings.failures.push((key.at, scope.surface));
            }
            list.push(expect);
        }
    }
}

/// The scope of a key that narrows: a surface first, a side last. A platform can be missing at surface
/// mcp alone.
fn narrowed(key: &str, scope: Scope) -> Option<Scope> {
    let surface = Surface::ALL
        .into_iter()
        .find(|surface| surface.name() == key);
    let side = Side::BOTH.into_iter().find(|side| side.name() == key);
    let by_platform = BY_PLATFORM.iter().find(|(word, _)| *word == key);
    if let Some((_, with)) = by_platform {
        let is_before_side = scope.side.is_none() && scope.with_platform.is_none();
        let is_of_mcp = scope.surface.is_none_or(|only| only == Surface::Mcp);
        return (is_before_side && is_of_mcp).then_some(Scope {
            surface: Some(Surface::Mcp),
            with_platform: Some(*with),
            side: None,
        });
    }
    match (scope.side, scope.surface, surface, side) {
        (None, None, Some(_), _) => Some(Scope { surface, ..scope }),
        (None, _, None, Some(_)) => Some(Scope { side, ..scope }),
        _ => None,
    }
}

/// Reads `compare`.
pub(crate) fn compare(node: Option<&Node>, findings: &mut Findings) -> Vec<CompareRule> {
    let mut list = Vec::new();
    if let Some(node) = node {
        compare_in(node, None, findings, &mut list);
    }
    list
}

fn compare_in(
    node: &Node,
    scope: Option<Surface>,
    findings: &mut Findings,
    list: &mut Vec<CompareRule>,
) {
    for (key, value) in entries(node, "`compare`", findings) {
        let surface = Surface::ALL
            .into_iter()
            .find(|surface| surface.name() == key.text);
        if surface.is_some() && scope.is_none() {
            compare_in(value, surface, findings, list);
            continue;
        }
        if Side::BOTH.iter().any(|side| side.name() == key.text) {
            findings.add(
                key.at,
                "`compare` is of both sides; it cannot be narrowed to one",
            );
            continue;
        }
        let path = field(key, scope, findings);
        let kind = compare_kind(value, findings);
        if let (Some(path), Some(kind)) = (path, kind) {
            list.push(CompareRule {
                path,
                kind,
                line: key.at.line,
            });
        }
    }
}

fn compare_kind(node: &Node, findings: &mut Findings) -> Option<CompareKind> {
    if let Some(word) = node.as_text() {
        return match word {
            "exact" => Some(CompareKind::Exact),
            "text" => Some(CompareKind::Text),
            "bytes" => Some(CompareKind::Bytes),
            "json" => Some(CompareKind::Json),
            "class" => Some(CompareKind::Class),
            "ignore" => {
                findings.add(node.at, "`ignore` needs a why: write `{ignore: why}`");
                None
            }
            _ => {
                findings.unknown(node.at, "kind of comparison", word, &COMPARE_WORDS);
                None
            }
        };
    }
    let fields = Fields::open(node, "comparison", &["lines", "within", "ignore"], findings)?;
    let given = (
        fields.get("lines"),
        fields.get("within"),
        fields.get("ignore"),
    );
    match given {
        (Some(node), None, None) => {
            let any_order = node.as_text() == Some("any_order");
            if !any_order {
                findings.add(node.at, "`lines` knows `any_order` only");
            }
            any_order.then_some(CompareKind::LinesAnyOrder)
        }
        (None, Some(node), None) => within(node, findings),
        (None, None, Some(node)) => {
            scalar::words(node, "the why of `ignore`", findings).map(CompareKind::Ignore)
        }
        _ => {
            findings.add(
                node.at,
                "a comparison is one of exact, text, bytes, json, class, {lines: any_order}, \
                 {within: 5x}, {ignore: why}",
            );
            None
        }
    }
}

fn within(node: &Node, findings: &mut Findings) -> Option<CompareKind> {
    let factor = match &node.kind {
        Kind::Text(text) => text.strip_suffix('x').and_then(|text| text.parse().ok()),
        Kind::Number(number) => number.as_f64(),
        _ => None,
    };
    let good = factor.filter(|factor: &f64| factor.is_finite() && *factor >= 1.0);
    if good.is_none() {
        findings.add(
            node.at,
            "`within` takes a factor of at least 1, such as `5x`",
        );
    }
    good.map(CompareKind::Within)
}

/// Reads `normalise`.
pub(crate) fn normalise(node: Option<&Node>, findings: &mut Findings) -> Vec<NormaliseRule> {
    let Some(node) = node else {
        return Vec::new();
    };
    let Kind::List(items) = &node.kind else {
        findings.wrong_type(node, "`normalise`", "a list");
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| normalise_rule(item, findings))
        .collect()
}

fn normalise_rule(node: &Node, findings: &mut Findings) -> Option<NormaliseRule> {
    let keys = ["field", "pattern", "as", "why"];
    let fields = Fields::open(node, "normalisation", &keys, findings)?;
    let [path, pattern, placeholder, why] = keys.map(|key| fields.required(key, findings));
    let path = path.and_then(|node| field_value(node, findings));
    let pattern = pattern.and_then(|node| {
        let pattern = scalar::pattern(node, "`pattern`", findings)?;
        if pattern.is_match("") {
            findings.add(
                node.at,
                "`pattern` matches nothing at all; it must not be empty",
            );
        }
        Some(pattern)
    });
    let placeholder = placeholder.and_then(|node| scalar::name(node, "`as`", findings));
    let why = why.and_then(|node| scalar::words(node, "`why`", findings));
    Some(NormaliseRule {
        field: path?,
        pattern: pattern?,
        placeholder: placeholder?,
        why: why?,
    })
}

/// Reads `capture`.
pub(crate) fn capture(node: Option<&Node>, findings: &mut Findings) -> Vec<Capture> {
    let mut list = Vec::new();
    let Some(node) = node else {
        return list;
    };
    for (key, value) in entries(node, "`capture`", findings) {
        if !scalar::is_name(&key.text) {
            let message = "a capture's name has letters, digits, `_`, `-` and `.` only";
            findings.add(key.at, message);
        }
        if is_reserved(&key.text) {
            findings.add(key.at, format!("`{}` is defined already", key.text));
        }
        findings.define(Namespace::Reference, &key.text, key.at);
        let (path, pattern) = match &value.kind {
            Kind::Map(_) => {
                let Some(fields) = Fields::open(value, "capture", &["field", "pattern"], findings)
                else {
                    continue;
                };
                let path = fields.required("field", findings);
                let path = path.and_then(|node| field_value(node, findings));
                let pattern = fields.get("pattern");
                (path, pattern.and_then(|node| group_pattern(node, findings)))
            }
            _ => (field_value(value, findings), None),
        };
        if let Some(path) = path {
            list.push(Capture {
                name: key.text.clone(),
                path,
                pattern,
            });
        }
    }
    list
}

fn group_pattern(node: &Node, findings: &mut Findings) -> Option<regex::Regex> {
    let pattern = scalar::pattern(node, "`pattern`", findings)?;
    if pattern.captures_len() < 2 {
        findings.add(
            node.at,
            "`pattern` needs a group: what it catches is captured",
        );
        return None;
    }
    Some(pattern)
}

/// Names that are always defined.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        HOME | "session" | "run" | "sandbox" | "matrix" | "secrets"
    ) || name.starts_with(SECRETS)
        || name.starts_with("sandbox.")
        || name.starts_with("matrix.")
}

/// Reads `until`.
pub(crate) fn until(node: Option<&Node>, findings: &mut Findings) -> Option<Until> {
    let keys = ["that", "every", "for", "abort_if"];
    let fields = Fields::open(node?, "`until`", &keys, findings)?;
    let that = fields.required("that", findings);
    let that = that.map(|node| conditions(node, "`that`", findings));
    let abort_if = fields
        .get("abort_if")
        .map(|node| conditions(node, "`abort_if`", findings));
    let time = |key: &str, bounds, default, findings: &mut Findings| {
        fields.get(key).map_or(Some(default), |node| {
            scalar::duration_within(node, &format!("`{key}`"), bounds, findings)
        })
    };
    let every_bounds = (Duration::from_millis(10), Duration::from_secs(60));
    let for_bounds = (Duration::from_millis(10), Duration::from_secs(600));
    let every = time("every", every_bounds, UNTIL_EVERY_DEFAULT, findings);
    let budget = time("for", for_bounds, UNTIL_FOR_DEFAULT, findings);
    Some(Until {
        that: that?,
        every: every?,
        budget: budget?,
        abort_if: abort_if.unwrap_or_default(),
    })
}

fn conditions(node: &Node, what: &str, findings: &mut Findings) -> Vec<(FieldPath, Matcher)> {
    let list = entries(node, what, findings);
    if list.is_empty() {
        findings.add(node.at, format!("{what} needs at least one condition"));
    }
    let mut conditions = Vec::new();
    for (key, value) in list {
        let path = field(key, None, findings);
        if let (Some(path), Some(matcher)) = (path, matcher(value, findings)) {
            check_operands(&path, &matcher, value, findings);
            conditions.push((path, matcher));
        }
    }
    conditions
}

fn entries<'n>(node: &'n Node, what: &str, findings: &mut Findings) -> &'n [(Key, Node)] {
    let Kind::Map(entries) = &node.kind else {
        findings.wrong_type(node, what, "a mapping");
        return &[];
    };
    report_duplicates(entries, findings);
    entries
}

fn matcher(node: &Node, findings: &mut Findings) -> Option<Matcher> {
    match Matcher::from_node(node) {
        Ok(matcher) => Some(matcher),
        Err(errors) => {
            for error in errors {
                findings.add(error.at, error.message);
            }
            None
        }
    }
}

fn field(key: &Key, surface: Option<Surface>, findings: &mut Findings) -> Option<FieldPath> {
    let path = scalar::path(&key.text, key.at, findings)?;
    findings.fields.push((key.at, path.field.clone(), surface));
    Some(path)
}

fn field_value(node: &Node, findings: &mut Findings) -> Option<FieldPath> {
    let text = scalar::text(node, "the field", findings)?;
    let path = scalar::path(text, node.at, findings)?;
    findings.fields.push((node.at, path.field.clone(), None));
    Some(path)
}
