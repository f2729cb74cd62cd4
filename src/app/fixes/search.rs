//! The smallest set of fixes that is as good as all of them. What is played is the caller's.

use std::collections::{BTreeMap, BTreeSet};

/// Sets that are tried beyond the first round, before what is found is no longer called the smallest.
const TRIES_MAX: usize = 64;

/// A set of fixes, by id.
pub(super) type Set = BTreeSet<String>;

/// What came of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<P> {
    /// The set, of which none can be left out.
    pub(super) set: Set,
    /// What blocks with it.
    pub(super) left: BTreeSet<P>,
    /// What each of its members keeps away: what blocks besides when it alone is left out.
    pub(super) removes: BTreeMap<String, BTreeSet<P>>,
    /// Whether no smaller set is as good; else there was too much to try.
    pub(super) is_smallest: bool,
    /// Sets that were played.
    pub(super) played: usize,
}

/// Plays all the named fixes, then all but each in turn, then as many smaller sets as it takes. Where
/// something blocks with all of them, the other fixes that there are may help. `play` says what blocks
/// with a set; each set is played once.
///
/// # Errors
/// What `play` gives.
pub(super) async fn search<P, E>(
    named: &Set,
    others: &Set,
    play: impl AsyncFnMut(&Set) -> Result<BTreeSet<P>, E>,
) -> Result<Found<P>, E>
where
    P: Ord + Clone,
{
    let mut plays = Plays {
        play,
        known: BTreeMap::new(),
    };
    let mut all = named.clone();
    let mut best = plays.left(&all).await?;
    if !best.is_empty() && !others.is_empty() {
        all.extend(plays.more(named, others, &best).await?);
        best = plays.left(&all).await?;
    }
    let mut needed = Set::new();
    for fix in &all {
        let left = plays.left(&without(&all, fix)).await?;
        if !left.is_subset(&best) {
            needed.insert(fix.clone());
        }
    }
    let (mut set, is_smallest) = plays.as_good(&all, &needed, &best).await?;
    // A fix may stand in the way of another, so that a set without it is better than all together.
    let (left, removes) = 'whole: loop {
        let left = plays.left(&set).await?;
        let mut removes = BTreeMap::new();
        for fix in &set {
            let fewer = without(&set, fix);
            let lacking = plays.left(&fewer).await?;
            if lacking.is_subset(&left) {
                set = fewer;
                continue 'whole;
            }
            removes.insert(fix.clone(), lacking.difference(&left).cloned().collect());
        }
        break (left, removes);
    };
    Ok(Found {
        set,
        left,
        removes,
        is_smallest,
        played: plays.known.len(),
    })
}

/// What was played.
struct Plays<P, F> {
    play: F,
    known: BTreeMap<Set, BTreeSet<P>>,
}

impl<P, E, F> Plays<P, F>
where
    P: Ord + Clone,
    F: AsyncFnMut(&Set) -> Result<BTreeSet<P>, E>,
{
    async fn left(&mut self, set: &Set) -> Result<BTreeSet<P>, E> {
        if let Some(left) = self.known.get(set) {
            return Ok(left.clone());
        }
        let left = (self.play)(set).await?;
        self.known.insert(set.clone(), left.clone());
        Ok(left)
    }

    /// Those of the other fixes without which less is gone than with all of them; none where all of them
    /// remove nothing of `best`, or bring something. Halves are left out first, then smaller parts.
    async fn more(
        &mut self,
        named: &Set,
        others: &Set,
        best: &BTreeSet<P>,
    ) -> Result<Vec<String>, E> {
        let mut more: Vec<String> = others.iter().cloned().collect();
        let goal = self.left(&joined(named, &more)).await?;
        if !goal.is_subset(best) || goal == *best {
            return Ok(Vec::new());
        }
        let mut size = more.len().div_ceil(2);
        loop {
            let mut at = 0;
            while at < more.len() {
                let end = more.len().min(at + size);
                let fewer = [&more[..at], &more[end..]].concat();
                if self.left(&joined(named, &fewer)).await?.is_subset(&goal) {
                    more = fewer;
                } else {
                    at = end;
                }
            }
            if size <= 1 {
                return Ok(more);
            }
            size = size.div_ceil(2);
        }
    }

    /// The first set as good as `best` among those that have the needed ones, smaller ones first; with
    /// whether it is the smallest. Where two fixes do the same, neither is needed and one of them is.
    async fn as_good(
        &mut self,
        all: &Set,
        needed: &Set,
        best: &BTreeSet<P>,
    ) -> Result<(Set, bool), E> {
        let others: Vec<&String> = all.difference(needed).collect();
        let mut tries = 0;
        for size in 0..others.len() {
            for some in choices(&others, size) {
                if tries == TRIES_MAX {
                    return Ok((all.clone(), false));
                }
                tries += 1;
                let mut set = needed.clone();
                set.extend(some.into_iter().cloned());
                if self.left(&set).await?.is_subset(best) {
                    return Ok((set, true));
                }
            }
        }
        Ok((all.clone(), true))
    }
}

