//! Arrays: lists of values that clones share.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::kinds::{Array, Value};

impl Array {
    /// Appends a value.
    pub fn push(&mut self, value: impl Into<Value>) {
        Arc::make_mut(self.0.get_or_insert_default()).push(value.into());
    }
}

impl Deref for Array {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl From<Vec<Value>> for Array {
    fn from(items: Vec<Value>) -> Self {
        Self((!items.is_empty()).then(|| Arc::new(items)))
    }
}

impl<V: Into<Value>> FromIterator<V> for Array {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        items.into_iter().map(Into::into).collect::<Vec<_>>().into()
    }
}

/// Its values, without what is in them.
impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
