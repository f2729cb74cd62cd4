//! Reads one shape of an entry.

use crate::call::Surface;
use crate::compare::ledger::entry::{EntryKind, Shape, ShapeSides, SideShape, ValueShape, When};
use crate::compare::ledger::inside::{LinePattern, LineRule, Moved};
use crate::compare::ledger::pattern::CasePattern;
use crate::compare::ledger::place::{Place, StepPattern};
use crate::compare::ledger::sides_of::read_sides;
use crate::compare::ledger::when_of::read_when;
use crate::compare::verdict::{Effect, Gate};
use crate::scenario::field_path::FieldPath;
use crate::scenario::matcher::Operator;
use crate::scenario::nearest;
use crate::scenario::node::{Kind, Node};
use crate::scenario::reader::Reader;
use crate::scenario::verbs::{ALL, Verb, field_names, fields_of};

pub(super) const EFFECTS: [(&str, Effect); 4] = [
    ("improvement", Effect::Improvement),
    ("regression", Effect::Regression),
    ("change", Effect::Change),
    ("wording", Effect::Wording),
];

pub(super) const GATES: [(&str, Gate); 2] = [("allow", Gate::Allow), ("block", Gate::Block)];

pub(super) const KEYS: [&str; 13] = [
    "case", "step", "verb", "field", "from", "to", "both", "same", "moved", "follows", "effect",
    "gate", "when",
];

pub(super) fn read_shape(
    reader: &mut Reader<'_>,
    node: &Node,
    kind: Option<EntryKind>,
) -> Option<Shape> {
    reader.map(node, "a shape", &KEYS)?;
    let place = read_place(reader, node);
    let field = read_field(reader, node, place.as_ref(), "a shape");
    let sides = read_sides(reader, node, kind);
    let lines = read_lines(reader, node, sides.as_ref());
    let follows = read_flag(reader, node, "follows");
    let effect = node
        .get("effect")
        .and_then(|value| reader.word(value, "effect", &EFFECTS));
    let gate = node
        .get("gate")
        .and_then(|value| reader.word(value, "gate", &GATES));
    let when = node
        .get("when")
        .map_or_else(When::default, |when| read_when(reader, when));
    let (place, sides) = (place?, sides?);
    if place.is_wide() {
        check_wide(reader, node, &sides)?;
    }
    Some(Shape {
        place,
        field: field?,
        sides,
        lines: lines?,
        follows: follows?,
        effect,
        gate,
        when,
        line: node.at.line,
        column: node.at.column,
    })
}

/// The one shape of a standing entry, whose keys stand on the entry itself.
pub(super) fn read_standing(reader: &mut Reader<'_>, node: &Node) -> Option<Shape> {
    for key in ["shapes", "case", "step"] {
        if let Some(value) = node.get(key) {
            let message = format!("a standing entry is about every call of its `verb`: no `{key}`");
            reader.problem(value.at, message);
        }
    }
    let verb = reader
        .required(node, "a standing entry", "verb")
        .and_then(|value| read_verb(reader, value));
    let place = verb.map(|verb| Place::Verb { verb, case: None });
    let field = read_field(reader, node, place.as_ref(), "a standing entry");
    let sides = read_sides(reader, node, Some(EntryKind::Standing));
    if let Some(ShapeSides::Pair { from, to }) = &sides {
        for (key, side) in [("from", from), ("to", to)] {
            if matches!(side.value, ValueShape::Inside(_)) {
                let at = node.get(key).map_or(node.at, |side| side.at);
                reader.problem(at, "a standing entry is about whole values, not lines");
                return None;
            }
        }
    }
    Some(Shape {
        place: place?,
        field: field?,
        sides: sides?,
        lines: LineRule::default(),
        follows: false,
        effect: None,
        gate: None,
        when: When::default(),
        line: node.at.line,
        column: node.at.column,
    })
}

fn read_place(reader: &mut Reader<'_>, node: &Node) -> Option<Place> {
    let pattern = |reader: &mut Reader<'_>, text: &str| {
        let at = node.get("case").map_or(node.at, |case| case.at);
        CasePattern::parse_glob(text)
            .map_err(|why| reader.problem(at, why))
            .ok()
    };
    let Some(verb) = node.get("verb") else {
        let case = reader
            .text(node, "a shape", "case")
            .and_then(|text| pattern(reader, &text));
        let step = reader.text(node, "a shape", "step");
        return Some(Place::Steps {
            case: case?,
            step: StepPattern(step?),
        });
    };
    if let Some(step) = node.get("step") {
        reader.problem(step.at, "a shape names a `step` or a `verb`, not both");
    }
    let verb = read_verb(reader, verb);
    let case = match reader.optional_text(node, "case") {
        Some(text) => Some(pattern(reader, &text)?),
        None => None,
    };
    Some(Place::Verb { verb: verb?, case })
}