fn joined(set: &Set, more: &[String]) -> Set {
    set.iter().chain(more).cloned().collect()
}

fn without(set: &Set, fix: &str) -> Set {
    set.iter().filter(|one| *one != fix).cloned().collect()
}

/// Every choice of so many of the items, in order, made as they are asked for.
fn choices<T: Copy>(items: &[T], size: usize) -> impl Iterator<Item = Vec<T>> {
    let first: Option<Vec<usize>> = (size <= items.len()).then(|| (0..size).collect());
    let indexes = std::iter::successors(first, move |now| {
        let mut next = now.clone();
        // The last index that can move on; those behind it follow it closely.
        let at = (0..size)
            .rev()
            .find(|at| now[*at] < items.len() - size + at)?;
        next[at] += 1;
        for later in at + 1..size {
            next[later] = next[later - 1] + 1;
        }
        Some(next)
    });
    indexes.map(|indexes| indexes.into_iter().map(|index| items[index]).collect())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn set(ids: &[&str]) -> Set {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    /// Searches where `left` says which places block with a set.
    async fn found(all: &[&str], left: impl Fn(&Set) -> Vec<&'static str>) -> Found<&'static str> {
        found_besides(all, &[], left).await
    }

    async fn found_besides(
        named: &[&str],
        others: &[&str],
        left: impl Fn(&Set) -> Vec<&'static str>,
    ) -> Found<&'static str> {
        let play = async |set: &Set| Ok::<_, Infallible>(left(set).into_iter().collect());
        match search(&set(named), &set(others), play).await {
            Ok(found) => found,
            Err(never) => match never {},
        }
    }

    /// Places, each with the fixes of which one is enough.
    fn places<'p>(
        wants: &'p [(&'static str, &'p [&'p str])],
    ) -> impl Fn(&Set) -> Vec<&'static str> + 'p {
        |set| {
            let open = wants
                .iter()
                .filter(|(_, fixes)| !fixes.iter().any(|fix| set.contains(*fix)));
            open.map(|(place, _)| *place).collect()
        }
    }

    #[tokio::test]
    async fn each_fix_that_removes_something_is_needed() {
        let left = places(&[("a", &["Q1"]), ("b", &["Q2"]), ("c", &["Q2"]), ("d", &[])]);
        let found = found(&["Q1", "Q2", "Q3"], left).await;
        assert_eq!(found.set, set(&["Q1", "Q2"]));
        assert_eq!(found.left, BTreeSet::from(["d"]));
        assert_eq!(found.removes["Q1"], BTreeSet::from(["a"]));
        assert_eq!(found.removes["Q2"], BTreeSet::from(["b", "c"]));
        assert!(found.is_smallest);
        // All, without each, and the smallest set (which is one of these) without each.
        assert_eq!(found.played, 6);
    }

    #[tokio::test]
    async fn one_of_two_that_do_the_same_is_enough() {
        let left = places(&[("a", &["Q1", "Q2"]), ("b", &["Q2", "Q3"]), ("c", &["Q4"])]);
        let found = found(&["Q1", "Q2", "Q3", "Q4"], left).await;
        assert_eq!(found.set, set(&["Q2", "Q4"]));
        assert!(found.left.is_empty() && found.is_smallest);
    }

    #[tokio::test]
    async fn two_that_help_only_together_are_both_needed() {
        let left = |set: &Set| {
            let both = set.contains("Q1") && set.contains("Q2");
            if both { vec![] } else { vec!["a"] }
        };
        let found = found(&["Q1", "Q2", "Q3"], left).await;
        assert_eq!(found.set, set(&["Q1", "Q2"]));
        assert_eq!(found.removes["Q1"], BTreeSet::from(["a"]));
    }

    #[tokio::test]
    async fn a_fix_that_only_harms_is_left_out() {
        let left = |set: &Set| {
            let mut left = Vec::new();
            if !set.contains("Q1") {
                left.push("a");
            }
            if set.contains("Q2") {
                left.push("harm");
            }
            left
        };
        let found = found(&["Q1", "Q2"], left).await;
        assert_eq!(found.set, set(&["Q1"]));
        assert!(found.left.is_empty());
    }

    #[tokio::test]
    async fn where_nothing_helps_no_fix_is_needed() {
        let found = found(&["Q1", "Q2"], |_| vec!["a"]).await;
        assert_eq!((found.set, found.left), (set(&[]), BTreeSet::from(["a"])));
    }

    #[tokio::test]
    async fn fixes_that_no_blocker_names_are_found_where_those_are_not_enough() {
        let ids: Vec<String> = (10..60).map(|number| format!("Q{number}")).collect();
        let others: Vec<&str> = ids.iter().map(String::as_str).collect();
        let wants: [(&str, &[&str]); 4] =
            [("a", &["Q1"]), ("b", &["Q17"]), ("c", &["Q44"]), ("d", &[])];
        let besides = found_besides(&["Q1", "Q2"], &others, places(&wants)).await;
        assert_eq!(besides.set, set(&["Q1", "Q17", "Q44"]));
        assert_eq!(besides.left, BTreeSet::from(["d"]));
        assert!(besides.played < 50, "{}", besides.played);
        // Where they remove nothing, or bring something, they are not used.
        let none = found_besides(&["Q1"], &others, places(&wants[..1])).await;
        assert_eq!((none.set, none.played), (set(&["Q1"]), 2));
        let harm = |set: &Set| if set.len() > 5 { vec!["z"] } else { vec!["a"] };
        let found = found_besides(&["Q1"], &others, harm).await;
        assert_eq!(found.left, BTreeSet::from(["a"]));
    }

    #[tokio::test]
    async fn too_much_to_try_still_ends_in_a_set_of_which_none_can_be_left_out() {
        let ids: Vec<String> = (10..30).map(|number| format!("Q{number}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        // Any ten of twenty.
        let found = found(&ids, |set| if set.len() >= 10 { vec![] } else { vec!["a"] }).await;
        assert_eq!(found.set.len(), 10);
        assert!(found.left.is_empty() && !found.is_smallest);
        assert_eq!(found.removes.len(), 10);
        assert!(found.played < 200, "{}", found.played);
    }

    #[tokio::test]
    async fn what_cannot_be_played_ends_the_search() {
        let play = async |set: &Set| {
            if set.len() == 1 {
                Err("broken")
            } else {
                Ok(BTreeSet::<u8>::new())
            }
        };
        let found = search(&set(&["Q1", "Q2"]), &Set::new(), play).await;
        assert_eq!(found, Err("broken"));
    }

    #[test]
    fn choices_are_all_there_are() {
        let items = [1, 2, 3, 4];
        let of = |size| choices(&items, size).collect::<Vec<_>>();
        assert_eq!(of(0), [Vec::<i32>::new()]);
        assert_eq!(of(1), [[1], [2], [3], [4]]);
        assert_eq!(of(2), [[1, 2], [1, 3], [1, 4], [2, 3], [2, 4], [3, 4]]);
        assert_eq!(of(4), [[1, 2, 3, 4]]);
        assert!(of(5).is_empty());
    }
}
