//! Objects: members in the order of JavaScript's own keys.

use std::fmt;
use std::sync::Arc;

use indexmap::Equivalent;

use super::kinds::{Members, Object, Value};
use crate::Text;

/// The greatest key that is sorted as a number: an array index of JavaScript.
const INDEX_MAX: u32 = u32::MAX - 1;

/// A key looked for, which hashes as the [`Text`] it would be.
#[derive(Hash)]
struct Key<'a>(&'a str);

impl Equivalent<Text> for Key<'_> {
    fn equivalent(&self, key: &Text) -> bool {
        *key == *self.0
    }
}

impl Object {
    /// An object without members.
    pub const fn new() -> Self {
        Self(None)
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        let count = |members: &Arc<Members>| members.indices.len() + members.names.len();
        self.0.as_ref().map_or(0, count)
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a member in, in place of one with this key.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        let members = Arc::make_mut(self.0.get_or_insert_default());
        match key.as_str().and_then(index) {
            Some(index) => {
                members.indices.insert(index, (key, value));
            }
            None => {
                members.names.insert(key, value);
            }
        }
    }

    /// The member with this key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let members = self.0.as_ref()?;
        match index(key) {
            Some(index) => members.indices.get(&index).map(|(_, value)| value),
            None => members.names.get(&Key(key)),
        }
    }

    /// Whether there is a member with this key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Takes a member out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let members = Arc::make_mut(self.0.as_mut()?);
        match index(key) {
            Some(index) => members.indices.remove(&index).map(|(_, value)| value),
            None => members.names.shift_remove(&Key(key)),
        }
    }

    /// The members in JavaScript's order of own keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Value)> {
        self.0.iter().flat_map(|members| {
            let indices = members.indices.values().map(|(key, value)| (key, value));
            indices.chain(&members.names)
        })
    }

    /// The keys in JavaScript's order of own keys.
    pub fn keys(&self) -> impl Iterator<Item = &Text> {
        self.iter().map(|(key, _)| key)
    }
}

impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let mut object = Self::new();
        for (key, value) in members {
            object.insert(key, value);
        }
        object
    }
}

/// Its members, without what is in them.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The array index that a key is: digits without a zero in front.
fn index(key: &str) -> Option<u32> {
    let canonical = key == "0" || key.starts_with(|first: char| matches!(first, '1'..='9'));
    let index = canonical.then(|| key.parse().ok())??;
    (index <= INDEX_MAX).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_the_order_of_javascript() {
        let given = [
            "b",
            "10",
            "9",
            "a",
            "01",
            "4294967295",
            "4294967294",
            "b",
            "-1",
            "1e1",
            "__proto__",
            "0",
        ];
        let object: Object = (0..).zip(given).map(|(at, key)| (key, at)).collect();
        let keys: Vec<_> = object.keys().map(Text::to_string).collect();
        assert_eq!(
            keys,
            [
                "0",
                "9",
                "10",
                "4294967294",
                "b",
                "a",
                "01",
                "4294967295",
                "-1",
                "1e1",
                "__proto__"
            ]
        );
        assert_eq!(object.get("b"), Some(&7.into()));
        assert_eq!(object.get("0"), Some(&11.into()));
        assert!(object.get("constructor").is_none());
    }

    #[test]
    fn what_is_taken_out_is_gone_from_this_object_only() {
        let mut object: Object = [("a", 1), ("0", 2), ("b", 3)].into_iter().collect();
        let before = object.clone();
        assert_eq!(object.remove("a"), Some(1.into()));
        assert_eq!(object.remove("0"), Some(2.into()));
        assert_eq!(object.remove("c"), None);
        assert_eq!((object.len(), before.len()), (1, 3));
    }
}
