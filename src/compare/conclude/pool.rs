//! One copy of what the cases of a run have in common: most fields of most cases are quiet and say
//! what the same field of another case says. Ten thousand cases are judged before a report is
//! written, and this is most of what they hold.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use crate::compare::verdict::{CaseVerdict, ObservedValue};

/// Things of one kind that are kept for others to share. What comes later is most likely a value of
/// one case alone, and a pool of those would only add to them.
const KEPT_MAX: usize = 2048;

/// What verdicts share.
#[derive(Debug, Default)]
pub struct Pool {
    texts: HashSet<Arc<str>>,
    values: HashSet<Arc<Vec<ObservedValue>>>,
}

impl Pool {
    /// Lets a verdict share what earlier ones said. It says the same as before.
    pub fn share(&mut self, case: &mut CaseVerdict) {
        case.steps.shrink_to_fit();
        for step in &mut case.steps {
            step.fields.shrink_to_fit();
            for field in &mut step.fields {
                shared(&mut self.texts, &mut field.path);
                shared(&mut self.texts, &mut field.kind);
                if let Some(why) = &mut field.not_compared {
                    shared(&mut self.texts, why);
                }
                shared(&mut self.values, &mut field.values.source);
                shared(&mut self.values, &mut field.values.target);
                // Beyond what is kept, two sides that agree still need one copy only.
                if field.values.source == field.values.target {
                    field.values.target = Arc::clone(&field.values.source);
                }
            }
        }
    }
}

/// Puts the kept equal in the place of `one`, or keeps `one` for later.
fn shared<T: Hash + Eq + ?Sized>(kept: &mut HashSet<Arc<T>>, one: &mut Arc<T>) {
    match kept.get(one) {
        Some(had) => *one = Arc::clone(had),
        None if kept.len() < KEPT_MAX => {
            kept.insert(Arc::clone(one));
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::conclude::samples::{case, none};

    #[test]
    fn what_cases_say_alike_is_held_once_and_still_said() {
        let apart = [0, 1].map(|_| case(&none(), &["a"], &["a"]));
        let mut shared = apart.clone();
        let mut pool = Pool::default();
        for case in &mut shared {
            pool.share(case);
        }
        assert_eq!(shared, apart);
        let [one, other] = shared.each_ref().map(|case| &case.steps[0].fields);
        assert!(!one.is_empty());
        for (one, other) in one.iter().zip(other) {
            assert!(Arc::ptr_eq(&one.path, &other.path) && Arc::ptr_eq(&one.kind, &other.kind));
            assert!(Arc::ptr_eq(&one.values.source, &other.values.source));
            assert!(Arc::ptr_eq(&one.values.source, &one.values.target));
        }
    }

    #[test]
    fn a_full_pool_keeps_nothing_more_and_the_sides_of_a_field_still_share() {
        let mut pool = Pool::default();
        for n in 0..KEPT_MAX + 10 {
            let text = n.to_string();
            let mut case = case(&none(), &[&text], &[&text]);
            pool.share(&mut case);
            let output = case.steps[0].fields.iter().find(|f| &*f.path == "$.output");
            let values = &output.unwrap().values;
            assert!(Arc::ptr_eq(&values.source, &values.target));
        }
        assert_eq!(pool.values.len(), KEPT_MAX);
    }
}
