//! Points of a scenario's matrix and the ids of its cases.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::Value;

use crate::call::Surface;
use crate::scenario::model::Scenario;
use crate::scenario::template::Bindings;

/// Every combination of the axes' values; the last axis changes fastest. A scenario without a
/// matrix has one point, the empty one.
pub fn points(scenario: &Scenario) -> Vec<IndexMap<String, Value>> {
    let mut points = vec![IndexMap::new()];
    for (axis, values) in &scenario.matrix {
        points = points
            .iter()
            .flat_map(|point| {
                values.iter().map(|value| {
                    let mut longer = point.clone();
                    longer.insert(axis.clone(), value.clone());
                    longer
                })
            })
            .collect();
    }
    points
}

/// `provider/files/roundtrip/size=1MiB`: surface, scenario, then `AXIS=VALUE` for each axis in
/// the order of the file. In values, what would make the id ambiguous or hard to type is
/// percent-encoded.
pub fn case_id(scenario: &Scenario, surface: Surface, point: &IndexMap<String, Value>) -> String {
    let mut id = format!("{surface}/{}", scenario.name);
    for (axis, value) in point {
        id.push('/');
        id.push_str(axis);
        id.push('=');
        push_encoded(&mut id, &point_text(value));
    }
    id
}

/// The text that `${{ matrix.AXIS }}` stands for: a string as it is, anything else as JSON.
pub fn point_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a point's references `matrix.AXIS` stand for.
pub fn point_bindings(point: &IndexMap<String, Value>) -> Bindings {
    point
        .iter()
        .map(|(axis, value)| (format!("matrix.{axis}"), point_text(value)))
        .collect()
}

fn push_encoded(id: &mut String, text: &str) {
    for c in text.chars() {
        let plain = c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '~' | ':' | '@');
        if plain {
            id.push(c);
            continue;
        }
        let mut buffer = [0; 4];
        for byte in c.encode_utf8(&mut buffer).bytes() {
            // Writing to a string cannot fail.
            let _ = write!(id, "%{byte:02X}");
        }
    }
}
