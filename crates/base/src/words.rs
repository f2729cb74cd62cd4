//! Counts in sentences.

use std::fmt::Display;

/// A count and what is counted: `1 case`, `2 cases`, `0 stale ledger entries`. The last word takes
/// the plural.
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    if count == N::from(1) {
        format!("1 {noun}")
    } else {
        format!("{count} {}", plural(noun))
    }
}

/// The word that goes with a count: `one` with 1, `many` with any other.
pub fn by_count<N: Copy + PartialEq + From<u8>>(
    count: N,
    one: &'static str,
    many: &'static str,
) -> &'static str {
    if count == N::from(1) { one } else { many }
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x']) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_all_else_is_many() {
        for (count, noun, words) in [
            (0_u64, "case", "0 cases"),
            (1, "case", "1 case"),
            (2, "new divergence", "2 new divergences"),
            (1, "stale ledger entry", "1 stale ledger entry"),
            (3, "stale ledger entry", "3 stale ledger entries"),
            (2, "sandbox", "2 sandboxes"),
            (2, "day", "2 days"),
        ] {
            assert_eq!(counted(count, noun), words);
        }
        assert_eq!(counted(1_usize, "value"), "1 value");
        assert_eq!(by_count(1_u32, "agrees", "agree"), "agrees");
        assert_eq!(by_count(0_u32, "agrees", "agree"), "agree");
    }
}
