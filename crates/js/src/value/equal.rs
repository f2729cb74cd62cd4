//! Equality, without a call per level of nesting.

use super::kinds::{Array, Object, Value};

/// Equal in everything that shows: for objects also in the order of their keys. NaN equals nothing.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = vec![(self, other)];
        while let Some(pair) = pairs.pop() {
            let same = match pair {
                (Self::Null, Self::Null) => true,
                (Self::Bool(left), Self::Bool(right)) => left == right,
                (Self::Number(left), Self::Number(right)) => left == right,
                (Self::String(left), Self::String(right)) => left == right,
                (Self::Array(left), Self::Array(right)) => {
                    pairs.extend(left.iter().zip(right.iter()));
                    left.len() == right.len()
                }
                (Self::Object(left), Self::Object(right)) => {
                    pairs.extend(left.iter().zip(right.iter()).map(|(l, r)| (l.1, r.1)));
                    left.len() == right.len() && left.keys().eq(right.keys())
                }
                _ => false,
            };
            if !same {
                return false;
            }
        }
        true
    }
}

impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        Value::from(self.clone()) == Value::from(other.clone())
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        Value::from(self.clone()) == Value::from(other.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_is_compared() {
        let one: Object = [("a", 1), ("b", 2)].into_iter().collect();
        let turned: Object = [("b", 2), ("a", 1)].into_iter().collect();
        assert!(one == one.clone());
        assert!(one != turned);
        let list = Value::from(vec![1.into(), one.into()]);
        assert_eq!(list, list.clone());
        assert_ne!(list, vec![1.into()].into());
        assert_ne!(Value::from("1"), 1.into());
    }
}
