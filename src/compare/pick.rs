//! Takes a compared value out of an outcome, raw and normalised.

use std::io;

use serde_json::{Map, Value};

use crate::call::Outcome;
use crate::compare::fields::FieldSpec;
use crate::normalise::{Content, Normalised, Normaliser, own_rules};
use crate::scenario::field_path::FieldPath;
use crate::scenario::model::{CompareKind, NormaliseRule};

/// Fields that are text, in whichever of our two forms it came.
const TEXT_FIELDS: [&str; 5] = ["text", "stdout", "stderr", "output", "content"];

/// A field's value in one replay.
#[derive(Debug)]
pub(crate) struct Picked {
    /// As it came.
    pub(crate) raw: Content,
    /// As it is compared.
    pub(crate) normalised: Normalised,
}

/// The parts of an entry that are compared: the rest (mode, time, owner) depends on the image
/// and the moment, and is compared by a path of its own.
const ENTRY_KEYS: [&str; 3] = ["name", "kind", "size"];

/// Takes the value that `spec` names. What another rule of the step names below it is taken out:
/// it is compared there, or ignored.
///
/// # Errors
/// When the file of a spilled blob cannot be read.
pub(crate) fn pick(
    spec: &FieldSpec,
    all: &[FieldSpec],
    outcome: &Outcome,
    normaliser: &Normaliser,
    own: &[NormaliseRule],
) -> io::Result<Picked> {
    let field = spec.path.field.as_str();
    let root = Content::load(outcome.fields.get(field))?;
    let mut changed = root.clone();
    let mut rules = Vec::new();
    if spec.normalised {
        rules = own_rules(field, &mut changed, own);
    }
    let (raw, changed) = match (&root, &changed) {
        (Content::Json(before), Content::Json(after)) => {
            let places = places(&spec.path, before);
            let apart = taken_out(spec, all, before, &places);
            let plural = is_plural(&spec.path);
            let take = |value: &Value| part(value, &places, &apart, plural);
            let (mut raw, mut new) = (take(before), take(after));
            if spec.path.text == "$.entries" {
                raw = raw.map(entries);
                new = new.map(entries);
            }
            let content = |value: Option<Value>| value.map_or(Content::Absent, Content::Json);
            (content(raw), content(new))
        }
        // Bytes are leaves: nothing is below them.
        _ if spec.path.below.is_some() => (Content::Absent, Content::Absent),
        _ => (root.clone(), changed.clone()),
    };
    let (raw, changed) = match spec.kind {
        // Text that holds JSON is read as JSON; a JSON text within a body stays text.
        CompareKind::Json if is_text(&root) || TEXT_FIELDS.contains(&field) => {
            (raw.text_as_bytes(), changed.parsed())
        }
        CompareKind::Json | CompareKind::Exact | CompareKind::Class | CompareKind::Within(_) => {
            (raw, changed)
        }
        _ => (raw.text_as_bytes(), changed.text_as_bytes()),
    };
    let normalised = if spec.normalised {
        normaliser.apply(field, changed, rules)
    } else {
        Normalised::untouched(changed)
    };
    Ok(Picked { raw, normalised })
}

fn is_text(content: &Content) -> bool {
    matches!(content, Content::Bytes(_))
}

/// JSON pointers of what a path finds.
fn places(path: &FieldPath, root: &Value) -> Vec<String> {
    match &path.below {
        None => vec![String::new()],
        Some(below) => below
            .query_located(root)
            .locations()
            .map(serde_json_path::NormalizedPath::to_json_pointer)
            .collect(),
    }
}

/// Pointers below `places` that other rules of the step speak for.
fn taken_out(spec: &FieldSpec, all: &[FieldSpec], root: &Value, places: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    for other in all {
        let speaks = other.explicit
            && other.path.field == spec.path.field
            && other.path.below.is_some()
            && other.path.text != spec.path.text;
        if !speaks {
            continue;
        }
        for place in self::places(&other.path, root) {
            if places.iter().any(|mine| is_below(&place, mine)) && !out.contains(&place) {
                out.push(place);
            }
        }
    }
    // Later elements first, so that taking one out does not move the others.
    out.sort_by(|a, b| later_first(a, b));
    out
}

fn is_below(place: &str, above: &str) -> bool {
    place.len() > above.len() && place.starts_with(above) && place[above.len()..].starts_with('/')
}

