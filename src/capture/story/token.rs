//! Values that are new in every run: ids, process ids, ports, names of temporary files.

use std::sync::LazyLock;

use regex::Regex;

/// Words that may be such a value.
static WORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9][A-Za-z0-9_-]*").ok());

/// Home folders of users, which the providers name differently.
static HOME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"/home/[a-z_][a-z0-9_-]*").ok());

/// A value and its place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) const fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The values of a text that are new in every run, by their looks, in their order. Short numbers are
/// among them where they are process ids, which in a sandbox are short: in a command behind `kill`
/// and its like, in an answer (`all_numbers`) anywhere.
pub(super) fn tokens(text: &str, all_numbers: bool) -> Vec<Token<'_>> {
    let homes = HOME.iter().flat_map(|home| home.find_iter(text));
    let words = WORD.iter().flat_map(|word| word.find_iter(text));
    let words = words.filter(|it| {
        let before = &text[..it.start()];
        is_new(it.as_str(), before, all_numbers || is_process(before))
    });
    let mut all: Vec<Token<'_>> = homes
        .chain(words)
        .map(|it| Token {
            text: it.as_str(),
            start: it.start(),
        })
        .collect();
    all.sort_by_key(|token| token.start);
    all
}

fn is_new(word: &str, before: &str, short_too: bool) -> bool {
    let count = |is: fn(&char) -> bool| word.chars().filter(is).count();
    let digits = count(char::is_ascii_digit);
    if digits == word.len() {
        return short_too || word.len() >= 4;
    }
    if before.ends_with("tmp.") && word.len() >= 6 {
        return true;
    }
    if word.starts_with("tmp") && word.len() == 11 && before.ends_with('/') {
        return true;
    }
    let is_hex = word
        .chars()
        .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    if is_hex && digits > 0 && word.len() >= 7 {
        return true;
    }
    word.len() >= 8 && digits >= 2 && turns(word) >= 3
}

/// Whether a process id may stand behind this beginning of a command.
fn is_process(before: &str) -> bool {
    let begin = before.rfind([';', '&', '|', '\n']).map_or(0, |at| at + 1);
    let words = ["kill", "/proc/", "ps ", "wait ", "strace "];
    words.iter().any(|word| before[begin..].contains(word))
}

/// How often letters and digits take turns: often in what chance wrote, seldom in `x86_64`.
fn turns(word: &str) -> usize {
    let kinds: Vec<bool> = word
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.is_ascii_digit())
        .collect();
    kinds.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// Whether a value stands at a place of a text as a whole, not as a part of a longer one.
pub(super) fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !text[..start].ends_with(part) && !text[end..].starts_with(part)
}

/// The class of characters of a value, as a pattern.
pub(super) fn class(value: &str) -> &'static str {
    if value.starts_with('/') {
        return "/home/[a-z_][a-z0-9_-]*";
    }
    if value.chars().all(|c| c.is_ascii_digit()) {
        return "[0-9]+";
    }
    "[A-Za-z0-9_-]+"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        tokens(text, false)
            .into_iter()
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn what_chance_wrote_is_told_from_words() {
        for (text, wanted) in [
            (
                "id 550e8400-e29b-41d4-a716-446655440000.",
                vec!["550e8400-e29b-41d4-a716-446655440000"],
            ),
            ("[1] 4242", vec!["4242"]),
            ("57\n", vec![]),
            ("kill 57 && head -n 58", vec!["57"]),
            ("kill -TERM 8", vec!["8"]),
            ("head -n 57 x", vec![]),
            ("/tmp/tmp.XaKfRqPzLw", vec!["XaKfRqPzLw"]),
            ("/tmp/tmpab_9dxyz", vec!["tmpab_9dxyz"]),
            ("commit 3f2a91b", vec!["3f2a91b"]),
            ("python3.11 x86_64 sha256sum file1.txt v18.2.0", vec![]),
            ("FileNotFoundError in utf-8", vec![]),
            ("/home/user/a.txt", vec!["/home/user"]),
            ("i7x2k9m4q8 is up", vec!["i7x2k9m4q8"]),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
    }
}
