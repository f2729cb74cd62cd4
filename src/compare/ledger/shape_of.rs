//! Reads one shape of an entry.

use cutover_base::blob::Blob;

use crate::call::{Provider, Stack};
use crate::compare::ledger::entry::{
    EntryKind, Shape, ShapeSides, SideName, SideShape, ValueShape, VersionRange, When,
};
use crate::compare::ledger::pattern::CasePattern;
use crate::compare::ledger::scope::numbers;
use crate::compare::verdict::{Effect, Gate};
use crate::scenario::Found;
use crate::scenario::field_path::FieldPath;
use crate::scenario::matcher::{Matcher, Operator};
use crate::scenario::node::{Key, Kind, Node};
use crate::scenario::reader::Reader;
use crate::scenario::verbs::field_names;

pub(super) const EFFECTS: [(&str, Effect); 4] = [
    ("improvement", Effect::Improvement),
    ("regression", Effect::Regression),
    ("change", Effect::Change),
    ("wording", Effect::Wording),
];

pub(super) const GATES: [(&str, Gate); 2] = [("allow", Gate::Allow), ("block", Gate::Block)];

const KEYS: [&str; 9] = [
    "case", "step", "field", "from", "to", "both", "effect", "gate", "when",
];

const LANES: [(&str, ()); 3] = [("standin", ()), ("live", ()), ("recording", ())];

const ENGINES: [(&str, ()); 3] = [("namespaces", ()), ("docker", ()), ("process", ())];

pub(super) fn read_shape(
    reader: &mut Reader<'_>,
    node: &Node,
    kind: Option<EntryKind>,
) -> Option<Shape> {
    reader.map(node, "a shape", &KEYS)?;
    let case = reader.text(node, "a shape", "case").and_then(|text| {
        let at = node.get("case").map_or(node.at, |case| case.at);
        CasePattern::parse(&text)
            .map_err(|why| reader.problem(at, why))
            .ok()
    });
    let step = reader.text(node, "a shape", "step");
    let field = read_field(reader, node, case.as_ref());
    let sides = read_sides(reader, node, kind);
    let effect = node
        .get("effect")
        .and_then(|value| reader.word(value, "effect", &EFFECTS));
    let gate = node
        .get("gate")
        .and_then(|value| reader.word(value, "gate", &GATES));
    let when = node
        .get("when")
        .map_or_else(When::default, |when| read_when(reader, when));
    Some(Shape {
        case: case?,
        step: step?,
        field: field?,
        sides: sides?,
        effect,
        gate,
        when,
        line: node.at.line,
    })
}

fn read_field(
    reader: &mut Reader<'_>,
    node: &Node,
    case: Option<&CasePattern>,
) -> Option<FieldPath> {
    let text = reader.text(node, "a shape", "field")?;
    let at = node.get("field").map_or(node.at, |field| field.at);
    let path = FieldPath::parse(&text)
        .map_err(|error| reader.problem(at, error.to_string()))
        .ok()?;
    if let Some(case) = case {
        let known: Vec<&str> = field_names(case.surface()).collect();
        if !known.contains(&path.field.as_str()) {
            let message = format!("surface {} has no field `{}`", case.surface(), path.field);
            let help = Some(format!("it has: {}", known.join(", ")));
            reader.problem_with_help(at, message, help);
            return None;
        }
    }
    Some(path)
}

fn read_sides(reader: &mut Reader<'_>, node: &Node, kind: Option<EntryKind>) -> Option<ShapeSides> {
    let (from, to, both) = (node.get("from"), node.get("to"), node.get("both"));
    match (kind, from, to, both) {
        (None, ..) => None,
        (Some(EntryKind::Divergence), Some(from), Some(to), None) => {
            let first = read_side(reader, from, "from");
            let second = read_side(reader, to, "to");
            let (first, second) = (first?, second?);
            if matches!(
                (&first.value, &second.value),
                (ValueShape::Any, ValueShape::Any)
            ) {
                reader.problem(
                    to.at,
                    "`any` may stand on one side only: two would fit everything",
                );
                return None;
            }
            Some(ShapeSides::Pair {
                from: first,
                to: second,
            })
        }
        (Some(EntryKind::Shared), None, None, Some(both)) => read_both(reader, both),
        (Some(EntryKind::Divergence), ..) => {
            reader.problem(
                node.at,
                "a shape of a divergence has `from` and `to`, and nothing else",
            );
            None
        }
        (Some(EntryKind::Shared), ..) => {
            reader.problem(
                node.at,
                "a shape of a shared entry has `both`, and neither `from` nor `to`",
            );
            None
        }
    }
}

