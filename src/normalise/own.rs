//! The step's own rules: `normalise: [{field, pattern, as, why}]`.

use bytes::Bytes;
use serde_json::Value;

use crate::normalise::content::Content;
use crate::scenario::model::NormaliseRule;

/// Applies a step's own rules to the whole value of `field` and names those that changed
/// something as `normalise:<as>`.
///
/// The structure of a JSON value stays as it is: only strings change, so a location found in the
/// raw value is the same place afterwards.
pub fn own_rules(field: &str, content: &mut Content, rules: &[NormaliseRule]) -> Vec<String> {
    let mut used = Vec::new();
    for rule in rules.iter().filter(|rule| rule.field.field == field) {
        let changed = match content {
            Content::Bytes(bytes) if rule.field.below.is_none() => replace_in_bytes(rule, bytes),
            Content::Json(value) => replace_in_json(rule, value),
            _ => false,
        };
        let name = format!("normalise:{}", rule.placeholder);
        if changed && !used.contains(&name) {
            used.push(name);
        }
    }
    used
}

fn replace_in_json(rule: &NormaliseRule, value: &mut Value) -> bool {
    let Some(path) = &rule.field.below else {
        return each_string(value, &mut |text| replace(rule, text));
    };
    let places: Vec<String> = path
        .query_located(value)
        .locations()
        .map(serde_json_path::NormalizedPath::to_json_pointer)
        .collect();
    let mut changed = false;
    for place in places {
        if let Some(node) = value.pointer_mut(&place) {
            changed |= each_string(node, &mut |text| replace(rule, text));
        }
    }
    changed
}

fn each_string(value: &mut Value, change: &mut impl FnMut(&str) -> Option<String>) -> bool {
    match value {
        Value::String(text) => match change(text) {
            Some(new) => {
                *text = new;
                true
            }
            None => false,
        },
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |changed, item| each_string(item, change) | changed),
        Value::Object(map) => map
            .values_mut()
            .fold(false, |changed, item| each_string(item, change) | changed),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn replace_in_bytes(rule: &NormaliseRule, bytes: &mut Bytes) -> bool {
    let new = match std::str::from_utf8(bytes) {
        Ok(text) => replace(rule, text).map(String::into_bytes),
        // The same pattern on bytes: it matches within the parts that are UTF-8.
        Err(_) => regex::bytes::Regex::new(rule.pattern.as_str())
            .ok()
            .and_then(|pattern| replace_raw(&pattern, &rule.placeholder, bytes)),
    };
    match new {
        Some(new) => {
            *bytes = Bytes::from(new);
            true
        }
        None => false,
    }
}

/// Replaces the first group of each match, or the whole match when there is no group.
fn replace(rule: &NormaliseRule, text: &str) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    for groups in rule.pattern.captures_iter(text) {
        let Some(found) = groups.get(1).or_else(|| groups.get(0)) else {
            continue;
        };
        out.push_str(&text[copied..found.start()]);
        out.push('<');
        out.push_str(&rule.placeholder);
        out.push('>');
        copied = found.end();
    }
    out.push_str(&text[copied..]);
    (out != text).then_some(out)
}

fn replace_raw(pattern: &regex::bytes::Regex, name: &str, text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut copied = 0;
    for groups in pattern.captures_iter(text) {
        let Some(found) = groups.get(1).or_else(|| groups.get(0)) else {
            continue;
        };
        out.extend_from_slice(&text[copied..found.start()]);
        out.extend_from_slice(format!("<{name}>").as_bytes());
        copied = found.end();
    }
    out.extend_from_slice(&text[copied..]);
    (out != text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::field_path::FieldPath;
    use serde_json::json;

    fn rule(field: &str, below: Option<&str>, pattern: &str) -> NormaliseRule {
        NormaliseRule {
            field: FieldPath {
                text: format!("$.{field}"),
                field: field.to_owned(),
                below: below.map(|path| serde_json_path::JsonPath::parse(path).unwrap()),
            },
            pattern: regex::Regex::new(pattern).unwrap(),
            placeholder: "port".to_owned(),
            why: "chosen by the kernel".to_owned(),
        }
    }

    fn on_bytes(pattern: &str, text: &[u8]) -> (Vec<u8>, usize) {
        let mut content = Content::Bytes(Bytes::copy_from_slice(text));
        let used = own_rules("output", &mut content, &[rule("output", None, pattern)]);
        match content {
            Content::Bytes(bytes) => (bytes.to_vec(), used.len()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_group_is_replaced_and_the_rest_of_the_match_stays() {
        let (text, used) = on_bytes(r"port (\d+)", b"port 4100\nport 4101\n");
        assert_eq!(
            (text.as_slice(), used),
            (b"port <port>\nport <port>\n".as_slice(), 1)
        );
        let (text, _) = on_bytes(r"\d+", b"a 1 b");
        assert_eq!(text, b"a <port> b");
        let (text, _) = on_bytes(r"port (\d+)", b"\xffport 41\n");
        assert_eq!(text, b"\xffport <port>\n");
    }

    #[test]
    fn what_the_pattern_does_not_match_and_other_fields_stay() {
        assert_eq!(
            on_bytes(r"port (\d+)", b"pid 4100\n"),
            (b"pid 4100\n".to_vec(), 0)
        );
        let mut content = Content::Bytes(Bytes::from_static(b"port 41"));
        let used = own_rules("stderr", &mut content, &[rule("output", None, r"\d+")]);
        assert!(used.is_empty());
        assert_eq!(content, Content::Bytes(Bytes::from_static(b"port 41")));
    }

    #[test]
    fn below_a_path_only_that_place_changes() {
        let mut content = Content::Json(json!({"a": "port 1", "b": "port 1", "n": 1}));
        let used = own_rules("body", &mut content, &[rule("body", Some("$.a"), r"\d+")]);
        assert_eq!(used, ["normalise:port"]);
        assert_eq!(
            content,
            Content::Json(json!({"a": "port <port>", "b": "port 1", "n": 1}))
        );
    }
}
