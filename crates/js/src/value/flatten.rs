//! `String(array)`: JavaScript's `join`, without a call per level of nesting.

use super::kinds::{Array, Value};
use crate::{Text, numbers};

impl Value {
    /// JavaScript's `String(value)`, which a template literal does, too: arrays flatten
    /// (`[[1,[2]],null,"x"]` is `1,2,,x`), an object is `[object Object]`.
    pub fn to_js_string(&self) -> Text {
        match self {
            Self::Null => "null".into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            Self::Number(number) => numbers::to_js_string(*number).into(),
            Self::String(text) => text.clone(),
            Self::Array(items) => flattened(items),
            Self::Object(_) => "[object Object]".into(),
        }
    }
}

/// The members of an array, and of arrays in it, with commas between; `null` is nothing.
fn flattened(items: &Array) -> Text {
    let mut text = Text::new();
    let mut open = vec![items.iter()];
    let mut first = true;
    while let Some(items) = open.last_mut() {
        let Some(item) = items.next() else {
            open.pop();
            first = false;
            continue;
        };
        if !first {
            text.push_str(",");
        }
        first = false;
        match item {
            Value::Null => {}
            Value::Array(items) => {
                open.push(items.iter());
                first = true;
            }
            other => text.push_text(&other.to_js_string()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Object;

    fn array(items: Vec<Value>) -> Value {
        Value::from(items)
    }

    #[test]
    fn arrays_flatten_as_in_javascript() {
        let nested = array(vec![
            array(vec![1.into(), array(vec![2.into()])]),
            Value::Null,
            "x".into(),
        ]);
        assert_eq!(nested.to_js_string(), "1,2,,x");
        assert_eq!(array(vec![]).to_js_string(), "");
        let empty = array(vec![array(vec![]), array(vec![]), array(vec![Value::Null])]);
        assert_eq!(empty.to_js_string(), ",,");
        let objects = array(vec![
            Object::new().into(),
            true.into(),
            Object::new().into(),
        ]);
        assert_eq!(
            objects.to_js_string(),
            "[object Object],true,[object Object]"
        );
    }

    #[test]
    fn depth_does_not_matter() {
        let mut value = Value::from("x");
        for _ in 0..200_000 {
            value = array(vec![value]);
        }
        assert_eq!(value.to_js_string(), "x");
        assert_eq!(value, value.clone());
    }
}
