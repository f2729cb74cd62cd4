//! The list of repairs is the list of what is asked for.

use std::collections::BTreeSet;

use crate::providers::e2b::FIXES;

#[test]
fn every_fix_that_is_asked_for_is_listed() {
    let sources = [
        include_str!("../account.rs"),
        include_str!("../provider.rs"),
        include_str!("../create.rs"),
        include_str!("../execute.rs"),
        include_str!("../gone.rs"),
        include_str!("../read.rs"),
    ];
    let mut asked = BTreeSet::new();
    for source in sources {
        for (at, _) in source.match_indices("\"Q") {
            asked.insert(source[at + 1..].split('"').next().unwrap());
        }
    }
    assert_eq!(asked, FIXES.iter().copied().collect());
}
