//! Whether both sides say the same but for volatile parts.

use cutover_base::by_side::BySide;

use crate::compare::volatile::collapse::{Collapsed, collapse};

/// Replays that each side must have: two values that differ are a coincidence, not a habit.
const REPLAYS_MIN: usize = 3;

/// How the texts of both sides stand to each other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// Nothing but parts of these forms differs; the names of their rules, sorted.
    Volatile(Vec<&'static str>),
    /// Without its volatile parts each side says one thing, and they are two. The texts as they are
    /// then, and the names of the rules.
    Stable(BySide<Vec<u8>>, Vec<&'static str>),
    /// Something else varies, or the replays are too few to tell.
    No,
}

/// Compares the texts of a field over all replays of both sides.
pub(crate) fn agree(replays: &BySide<Vec<&[u8]>>) -> Agreement {
    if replays.iter().any(|(_, side)| side.len() < REPLAYS_MIN) {
        return Agreement::No;
    }
    let sides = replays.as_ref().map(|side| collapse(side));
    let (Some(source), Some(target)) = (sides.source, sides.target) else {
        return Agreement::No;
    };
    if source.parts.is_empty() || !same_forms(&source, &target) {
        return Agreement::No;
    }
    let mut rules: Vec<&'static str> = source.parts.iter().map(|part| part.form.rule()).collect();
    rules.sort_unstable();
    rules.dedup();
    if source.around != target.around {
        let texts = BySide {
            source: source.text(),
            target: target.text(),
        };
        return Agreement::Stable(texts, rules);
    }
    let mut pairs = source.parts.iter().zip(&target.parts);
    if pairs.all(|(one, other)| one.form.are_alike(&one.values, &other.values)) {
        Agreement::Volatile(rules)
    } else {
        Agreement::No
    }
}

fn same_forms(source: &Collapsed<'_>, target: &Collapsed<'_>) -> bool {
    let forms =
        |side: &Collapsed<'_>| -> Vec<_> { side.parts.iter().map(|part| part.form).collect() };
    forms(source) == forms(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &[&str], target: &[&str]) -> Agreement {
        agree(&BySide {
            source: source.iter().map(|text| text.as_bytes()).collect(),
            target: target.iter().map(|text| text.as_bytes()).collect(),
        })
    }

    #[test]
    fn sides_agree_only_where_every_part_varies_on_both() {
        let hex = || Agreement::Volatile(vec!["volatile/hex"]);
        for (source, target, expected) in [
            (
                ["a 3f2a1b9", "a 11aa11b", "a 22bb22c"],
                ["a 33cc33d", "a 44dd44e", "a 55ee55f"],
                hex(),
            ),
            // The target says the same hash each time: that is no chance.
            (
                ["a 3f2a1b9", "a 11aa11b", "a 22bb22c"],
                ["a 33cc33d", "a 33cc33d", "a 33cc33d"],
                Agreement::No,
            ),
            // Another length.
            (
                ["a 3f2a1b9", "a 11aa11b", "a 22bb22c"],
                ["a 33cc33dd", "a 44dd44ee", "a 55ee55ff"],
                Agreement::No,
            ),
            // The word before it differs each time.
            (
                ["a 3f2a1b9", "a 11aa11b", "c 22bb22c"],
                ["a 33cc33d", "a 44dd44e", "a 55ee55f"],
                Agreement::No,
            ),
        ] {
            assert_eq!(of(&source, &target), expected, "{source:?} {target:?}");
        }
    }

    #[test]
    fn what_differs_beside_the_parts_is_shown_without_them() {
        let source = ["0.01s C", "0.02s C", "0.03s C"];
        let target = ["0.01s none", "0.02s none", "0.03s none"];
        let texts = BySide {
            source: b"<volatile/duration>s C".to_vec(),
            target: b"<volatile/duration>s none".to_vec(),
        };
        assert_eq!(
            of(&source, &target),
            Agreement::Stable(texts, vec!["volatile/duration"])
        );
    }

    #[test]
    fn two_replays_prove_nothing() {
        let (source, target) = (["3f2a1b9", "11aa11b"], ["33cc33d", "44dd44e"]);
        assert_eq!(of(&source, &target), Agreement::No);
    }
}
