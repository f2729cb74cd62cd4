//! A chart as the daemon passes it on: the fields that it knows, in its order (contract 2.4 and the
//! published client's model of a chart).

use serde_json::{Map, Value};

/// What kind of value a field has.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Texts,
    Numbers,
    Elements,
}

/// Fields of a chart behind `type`.
const FIELDS: [(&str, Kind); 11] = [
    ("title", Kind::Text),
    ("png", Kind::Text),
    ("x_label", Kind::Text),
    ("y_label", Kind::Text),
    ("x_ticks", Kind::Numbers),
    ("y_ticks", Kind::Numbers),
    ("x_tick_labels", Kind::Texts),
    ("y_tick_labels", Kind::Texts),
    ("x_scale", Kind::Text),
    ("y_scale", Kind::Text),
    ("elements", Kind::Elements),
];

/// The chart in a line; `None` when it carries none.
pub(super) fn read(carried: &[u8]) -> Option<Value> {
    let Value::Object(mut carried) = serde_json::from_slice(carried).ok()? else {
        return None;
    };
    if carried.get("type").and_then(Value::as_str) != Some("chart") {
        return None;
    }
    let Some(Value::Object(given)) = carried.shift_remove("value") else {
        return None;
    };
    let mut chart = Map::new();
    let kind = given.get("type").cloned().unwrap_or("".into());
    chart.insert("type".to_owned(), kind.is_string().then_some(kind)?);
    for (name, kind) in FIELDS {
        let value = given.get(name).filter(|value| !value.is_null());
        let Some(value) = value else {
            if matches!(kind, Kind::Elements) {
                chart.insert(name.to_owned(), Value::Null);
            }
            continue;
        };
        if !fits(value, kind) {
            return None;
        }
        if !is_empty(value) || matches!(kind, Kind::Elements) {
            chart.insert(name.to_owned(), value.clone());
        }
    }
    Some(Value::Object(chart))
}

fn fits(value: &Value, kind: Kind) -> bool {
    let all = |is: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(is));
    match kind {
        Kind::Text => value.is_string(),
        Kind::Texts => all(Value::is_string),
        Kind::Numbers => all(Value::is_number),
        Kind::Elements => all(Value::is_object),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn charts_keep_what_is_known_of_them() {
        let chart = |value: Value| json!({"type": "chart", "value": value}).to_string();
        let cases = [
            (
                chart(json!({})),
                Some(json!({"type": "", "elements": null})),
            ),
            (
                chart(json!({"elements": [{"label": "a"}], "own": 1, "title": "", "type": "bar"})),
                Some(json!({"type": "bar", "elements": [{"label": "a"}]})),
            ),
            (
                chart(json!({"type": "line", "x_ticks": [1, 2.5], "elements": []})),
                Some(json!({"type": "line", "x_ticks": [1, 2.5], "elements": []})),
            ),
            (chart(json!({"type": 1})), None),
            (chart(json!({"x_ticks": ["a"]})), None),
            (chart(json!(3)), None),
            (json!({"type": "other", "value": {}}).to_string(), None),
            ("{".to_owned(), None),
        ];
        for (carried, expected) in cases {
            assert_eq!(read(carried.as_bytes()), expected, "{carried}");
        }
    }
}
