//! References to the other provider: what was carried over and never read again.

use crate::audit::finding::{Finding, Level};
use crate::template::Template;

const RULE: (Level, &str) = (Level::Error, "other-provider");
const HELP: &str = "say what holds here, or leave it out";

pub(super) fn findings(template: &Template) -> Vec<Finding> {
    let other = template.provider.other();
    let mut findings = Vec::new();
    for file in template.folder.files() {
        // Documents may compare the two.
        if file.to_lowercase().ends_with(".md") {
            continue;
        }
        let text = template.folder.text(file).unwrap_or_default();
        for (at, line) in text.lines().enumerate() {
            if names(line, other.name()) {
                let what = format!(
                    "this template of {} speaks of {other}: {}",
                    template.provider,
                    short(line)
                );
                let place = (file.to_owned(), at + 1);
                findings.push(Finding::new(RULE, template, place, what, HELP));
            }
        }
    }
    findings
}

/// Whether a word of a line is, or begins with, a name; hexadecimal digits are no word.
fn names(line: &str, name: &str) -> bool {
    let lower = line.to_lowercase();
    lower.match_indices(name).any(|(at, _)| {
        let before = lower[..at].chars().next_back();
        let after = lower[at + name.len()..].chars().next();
        let is_border = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
        is_border(before) && (is_border(after) || lower[at + name.len()..].starts_with("dev"))
    })
}

fn short(line: &str) -> String {
    const CHARS_MAX: usize = 80;
    let line = line.trim();
    match line.char_indices().nth(CHARS_MAX) {
        Some((at, _)) => format!("`{}...`", &line[..at]),
        None => format!("`{line}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_and_no_part_of_a_hash() {
        for line in [
            "# as the E2B start command",
            "E2B_API_KEY=x",
            "FROM e2bdev/base",
            "see e2b.toml",
        ] {
            assert!(names(line, "e2b"), "{line}");
        }
        for line in ["sha256:9e2b41", "abe2b", "e2b41f00"] {
            assert!(!names(line, "e2b"), "{line}");
        }
        assert_eq!(short(&"x".repeat(200)).len(), 85);
    }
}
