//! Names of sandboxes as keys.

use cutover_js::{Text, Value};

/// A name as a key of a JavaScript `Map`: equal texts and numbers are the same, two objects never.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Undefined,
    Null,
    Flag(bool),
    Number(u64),
    Text(Text),
}

impl Key {
    /// None for arrays and objects, which equal only themselves.
    pub(crate) fn of(name: Option<&Value>) -> Option<Self> {
        match name {
            None => Some(Self::Undefined),
            Some(Value::Null) => Some(Self::Null),
            Some(Value::Bool(flag)) => Some(Self::Flag(*flag)),
            // 0 and -0 are one key.
            Some(Value::Number(number)) => Some(Self::Number((number + 0.0).to_bits())),
            Some(Value::String(text)) => Some(Self::Text(text.clone())),
            Some(Value::Array(_) | Value::Object(_)) => None,
        }
    }
}
