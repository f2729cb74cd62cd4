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
const CRATES: [(&str, &str); 2] = [("cutover_base", "base"), ("cutover_standin", "standin")];

/// The rooms named by `crate::room` and `crate::{room, room::{..}}`, and the crates beneath.
pub(crate) fn imports(code: &str) -> BTreeSet<String> {
    let named = CRATES.iter().filter(|(name, _)| has_word(code, name));
    let mut rooms: BTreeSet<String> = named.map(|(_, room)| (*room).to_owned()).collect();
    for (at, found) in code.match_indices("crate::") {
        let whole = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = code[at + found.len()..].trim_start();
        match rest.strip_prefix('{') {
            _ if !whole => {}
            Some(group) => rooms.extend(group_members(group)),
            None => rooms.extend(first_word(rest)),
        }
    }
    rooms
}

fn group_members(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut members) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                members.extend(first_word(group[start..at].trim()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    members
}

fn first_word(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

pub(crate) fn has_word(code: &str, wanted: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == wanted)
}
