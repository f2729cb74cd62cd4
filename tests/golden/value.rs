//! Values as they are recorded.

use cutover_js::{Array, Object, Value};

/// Descriptions of tools are masked in the recording: ours are our own.
pub(crate) fn without_descriptions(result: &Value) -> Value {
    match result {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let is_text = *name == "description" && value.as_text().is_some();
                let value = if is_text {
                    "<text>".into()
                } else {
                    without_descriptions(value)
                };
                (name.clone(), value)
            })
            .collect::<Object>()
            .into(),
        Value::Array(items) => items
            .iter()
            .map(without_descriptions)
            .collect::<Array>()
            .into(),
        other => other.clone(),
    }
}

pub(crate) fn object(members: &[(&str, Value)]) -> Value {
    let members = members.iter().map(|(name, value)| (*name, value.clone()));
    members.collect::<Object>().into()
}

pub(crate) fn count(number: usize) -> Value {
    Value::from(u32::try_from(number).unwrap())
}