fn later_first(a: &str, b: &str) -> std::cmp::Ordering {
    let (mut left, mut right) = (a.split('/'), b.split('/'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return std::cmp::Ordering::Equal,
            (None, Some(_)) => return std::cmp::Ordering::Greater,
            (Some(_), None) => return std::cmp::Ordering::Less,
            (Some(x), Some(y)) => match (x.parse::<usize>(), y.parse::<usize>()) {
                (Ok(x), Ok(y)) => y.cmp(&x),
                _ => y.cmp(x),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn part(root: &Value, places: &[String], apart: &[String], plural: bool) -> Option<Value> {
    let mut found: Vec<Value> = places
        .iter()
        .filter_map(|place| {
            let mut value = root.pointer(place)?.clone();
            for gone in apart.iter().filter(|gone| is_below(gone, place)) {
                remove(&mut value, &gone[place.len()..]);
            }
            Some(value)
        })
        .collect();
    match (found.len(), plural) {
        (0, _) => None,
        (1, false) => found.pop(),
        _ => Some(Value::Array(found)),
    }
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((above, last)) = pointer.rsplit_once('/') else {
        return;
    };
    match value.pointer_mut(above) {
        Some(Value::Array(items)) => {
            if let Some(index) = last.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        Some(Value::Object(map)) => {
            map.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        _ => {}
    }
}

/// Names, kinds and sizes in name order: neither provider promises an order of entries.
fn entries(value: Value) -> Value {
    let Value::Array(items) = value else {
        return value;
    };
    let mut kept: Vec<Value> = items
        .into_iter()
        .map(|item| match item {
            Value::Object(mut entry) => Value::Object(
                ENTRY_KEYS
                    .iter()
                    .filter_map(|key| Some(((*key).to_owned(), entry.remove(*key)?)))
                    .collect::<Map<_, _>>(),
            ),
            other => other,
        })
        .collect();
    kept.sort_by_cached_key(|item| item["name"].as_str().unwrap_or_default().to_owned());
    Value::Array(kept)
}

/// Whether a path can find several nodes: then its value is the list of them, even of one, so
/// that one node that is a list and the nodes of a list are told apart.
pub(crate) fn is_plural(path: &FieldPath) -> bool {
    if path.below.is_none() {
        return false;
    }
    let mut quote = None;
    let mut bracket = false;
    let mut before = ' ';
    for c in path.text.chars() {
        match (quote, c) {
            (Some(open), _) if c == open && before != '\\' => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => bracket = true,
            (None, ']') => bracket = false,
            (None, '*' | '?') => return true,
            (None, '.') if before == '.' => return true,
            (None, ':' | ',') if bracket => return true,
            _ => {}
        }
        before = c;
    }
    false
}

#[cfg(test)]
mod tests {
    use cutover_base::side::Side;

    use super::*;
    use crate::call::Surface;
    use crate::compare::fields::specs;
    use crate::compare::samples::{step, transcript, with_compare};
    use serde_json::json;

    fn picked(rules: &[(&str, CompareKind)], path: &str, outcome: &Outcome) -> Content {
        let step = with_compare(step("list_files: /a"), rules);
        let all = specs(&step, Surface::Provider, &[outcome]);
        let spec = all.iter().find(|spec| spec.path.text == path).unwrap();
        let normaliser = Normaliser::of(&transcript(Side::Source, 1, Vec::new()));
        let picked = pick(spec, &all, outcome, &normaliser, &step.normalise).unwrap();
        picked.normalised.content().clone()
    }

    fn listing() -> Outcome {
        Outcome::default().with(
            "entries",
            json!([
                {"name": "b", "kind": "file", "size": 2, "mtime": "x"},
                {"name": "a", "kind": "directory", "size": 4096, "mode": "0755"},
            ]),
        )
    }

    #[test]
    fn listings_are_compared_by_name_kind_and_size_in_name_order() {
        assert_eq!(
            picked(&[], "$.entries", &listing()),
            Content::Json(json!([
                {"name": "a", "kind": "directory", "size": 4096},
                {"name": "b", "kind": "file", "size": 2},
            ]))
        );
    }

    #[test]
    fn what_a_rule_names_is_taken_out_of_what_contains_it() {
        let ignore = CompareKind::Ignore("block size".to_owned());
        assert_eq!(
            picked(
                &[("$.entries[?@.name=='a'].size", ignore.clone())],
                "$.entries",
                &listing()
            ),
            Content::Json(json!([
                {"name": "a", "kind": "directory"},
                {"name": "b", "kind": "file", "size": 2},
            ]))
        );
        assert_eq!(
            picked(&[("$.entries[*]", ignore)], "$.entries", &listing()),
            Content::Json(json!([]))
        );
        assert_eq!(
            picked(
                &[("$.entries[?@.name=='b'].mtime", CompareKind::Exact)],
                "$.entries[?@.name=='b'].mtime",
                &listing()
            ),
            Content::Json(json!(["x"]))
        );
    }

    #[test]
    fn a_list_and_the_nodes_of_a_list_are_told_apart() {
        for (text, plural) in [
            ("entries", false),
            ("entries[0].name", false),
            ("entries['a*b'].c", false),
            ("entries[*]", true),
            ("entries..name", true),
            ("entries[0:2]", true),
            ("entries[0,1]", true),
            ("entries[?@.a=='b']", true),
        ] {
            assert_eq!(
                is_plural(&FieldPath::parse(text).unwrap()),
                plural,
                "{text}"
            );
        }
    }
}
