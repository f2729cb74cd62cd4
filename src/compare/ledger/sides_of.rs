//! Reads what the sides of a shape give.

use cutover_base::blob::Blob;

use crate::call::{Provider, Stack};
use crate::compare::ledger::entry::{EntryKind, ShapeSides, SideName, SideShape, ValueShape};
use crate::compare::ledger::inside::LinePattern;
use crate::scenario::Found;
use crate::scenario::matcher::{Matcher, Operator};
use crate::scenario::node::{Key, Kind, Node};
use crate::scenario::reader::Reader;

pub(super) fn read_sides(
    reader: &mut Reader<'_>,
    node: &Node,
    kind: Option<EntryKind>,
) -> Option<ShapeSides> {
    let (from, to, both) = (node.get("from"), node.get("to"), node.get("both"));
    match (kind, from, to, both) {
        (None, ..) => None,
        (Some(EntryKind::Divergence | EntryKind::Standing), Some(from), Some(to), None) => {
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
        (Some(EntryKind::Standing), ..) => {
            reader.problem(node.at, "a standing entry has `from` and `to`");
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
    if matches!(value, ValueShape::Inside(_)) {
        reader.problem(
            node.at,
            "`inside` is about lines that differ: use `matches`",
        );
        return None;
    }
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
    if let [(key, value)] = operators.as_slice()
        && key.text == "inside"
    {
        let text = reader.text_of(value, "inside")?;
        return LinePattern::parse(&text)
            .map(ValueShape::Inside)
            .map_err(|why| reader.problem(value.at, format!("`inside` {why}")))
            .ok();
    }
    if let Some((key, _)) = operators.iter().find(|(key, _)| key.text == "inside") {
        reader.problem(key.at, "`inside` stands alone beside `side`");
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
