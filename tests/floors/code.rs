//! Rust text without what is no code, and the rooms that it names.

use std::collections::BTreeSet;

/// The text without comments, and with empty strings and characters.
pub(crate) fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = raw_string(rest, &code) {
            length
        } else if first == '"' {
            string(rest)
        } else if first == '\'' {
            character(rest)
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn raw_string(text: &str, before: &str) -> Option<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    // `br"` begins with a letter too; any other word that ends in `r` begins no string.
    let prefix = before.strip_suffix('b').unwrap_or(before);
    if prefix.ends_with(word) {
        return None;
    }
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(1 + hashes + 1 + length)
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character, or only the quote of a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => text[3..].find('\'').map_or(text.len(), |at| at + 4),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// The crates beneath, and the rooms that they are.
const CRATES: [(&str, &str); 6] = [
    ("cutover_base", "base"),
    ("cutover_js", "js"),
    ("cutover_mcp", "mcp"),
    ("cutover_platform", "platform"),
    ("cutover_sdk", "sdk"),
    ("cutover_standin", "standin"),
];

/// The rooms named by `crate::room` and `crate::{room, room::{..}}`, and the crates beneath.
pub(crate) fn imports(code: &str) -> BTreeSet<String> {
    let named = CRATES.iter().filter(|(name, _)| has_word(code, name));
    let mut rooms: BTreeSet<String> = named.map(|(_, room)| (*room).to_owned()).collect();
    let mut of_crate = paths(code);
    of_crate.retain(|path| path[0] == "crate");
    rooms.extend(
        of_crate
            .into_iter()
            .filter_map(|path| path.into_iter().nth(1)),
    );
    rooms
}

/// Every path that begins with `crate` or `super`, groups taken apart: `crate::{a, b::c}` is
/// `crate::a` and `crate::b::c`.
pub(crate) fn paths(code: &str) -> Vec<Vec<String>> {
    let tokens = tokens(code);
    let mut paths = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let begins = matches!(*token, "crate" | "super") && (at == 0 || tokens[at - 1] != "::");
        if begins && tokens.get(at + 1) == Some(&"::") {
            let mut members = Vec::new();
            tree(&tokens, at, &[], &mut members);
            paths.extend(members.into_iter().map(|(_, path)| path));
        }
    }
    paths
}

/// What a file passes on by `pub use child::..`: the name that it has then, and its path.
pub(crate) fn exports(code: &str) -> Vec<(String, Vec<String>)> {
    let tokens = tokens(code);
    let mut exports = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let public = at > 0 && matches!(tokens[at - 1], "pub" | ")");
        if *token == "use" && public {
            tree(&tokens, at + 1, &[], &mut exports);
        }
    }
    exports.retain(|(_, path)| !matches!(path[0].as_str(), "crate" | "super"));
    exports
}

/// Reads the path, or the group of paths, at a place into `found`, each with the name that it
/// brings in; the place behind it.
fn tree(
    tokens: &[&str],
    mut at: usize,
    before: &[String],
    found: &mut Vec<(String, Vec<String>)>,
) -> usize {
    let mut path = before.to_vec();
    loop {
        match tokens.get(at) {
            Some(&"{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = tree(tokens, at, &path, found).max(at + 1);
                }
                return at + 1;
            }
            Some(name) if is_word(name) => path.push((*name).to_owned()),
            _ => break,
        }
        at += 1;
        if tokens.get(at) != Some(&"::") {
            break;
        }
        at += 1;
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if let (Some(&"as"), Some(other)) = (tokens.get(at), tokens.get(at + 1)) {
        (*other).clone_into(&mut name);
        at += 2;
    }
    if !path.is_empty() {
        found.push((name, path));
    }
    at
}

/// Words, `::`, and every other character but blanks.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !is_word_char(c)).unwrap_or(rest.len());
        let length = match word {
            0 if rest.starts_with("::") => 2,
            0 => first.len_utf8(),
            word => word,
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn is_word(token: &str) -> bool {
    token.starts_with(is_word_char)
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

pub(crate) fn has_word(code: &str, wanted: &str) -> bool {
    code.split(|c: char| !is_word_char(c))
        .any(|word| word == wanted)
}