fn read_verb(reader: &mut Reader<'_>, node: &Node) -> Option<&'static Verb> {
    let name = reader.text_of(node, "verb")?;
    let verb = Verb::from_name(&name).filter(|verb| verb.call.is_some());
    if verb.is_none() {
        let calls = ALL.into_iter().filter(|verb| verb.call.is_some());
        let names: Vec<&str> = calls.map(|verb| verb.name).collect();
        let help = nearest(&name, &names).map(|near| format!("did you mean `{near}`?"));
        let message = format!("no call has the verb `{}`", name.escape_debug());
        reader.problem_with_help(node.at, message, help);
    }
    verb
}

fn read_field(
    reader: &mut Reader<'_>,
    node: &Node,
    place: Option<&Place>,
    what: &str,
) -> Option<FieldPath> {
    let text = reader.text(node, what, "field")?;
    let at = node.get("field").map_or(node.at, |field| field.at);
    let path = FieldPath::parse(&text)
        .map_err(|error| reader.problem(at, error.to_string()))
        .ok()?;
    let Some(place) = place else {
        return Some(path);
    };
    let surfaces = place.surfaces();
    let known: Vec<&str> = surfaces
        .iter()
        .flat_map(|on| fields_at(place, *on))
        .collect();
    if known.contains(&path.field.as_str()) {
        return Some(path);
    }
    let message = match (place, surfaces.as_slice()) {
        (Place::Verb { verb, .. }, _) => format!("`{}` gives no field `{}`", verb.name, path.field),
        (_, [surface]) => format!("surface {surface} has no field `{}`", path.field),
        _ => format!("no surface has a field `{}`", path.field),
    };
    let help = Some(format!("it has: {}", known.join(", ")));
    reader.problem_with_help(at, message, help);
    None
}

fn fields_at(place: &Place, surface: Surface) -> Vec<&'static str> {
    match place {
        Place::Steps { .. } => field_names(surface).collect(),
        Place::Verb { verb, .. } => fields_of(verb, surface).map(|field| field.name).collect(),
    }
}

/// `same` and `moved`, which say how lines of both sides go together.
fn read_lines(
    reader: &mut Reader<'_>,
    node: &Node,
    sides: Option<&ShapeSides>,
) -> Option<LineRule> {
    let moved = read_moved(reader, node);
    let same = node
        .get("same")
        .map_or_else(Vec::new, |same| reader.texts(same, "same"));
    let patterns = sides.map(line_patterns).unwrap_or_default();
    let rule = LineRule {
        same,
        moved: moved?,
    };
    if sides.is_none() {
        return Some(rule);
    }
    let alone = |side: &SideShape| is_absent(&side.value);
    let fits_together = match sides {
        Some(ShapeSides::Pair { from, to }) if patterns.len() == 1 => alone(from) || alone(to),
        _ => true,
    };
    if !fits_together {
        reader.problem(
            node.at,
            "`inside` stands on both sides; a side that has no such line says `absent: true`",
        );
        return None;
    }
    for (key, used) in [
        ("same", !rule.same.is_empty()),
        ("moved", rule.moved != Moved::None),
    ] {
        if used && patterns.len() < 2 {
            let at = node.get(key).map_or(node.at, |value| value.at);
            reader.problem(
                at,
                format!("`{key}` is about lines: it needs `inside` on both sides"),
            );
            return None;
        }
    }
    for name in &rule.same {
        if !patterns.iter().all(|pattern| pattern.has_group(name)) {
            let at = node.get("same").map_or(node.at, |value| value.at);
            let message = format!("no group `{}` on both sides", name.escape_debug());
            let help = Some(format!("write `(?<{name}>...)` in both patterns"));
            reader.problem_with_help(at, message, help);
            return None;
        }
    }
    Some(rule)
}

fn line_patterns(sides: &ShapeSides) -> Vec<&LinePattern> {
    let ShapeSides::Pair { from, to } = sides else {
        return Vec::new();
    };
    [from, to]
        .into_iter()
        .filter_map(|side| match &side.value {
            ValueShape::Inside(pattern) => Some(pattern),
            ValueShape::Any | ValueShape::Matches(_) => None,
        })
        .collect()
}

fn is_absent(value: &ValueShape) -> bool {
    matches!(value, ValueShape::Matches(matcher)
        if matches!(matcher.operators.as_slice(), [Operator::Absent(true)]))
}

fn read_moved(reader: &mut Reader<'_>, node: &Node) -> Option<Moved> {
    match node.get("moved").map(|value| (&value.kind, value.at)) {
        None | Some((Kind::Bool(false), _)) => Some(Moved::None),
        Some((Kind::Bool(true), _)) => Some(Moved::Matching),
        Some((Kind::Text(word), _)) if word == "stderr" => Some(Moved::Stderr),
        Some((_, at)) => {
            reader.problem(at, "`moved` is `true` (lines that match) or `stderr`");
            None
        }
    }
}

fn read_flag(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<bool> {
    match node.get(key).map(|value| (&value.kind, value.at)) {
        None => Some(false),
        Some((Kind::Bool(flag), _)) => Some(*flag),
        Some((_, at)) => {
            reader.problem(at, format!("`{key}` is `true` or `false`"));
            None
        }
    }
}

fn fits_a_blank_line(operator: &Operator) -> bool {
    matches!(operator, Operator::Matches(pattern) if pattern.is_match(b"\n"))
}

/// A shape over many steps must say what it expects: it would otherwise explain whatever differs
/// there.
fn check_wide(reader: &mut Reader<'_>, node: &Node, sides: &ShapeSides) -> Option<()> {
    let ShapeSides::Pair { from, to } = sides else {
        reader.problem(node.at, "a shared entry names one case and one step");
        return None;
    };
    for (key, side, other) in [("from", from, to), ("to", to, from)] {
        let at = node.get(key).map_or(node.at, |side| side.at);
        let message = match &side.value {
            ValueShape::Any => "a shape over many steps may not use `any`",
            // Where the other side has no such field, nothing can be lost.
            ValueShape::Matches(_) if is_absent(&other.value) => continue,
            ValueShape::Matches(matcher) if matches!(matcher.operators.as_slice(), [Operator::Equals(value)] if value == "") => {
                "a shape over many steps may not expect the empty text: lost output would pass"
            }
            ValueShape::Matches(matcher) if matcher.operators.iter().any(fits_a_blank_line) => {
                "a shape over many steps may not have a pattern that fits an empty line"
            }
            ValueShape::Matches(_) | ValueShape::Inside(_) => continue,
        };
        reader.problem(at, message);
        return None;
    }
    Some(())
}