fn read_side(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<SideShape> {
    let Kind::Map(entries) = &node.kind else {
        reader.problem(
            node.at,
            format!("`{what}` is a mapping with `side` and what it gives"),
        );
        return None;
    };
    let side = reader
        .required(node, &format!("`{what}`"), "side")
        .and_then(|value| read_side_name(reader, value));
    let value = read_value(reader, node, entries, "side");
    Some(SideShape {
        side: side?,
        value: value?,
    })
}

fn read_both(reader: &mut Reader<'_>, node: &Node) -> Option<ShapeSides> {
    let Kind::Map(entries) = &node.kind else {
        reader.problem(
            node.at,
            "`both` is a mapping with `sides` and what they give",
        );
        return None;
    };
    let sides = match reader
        .required(node, "`both`", "sides")
        .map(|node| (&node.kind, node.at))
    {
        Some((Kind::List(items), _)) if !items.is_empty() => {
            let names: Vec<_> = items
                .iter()
                .filter_map(|item| read_side_name(reader, item))
                .collect();
            (names.len() == items.len()).then_some(names)
        }
        Some((_, at)) => {
            reader.problem(at, "`sides` is a list such as `[e2b, daytona]`");
            None
        }
        None => None,
    };
    let value = read_value(reader, node, entries, "sides")?;
    if matches!(value, ValueShape::Any) {
        reader.problem(node.at, "`any` says nothing of a shared behaviour");
        return None;
    }
    Some(ShapeSides::Both {
        sides: sides?,
        value,
    })
}

fn read_side_name(reader: &mut Reader<'_>, node: &Node) -> Option<SideName> {
    let text = reader.text_of(node, "side")?;
    let (provider, stack) = match text.split_once('/') {
        Some((provider, stack)) => (provider, Some(stack)),
        None => (text.as_str(), None),
    };
    let provider = match provider {
        "e2b" => Provider::E2b,
        "daytona" => Provider::Daytona,
        other => {
            let message = format!(
                "unknown provider `{}`; e2b or daytona",
                other.escape_debug()
            );
            reader.problem(node.at, message);
            return None;
        }
    };
    let stack = match stack.map(str::parse::<Stack>).transpose() {
        Ok(stack) => stack,
        Err(error) => {
            reader.problem(node.at, error.to_string());
            return None;
        }
    };
    Some(SideName { provider, stack })
}

/// The operators beside `side` or `sides`.
fn read_value(
    reader: &mut Reader<'_>,
    node: &Node,
    entries: &[(Key, Node)],
    beside: &str,
) -> Option<ValueShape> {
    let mut operators: Vec<(Key, Node)> = entries.to_vec();
    operators.retain(|(key, _)| key.text != beside);
    if let [(key, value)] = operators.as_slice()
        && key.text == "any"
    {
        if value.kind == Kind::Bool(true) {
            return Some(ValueShape::Any);
        }
        reader.problem(value.at, "write `any: true`");
        return None;
    }
    if operators.is_empty() {
        reader.problem(
            node.at,
            "says nothing about the value: write an operator such as `equals`, or `any: true`",
        );
        return None;
    }
    match Matcher::from_entries(&operators) {
        Ok(matcher) => {
            refuse_the_empty_text(reader, node, &matcher)?;
            Some(ValueShape::Matches(matcher))
        }
        Err(errors) => {
            for error in errors {
                reader.problem(error.at, error.message);
            }
            None
        }
    }
}

/// A shape that the empty text fits would pass a side that lost all its output. One that *means*
/// it says `equals: ""` and nothing else.
fn refuse_the_empty_text(reader: &mut Reader<'_>, node: &Node, matcher: &Matcher) -> Option<()> {
    if let [Operator::Equals(value)] = matcher.operators.as_slice()
        && value == ""
    {
        return Some(());
    }
    let bytes = Blob::from_bytes("");
    let text = serde_json::Value::from("");
    let fits = |found: Found<'_>| matcher.check(&found).is_ok();
    if fits(Found::Bytes(&bytes)) || fits(Found::Json(&text)) {
        reader.problem_with_help(
            node.at,
            "fits the empty text, so a side that lost all its output would pass",
            Some("narrow it, or write `equals: \"\"` alone when that is what is meant".to_owned()),
        );
        return None;
    }
    Some(())
}

fn read_when(reader: &mut Reader<'_>, node: &Node) -> When {
    let mut when = When::default();
    if reader
        .map(node, "`when`", &["lane", "engine", "has", "version"])
        .is_none()
    {
        return when;
    }
    if let Some(lanes) = node.get("lane") {
        when.lane = known_words(reader, lanes, "lane", &LANES);
    }
    if let Some(engines) = node.get("engine") {
        when.engine = known_words(reader, engines, "engine", &ENGINES);
    }
    if let Some(has) = node.get("has") {
        when.has = reader.texts(has, "has");
        for name in &when.has {
            if !crate::scenario::capability::capability_names().contains(&name.as_str()) {
                let message = format!("unknown capability `{}`", name.escape_debug());
                reader.problem(has.at, message);
            }
        }
    }
    if let Some(version) = node.get("version") {
        when.version = read_version(reader, version);
    }
    when
}

fn known_words(
    reader: &mut Reader<'_>,
    node: &Node,
    key: &str,
    words: &[(&str, ())],
) -> Vec<String> {
    let items: Vec<&Node> = match &node.kind {
        Kind::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    items
        .into_iter()
        .filter(|item| reader.word(item, key, words).is_some())
        .filter_map(|item| item.as_text().map(str::to_owned))
        .collect()
}

fn read_version(reader: &mut Reader<'_>, node: &Node) -> Option<VersionRange> {
    let text = reader.text_of(node, "version")?;
    let parts: Vec<&str> = text.split_whitespace().collect();
    let range = match parts.as_slice() {
        [provider, operator, version] => {
            let provider = match *provider {
                "e2b" => Some(Provider::E2b),
                "daytona" => Some(Provider::Daytona),
                _ => None,
            };
            let known = ["<", "<=", ">", ">=", "="].contains(operator);
            match (provider, known, numbers(version)) {
                (Some(provider), true, Some(version)) => Some(VersionRange {
                    provider,
                    operator: (*operator).to_owned(),
                    version,
                }),
                _ => None,
            }
        }
        _ => None,
    };
    if range.is_none() {
        reader.problem(node.at, "`version` is written like `daytona < 0.230`");
    }
    range
}
