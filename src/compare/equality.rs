//! When two normalised values are one value, by kind of comparison.

use bytes::Bytes;
use cutover_base::blob::sha256_hex;
use cutover_base::by_side::BySide;
use cutover_base::side::Side;
use serde_json::Value;

use crate::normalise::Content;
use crate::scenario::model::CompareKind;

/// Brings a normalised value into the form in which its kind compares it.
pub(crate) fn canonical(kind: &CompareKind, content: Content) -> Content {
    match (kind, content) {
        (CompareKind::Class, Content::Json(Value::Object(failure))) => failure
            .get("class")
            .map_or(Content::Absent, |class| Content::Json(class.clone())),
        (CompareKind::LinesAnyOrder, Content::Bytes(bytes)) => {
            Content::Bytes(Bytes::from(sorted_lines(&bytes)))
        }
        (_, content) => content,
    }
}

/// Lines in byte order. Whether the text ends in a newline stays visible.
fn sorted_lines(bytes: &[u8]) -> Vec<u8> {
    let ended = bytes.last() == Some(&b'\n');
    let body = if ended {
        &bytes[..bytes.len() - 1]
    } else {
        bytes
    };
    let mut lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    let mut out = lines.join(&b'\n');
    if ended {
        out.push(b'\n');
    }
    out
}

/// A text that is the same exactly for equal values. Numbers are compared as they were written
/// (1 and 1.0 are two), keys of objects in any order.
pub(crate) fn key(content: &Content) -> String {
    match content {
        Content::Absent => "absent".to_owned(),
        Content::Json(value) => {
            let mut text = String::new();
            write_json(value, &mut text);
            format!("json {}", sha256_hex(text.as_bytes()))
        }
        Content::Bytes(bytes) => format!("bytes {}", sha256_hex(bytes)),
        Content::Large { sha256, .. } => format!("bytes {sha256}"),
    }
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for key in keys {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_json(&map[key], out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_json(item, out);
                out.push(',');
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// Keys of the values of both sides: equal keys are one value.
///
/// `within` is no equality (5 is near 8, 8 near 13, 5 not near 13), so it is judged over all
/// values at once: all of both sides near each other are one value; else each side that is near
/// itself is one.
pub(crate) fn keys(kind: &CompareKind, values: BySide<&[Content]>) -> BySide<Vec<String>> {
    let plain = |side: &[Content]| -> Vec<String> { side.iter().map(key).collect() };
    let CompareKind::Within(times) = kind else {
        return values.map(plain);
    };
    let near = |values: &mut dyn Iterator<Item = &Content>| all_near(values, *times);
    if near(&mut values.source.iter().chain(values.target)) {
        let same = |side: &[Content]| vec!["within".to_owned(); side.len()];
        return values.map(same);
    }
    BySide::from_fn(|side: Side| {
        let values = values[side];
        if near(&mut values.iter()) {
            vec![side.name().to_owned(); values.len()]
        } else {
            plain(values)
        }
    })
}

fn all_near(values: &mut dyn Iterator<Item = &Content>, times: f64) -> bool {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        let number = match value {
            Content::Json(value) => value.as_f64(),
            _ => None,
        };
        let Some(number) = number.filter(|number| *number >= 0.0) else {
            return false;
        };
        (least, most) = (least.min(number), most.max(number));
    }
    most <= least * times
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn equal(kind: &CompareKind, a: Value, b: Value) -> bool {
        let content = |value: Value| canonical(kind, Content::Json(value).text_as_bytes());
        let (source, target) = (&[content(a)][..], &[content(b)][..]);
        let keys = keys(kind, BySide { source, target });
        keys.source == keys.target
    }

    #[test]
    fn each_kind_has_what_it_accepts_and_what_it_does_not() {
        let within = CompareKind::Within(5.0);
        for (kind, a, b, same) in [
            (CompareKind::Text, json!("a\n"), json!("a\n"), true),
            (CompareKind::Text, json!("a\n"), json!("a"), false),
            (CompareKind::Text, json!(""), json!(null), false),
            (CompareKind::Exact, json!(1), json!(1.0), false),
            (CompareKind::Exact, json!(false), json!(null), false),
            (
                CompareKind::Json,
                json!({"a": 1, "b": 2}),
                json!({"b": 2, "a": 1}),
                true,
            ),
            (CompareKind::Json, json!([1, 2]), json!([2, 1]), false),
            (CompareKind::Json, json!({"a": "1"}), json!({"a": 1}), false),
            (
                CompareKind::LinesAnyOrder,
                json!("a\nb\n"),
                json!("b\na\n"),
                true,
            ),
            (
                CompareKind::LinesAnyOrder,
                json!("a\na\n"),
                json!("a\n"),
                false,
            ),
            (
                CompareKind::LinesAnyOrder,
                json!("a\nb\n"),
                json!("b\na"),
                false,
            ),
            (
                CompareKind::Class,
                json!({"class": "x", "message": "1"}),
                json!({"class": "x"}),
                true,
            ),
            (
                CompareKind::Class,
                json!({"class": "x"}),
                json!({"class": "y"}),
                false,
            ),
            (within.clone(), json!(10), json!(50), true),
            (within.clone(), json!(10), json!(51), false),
            (within, json!(0), json!(1), false),
        ] {
            assert_eq!(equal(&kind, a.clone(), b.clone()), same, "{kind:?} {a} {b}");
        }
    }

    #[test]
    fn within_sees_the_side_that_disagrees_with_itself() {
        let of = |values: &[i64]| -> Vec<Content> {
            values.iter().map(|v| Content::Json(json!(v))).collect()
        };
        let (source, target) = (&of(&[10, 12])[..], &of(&[10, 90])[..]);
        let keys = keys(&CompareKind::Within(2.0), BySide { source, target });
        assert_eq!(keys.source, ["source", "source"]);
        assert_ne!(keys.target[0], keys.target[1]);
    }

    #[test]
    fn absence_is_a_value_of_its_own() {
        assert_ne!(key(&Content::Absent), key(&Content::Json(Value::Null)));
        assert_ne!(key(&Content::Absent), key(&Content::Bytes(Bytes::new())));
    }
}
