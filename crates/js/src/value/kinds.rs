//! JSON values as JavaScript has them: the types, and how they are let go of.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::Text;

/// A JSON value. A clone shares its arrays and objects; neither a clone nor a drop, a comparison or
/// a conversion goes deeper into the stack for a value that is nested deeper.
#[derive(Clone)]
pub enum Value {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number: JavaScript has no others.
    Number(f64),
    /// A string.
    String(Text),
    /// An array.
    Array(Array),
    /// An object.
    Object(Object),
}

/// A JSON array. It is read as a slice.
#[derive(Clone, Default)]
pub struct Array(pub(super) Option<Arc<Vec<Value>>>);

/// A JSON object. Keys that are array indices (`0`, `12`, not `01`) come first, by number; all
/// others follow in the order in which they were first put in. A key put in again keeps its place.
/// `__proto__` is a key like any other, as after `JSON.parse`.
#[derive(Clone, Default)]
pub struct Object(pub(super) Option<Arc<Members>>);

#[derive(Clone, Default)]
pub(super) struct Members {
    pub(super) indices: BTreeMap<u32, (Text, Value)>,
    pub(super) names: IndexMap<Text, Value>,
}

impl Array {
    /// The values, unless a clone still has them: then none, as the clone will let go of them.
    fn take_own(&mut self) -> Vec<Value> {
        self.0.take().and_then(Arc::into_inner).unwrap_or_default()
    }
}

impl Object {
    /// The values, unless a clone still has them: then none, as the clone will let go of them.
    fn take_own(&mut self) -> Vec<Value> {
        let Some(members) = self.0.take().and_then(Arc::into_inner) else {
            return Vec::new();
        };
        let indices = members.indices.into_values().map(|(_, value)| value);
        indices.chain(members.names.into_values()).collect()
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        release(self.take_own());
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        release(self.take_own());
    }
}

/// Drops values and all that only they have.
fn release(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        match value {
            Value::Array(mut items) => values.append(&mut items.take_own()),
            Value::Object(mut members) => values.append(&mut members.take_own()),
            _ => {}
        }
    }
}
