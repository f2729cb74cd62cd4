//! What can be asked of a value.

use std::fmt;

use super::kinds::{Object, Value};
use crate::Text;

impl Value {
    /// Whether JavaScript takes it for true: all but `null`, `false`, `0`, `NaN` and `""`.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::String(text) => !text.is_empty(),
            Self::Array(_) | Self::Object(_) => true,
        }
    }

    /// The name that zod's messages have for its type: `null`, `boolean`, `number`, `nan`, `string`,
    /// `array`, `object`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(number) if number.is_nan() => "nan",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// The string, if it is one.
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// A member of an object. Nothing else has members here: not the `length` of a string, nothing
    /// that JavaScript inherits (`constructor`).
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }
}

/// Arrays and objects with their number of members only.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => fmt::Debug::fmt(text, f),
            Self::Array(items) => write!(f, "[array of {}]", items.len()),
            Self::Object(members) => write!(f, "{{object of {}}}", members.len()),
            other => write!(f, "{}", other.to_js_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_truthy() {
        let falsy = [
            Value::Null,
            false.into(),
            0.into(),
            (-0.0).into(),
            f64::NAN.into(),
            "".into(),
        ];
        assert!(falsy.iter().all(|value| !value.is_truthy()));
        let truthy = [
            Value::from(true),
            "0".into(),
            0.5.into(),
            vec![].into(),
            Object::new().into(),
        ];
        assert!(truthy.iter().all(Value::is_truthy));
    }
}
