//! Members of what JavaScript calls objects.

use cutover_js::Text;
use cutover_js::{Object, Value};

use crate::failure::Failure;

/// `value.key`: none for what is not there and for `null`.
pub(crate) fn of<'a>(value: &'a Value, key: &str) -> Result<Option<&'a Value>, Failure> {
    match value {
        Value::Null => {
            let words = format!("Cannot read properties of null (reading '{key}')");
            Err(Failure::thrown(words))
        }
        Value::Object(object) => Ok(object.get(key).filter(|value| **value != Value::Null)),
        _ => Ok(None),
    }
}

/// `value.key ?? text`.
pub(crate) fn or(value: &Value, key: &str, text: &str) -> Result<Value, Failure> {
    let found = of(value, key)?.cloned();
    Ok(found.unwrap_or_else(|| Value::String(Text::from(text))))
}

/// A body with these of the arguments; what is not given is not in it.
pub(crate) fn body(arguments: &Object, keys: &[&str]) -> Object {
    let mut body = Object::new();
    for key in keys {
        if let Some(value) = arguments.get(key) {
            body.insert(Text::from(*key), value.clone());
        }
    }
    body
}
