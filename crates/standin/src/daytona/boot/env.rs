//! Changes of the daemon's own environment.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Bytes of names and values kept; beyond it no process could be started any more.
const HELD_BYTES_MAX: usize = 1 << 20;

/// What was set (`Some`) and unset (`None`) since the boot.
#[derive(Debug, Default)]
pub(in crate::daytona) struct EnvChanges {
    changes: Mutex<BTreeMap<String, Option<String>>>,
}

impl EnvChanges {
    /// Makes the changes in an environment.
    pub(in crate::daytona) fn apply(&self, env: &mut BTreeMap<String, String>) {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, value) in &*changes {
            match value {
                Some(value) => drop(env.insert(name.clone(), value.clone())),
                None => drop(env.remove(name)),
            }
        }
    }

    /// Adds changes; false when there would be too many.
    pub(in crate::daytona) fn add(&self, added: BTreeMap<String, Option<String>>) -> bool {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut merged = changes.clone();
        merged.extend(added);
        let value_len = |value: &Option<String>| value.as_ref().map_or(0, String::len);
        let held: usize = merged.iter().map(|(n, v)| n.len() + value_len(v)).sum();
        if held > HELD_BYTES_MAX {
            return false;
        }
        *changes = merged;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_changes_win_and_too_many_are_refused() {
        let env = EnvChanges::default();
        let one = |name: &str, value: Option<&str>| {
            BTreeMap::from([(name.to_owned(), value.map(str::to_owned))])
        };
        assert!(env.add(one("A", Some("1"))) && env.add(one("B", Some("2"))));
        assert!(env.add(one("A", None)));
        let mut seen = BTreeMap::from([("A".to_owned(), "0".to_owned())]);
        env.apply(&mut seen);
        assert_eq!(seen, BTreeMap::from([("B".to_owned(), "2".to_owned())]));
        assert!(!env.add(one("C", Some(&"x".repeat(HELD_BYTES_MAX)))));
    }
}
