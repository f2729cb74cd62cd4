//! The pattern that finds a value in the answer of another run, by what stands around it.

use regex::Regex;

use super::token::{Token, class, tokens};

/// Characters of a line before a value that a pattern has.
const BEFORE_CHARS_MAX: usize = 80;

/// Lines that a pattern counts before it gives up.
const LINES_MAX: usize = 100;

/// A pattern whose first group is this value of the text, if one of few shapes finds it.
pub(super) fn pattern(text: &str, token: Token<'_>) -> Option<String> {
    let value = class(token.text);
    let line_start = text[..token.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..token.start];
    let behind = text[token.end()..].chars().next();
    let bound = match behind {
        None | Some('\n' | '\r') => r"\s*$",
        _ => "",
    };
    let mut tries = Vec::new();
    if text.trim() == token.text {
        tries.push(format!(r"^\s*({value})\s*$"));
    }
    if token.text.starts_with('/') {
        tries.push(format!("({value})"));
    }
    if before.chars().count() <= BEFORE_CHARS_MAX {
        let general = general(before);
        tries.push(format!("(?m)^{general}({value}){bound}"));
        let lines = text[..line_start].matches('\n').count();
        if lines <= LINES_MAX {
            tries.push(format!(r"(?m)\A(?:[^\n]*\n){{{lines}}}{general}({value})"));
        }
    } else if let Some((at, _)) = before.char_indices().rev().nth(BEFORE_CHARS_MAX / 2) {
        tries.push(format!("{}({value}){bound}", general(&before[at..])));
    }
    tries
        .into_iter()
        .find(|tried| finds(tried, text, token.text))
}

/// A text as a pattern, in which what is new in every run may be anything of its kind.
fn general(text: &str) -> String {
    let mut pattern = String::new();
    let mut from = 0;
    for token in tokens(text, true) {
        if token.start < from {
            continue;
        }
        pattern.push_str(&regex::escape(&text[from..token.start]));
        pattern.push_str(class(token.text));
        from = token.end();
    }
    pattern.push_str(&regex::escape(&text[from..]));
    pattern
}

fn finds(pattern: &str, text: &str, value: &str) -> bool {
    let Ok(pattern) = Regex::new(pattern) else {
        return false;
    };
    let found = pattern.captures(text).and_then(|found| found.get(1));
    found.is_some_and(|found| found.as_str() == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_another_answer() {
        for (text, value, other, wanted) in [
            ("4242\n", "4242", "17\n", "17"),
            ("[1] 4242\n", "4242", "[1] 99\n", "99"),
            (
                "a\nid: 3f2a91bc (new)\n",
                "3f2a91bc",
                "b\nid: 77aa88bb (new)\n",
                "77aa88bb",
            ),
            (
                "one 1111\none 2222\n",
                "2222",
                "one 3333\none 4444\n",
                "4444",
            ),
            (
                "job 1111 runs as 2222",
                "2222",
                "job 5555 runs as 6666",
                "6666",
            ),
            (
                "/home/user/x\n",
                "/home/user",
                "/home/daytona/x\n",
                "/home/daytona",
            ),
        ] {
            let token = tokens(text, true)
                .into_iter()
                .find(|it| it.text == value)
                .unwrap();
            let made = pattern(text, token).unwrap();
            let made = Regex::new(&made).unwrap();
            assert_eq!(&made.captures(other).unwrap()[1], wanted, "{made}");
        }
    }
}
