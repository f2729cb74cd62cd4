//! Literals the harness was given become references: `<sandbox:1>`.

use aho_corasick::{AhoCorasick, Input, MatchKind};
use indexmap::IndexMap;
use serde_json::Value;

use crate::transcript::KnownLiteral;

/// Literals shorter than this are left alone in text: they would hit ordinary words. Every id
/// of either provider is at least 20 characters long.
const LITERAL_CHARS_MIN: usize = 8;

/// Kinds that name a process. Their literals are a few digits, so they are looked for only in
/// the field that holds one.
const PROCESS_KINDS: [&str; 2] = ["pid", "process"];

/// The literals of one transcript with their references.
///
/// Numbers count per kind in the order of `Transcript.literals`, which is the order of the steps
/// that were given them. Where a literal first shows up in output plays no part: with that, two
/// ids exchanged between two sandboxes would get the same numbers again.
#[derive(Debug, Default)]
pub(super) struct References {
    finder: Option<AhoCorasick>,
    placeholders: Vec<String>,
    processes: IndexMap<String, String>,
}

impl References {
    pub(super) fn of(literals: &[KnownLiteral]) -> Self {
        let mut counts: IndexMap<&str, u32> = IndexMap::new();
        let mut known: IndexMap<&str, String> = IndexMap::new();
        let mut processes = IndexMap::new();
        for literal in literals {
            let process = PROCESS_KINDS.contains(&literal.kind.as_str());
            if processes.contains_key(&literal.value) && process
                || known.contains_key(literal.value.as_str())
            {
                continue;
            }
            let kind = if process { "process" } else { &literal.kind };
            let count = counts.entry(kind).or_insert(0);
            *count += 1;
            let placeholder = format!("<{kind}:{count}>");
            if process {
                processes.insert(literal.value.clone(), placeholder);
            } else if literal.value.chars().count() >= LITERAL_CHARS_MIN {
                known.insert(&literal.value, placeholder);
            }
        }
        // A set of literals that cannot be built into a finder (absurdly many) leaves the values
        // raw, which shows as a difference and never as parity.
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(known.keys().map(|value| value.as_bytes()))
            .ok()
            .filter(|_| !known.is_empty());
        Self {
            finder,
            placeholders: known.into_values().collect(),
            processes,
        }
    }

    /// The text with references, or `None` when there is none in it.
    pub(super) fn replace(&self, text: &[u8]) -> Option<Vec<u8>> {
        let finder = self.finder.as_ref()?;
        let mut out: Option<Vec<u8>> = None;
        let (mut copied, mut at) = (0, 0);
        while let Some(found) = finder.find(Input::new(text).range(at..)) {
            if !at_borders(text, found.start(), found.end()) {
                at = found.start() + 1;
                continue;
            }
            let out = out.get_or_insert_with(Vec::new);
            out.extend_from_slice(&text[copied..found.start()]);
            out.extend_from_slice(self.placeholders[found.pattern().as_usize()].as_bytes());
            (copied, at) = (found.end(), found.end());
        }
        let mut out = out?;
        out.extend_from_slice(&text[copied..]);
        Some(out)
    }

    /// A pid or command id as the whole of a value, as a reference.
    pub(super) fn process(&self, value: &Value) -> Option<Value> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        self.processes
            .get(&text)
            .map(|name| Value::from(name.as_str()))
    }
}

/// Whether a match does not continue a longer word: `i2abc` in `xi2abc9` is not the id.
fn at_borders(text: &[u8], start: usize, end: usize) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    !before.is_some_and(word) && !text.get(end).is_some_and(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(kind: &str, value: &str) -> KnownLiteral {
        KnownLiteral {
            kind: kind.to_owned(),
            value: value.to_owned(),
        }
    }

    fn check(literals: &[(&str, &str)], text: &str, wanted: &str) {
        let literals: Vec<_> = literals.iter().map(|(k, v)| literal(k, v)).collect();
        let got = References::of(&literals)
            .replace(text.as_bytes())
            .unwrap_or_else(|| text.as_bytes().to_vec());
        assert_eq!(String::from_utf8(got).unwrap(), wanted);
    }

    const TWO: [(&str, &str); 2] = [
        ("sandbox", "i2f8w3pq0r1s5t7u9v0x"),
        ("sandbox", "c0ffee00-0000-4000-8000-000000000001"),
    ];

    #[test]
    fn ids_become_references_by_the_order_they_were_given() {
        check(
            &TWO,
            "in c0ffee00-0000-4000-8000-000000000001, then i2f8w3pq0r1s5t7u9v0x\n",
            "in <sandbox:2>, then <sandbox:1>\n",
        );
        check(
            &TWO,
            "https://49983-i2f8w3pq0r1s5t7u9v0x.e2b.app",
            "https://49983-<sandbox:1>.e2b.app",
        );
    }

    #[test]
    fn a_part_of_a_longer_word_is_not_the_id() {
        check(&TWO, "xi2f8w3pq0r1s5t7u9v0x", "xi2f8w3pq0r1s5t7u9v0x");
        check(&TWO, "i2f8w3pq0r1s5t7u9v0x_1", "i2f8w3pq0r1s5t7u9v0x_1");
        check(&TWO, "i2f8w3pq0r1s5t7u9v0", "i2f8w3pq0r1s5t7u9v0");
    }

    #[test]
    fn short_literals_and_pids_do_not_touch_text() {
        check(&[("session", "main")], "main main", "main main");
        check(&[("pid", "12345678")], "exit 12345678", "exit 12345678");
    }

    #[test]
    fn the_longer_of_two_literals_wins() {
        let literals = [
            ("sandbox", "i2f8w3pq0r1s5t7u9v0x"),
            ("url", "https://i2f8w3pq0r1s5t7u9v0x.e2b.app/f"),
        ];
        check(
            &literals,
            "GET https://i2f8w3pq0r1s5t7u9v0x.e2b.app/f",
            "GET <url:1>",
        );
    }

    #[test]
    fn a_pid_is_a_reference_only_as_a_whole_value() {
        let references = References::of(&[literal("pid", "41"), literal("pid", "42")]);
        assert_eq!(
            references.process(&Value::from(42)),
            Some("<process:2>".into())
        );
        assert_eq!(
            references.process(&Value::from("41")),
            Some("<process:1>".into())
        );
        assert_eq!(references.process(&Value::from("pid 41")), None);
        assert_eq!(references.process(&Value::from(43)), None);
    }
}
