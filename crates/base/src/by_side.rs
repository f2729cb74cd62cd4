//! A value for each of the two sides.

use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

use crate::side::Side;

/// Two values, one of each side. Written as `{source, target}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BySide<T> {
    /// The source's.
    pub source: T,
    /// The target's.
    pub target: T,
}

impl<T> BySide<T> {
    /// Makes the value of each side, the source's first.
    pub fn from_fn(mut make: impl FnMut(Side) -> T) -> Self {
        Self {
            source: make(Side::Source),
            target: make(Side::Target),
        }
    }

    /// The value of a side.
    pub const fn get(&self, side: Side) -> &T {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// The value of a side, to change it.
    pub const fn get_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Source => &mut self.source,
            Side::Target => &mut self.target,
        }
    }

    /// References to both.
    pub const fn as_ref(&self) -> BySide<&T> {
        BySide {
            source: &self.source,
            target: &self.target,
        }
    }

    /// What `change` makes of each, the source's first.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> BySide<U> {
        BySide {
            source: change(self.source),
            target: change(self.target),
        }
    }

    /// Both with their sides, the source's first.
    pub fn iter(&self) -> impl Iterator<Item = (Side, &T)> {
        Side::BOTH.into_iter().map(|side| (side, self.get(side)))
    }
}

impl<T, E> BySide<Result<T, E>> {
    /// Both, or the first error, the source's before the target's.
    ///
    /// # Errors
    /// The error of a side.
    pub fn transpose(self) -> Result<BySide<T>, E> {
        Ok(BySide {
            source: self.source?,
            target: self.target?,
        })
    }
}

impl<T> Index<Side> for BySide<T> {
    type Output = T;

    fn index(&self, side: Side) -> &T {
        self.get(side)
    }
}

impl<T> IndexMut<Side> for BySide<T> {
    fn index_mut(&mut self, side: Side) -> &mut T {
        self.get_mut(side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_has_its_own_value() {
        let mut names = BySide::from_fn(Side::name);
        assert_eq!(names[Side::Source], "source");
        assert_eq!(names[Side::Target], "target");
        names[Side::Target] = "other";
        let all: Vec<_> = names.iter().map(|(side, name)| (side, *name)).collect();
        assert_eq!(all, [(Side::Source, "source"), (Side::Target, "other")]);
        assert_eq!(
            names.as_ref().map(|name| name.len()),
            BySide {
                source: 6,
                target: 5
            }
        );
    }

    #[test]
    fn it_is_written_by_the_sides_names() {
        let both = BySide {
            source: 1,
            target: 2,
        };
        let text = serde_json::to_string(&both).unwrap();
        assert_eq!(text, r#"{"source":1,"target":2}"#);
        assert_eq!(serde_json::from_str::<BySide<i32>>(&text).unwrap(), both);
    }

    #[test]
    fn the_sources_error_comes_first() {
        let bad: BySide<Result<(), &str>> = BySide {
            source: Err("s"),
            target: Err("t"),
        };
        assert_eq!(bad.transpose(), Err("s"));
    }
}
