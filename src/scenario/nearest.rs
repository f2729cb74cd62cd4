//! The valid word that a mistyped one was probably meant to be.

/// Words of other tools and languages, and ours for the same thing.
const OTHER_WORDS: [(&str, &str); 14] = [
    ("assert", "expect"),
    ("command", "cmd"),
    ("description", "why"),
    ("environment", "env"),
    ("eq", "equals"),
    ("filename", "path"),
    ("name", "id"),
    ("pattern", "matches"),
    ("regex", "matches"),
    ("run", "execute"),
    ("script", "execute"),
    ("shell", "execute"),
    ("timeout_ms", "timeout"),
    ("timeout_seconds", "timeout"),
];

/// The nearest of the known words, if one is near enough to be worth naming.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    // A long word is none of ours, and comparing it would cost time for nothing.
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_lowercase().replace('-', "_");
    let same = OTHER_WORDS.iter().find(|(other, _)| *other == lower);
    if let Some(ours) = same.and_then(|(_, ours)| known.iter().find(|known| *known == ours)) {
        return Some(ours);
    }
    let distance = |known: &str| {
        let known = known.to_lowercase();
        // An abbreviation is nearer than a word of the same length.
        if lower.len() >= 3 && known.starts_with(&lower) {
            return 1;
        }
        strsim::damerau_levenshtein(&lower, &known)
    };
    known
        .iter()
        .map(|known| (distance(known), *known))
        .filter(|(distance, known)| *distance <= 1 + known.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_named_and_far_ones_are_not() {
        let known = ["execute", "read_file", "why"];
        assert_eq!(nearest("exectue", &known), Some("execute"));
        assert_eq!(nearest("exec", &["expect", "execute"]), Some("execute"));
        assert_eq!(nearest("Execute", &known), Some("execute"));
        assert_eq!(nearest("read-file", &known), Some("read_file"));
        assert_eq!(nearest("wy", &known), Some("why"));
        assert_eq!(nearest("banana", &known), None);
        assert_eq!(nearest("run", &known), Some("execute"));
        assert_eq!(nearest("command", &["cwd", "cmd"]), Some("cmd"));
        assert_eq!(nearest("regex", &["equals", "matches"]), Some("matches"));
        assert_eq!(nearest("regex", &known), None);
        assert_eq!(nearest(&"x".repeat(100_000), &known), None);
    }
}
