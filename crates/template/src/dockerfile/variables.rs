//! `$NAME` and `${NAME:-default}` in the words of a Dockerfile.

use indexmap::IndexMap;

/// Variables and what they hold; none for a build argument without a default.
pub(crate) type Variables = IndexMap<String, Option<String>>;

/// Bytes of an expanded text: a line that doubles a value must not fill the memory.
const BYTES_MAX: usize = 64 * 1024;

/// The text with quotes taken off and with the variables that are known; others stay as they are.
pub(crate) fn expand(text: &str, variables: &Variables) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut quote = None;
    while let Some(c) = rest.chars().next() {
        if out.len() > BYTES_MAX {
            break;
        }
        rest = &rest[c.len_utf8()..];
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', Some('"') | None) => {
                let next = rest.chars().next();
                out.extend(next);
                rest = &rest[next.map_or(0, char::len_utf8)..];
            }
            ('$', Some('"') | None) => {
                let (value, length) = variable(rest, variables);
                out.push_str(&value);
                rest = &rest[length..];
            }
            (c, _) => out.push(c),
        }
    }
    out
}

/// What stands behind a `$`: the value, and how many bytes of the text it takes.
fn variable(text: &str, variables: &Variables) -> (String, usize) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name_end = |text: &str| text.find(|c| !is_name(c)).unwrap_or(text.len());
    let known = |name: &str| variables.get(name).cloned().flatten();
    if let Some(inside) = text.strip_prefix('{') {
        let Some(end) = inside.find('}') else {
            return (format!("${text}"), text.len());
        };
        let whole = &inside[..end];
        let (name, rest) = whole.split_at(name_end(whole));
        let found = known(name).filter(|value| !value.is_empty());
        let value = match (rest.get(..2), found) {
            (Some(":+"), None) => Some(String::new()),
            (Some(":-"), None) | (Some(":+"), Some(_)) => rest.get(2..).map(str::to_owned),
            (_, found) => found,
        };
        return (value.unwrap_or_else(|| format!("${{{whole}}}")), end + 2);
    }
    let name = &text[..name_end(text)];
    match known(name) {
        Some(value) => (value, name.len()),
        None => (format!("${name}"), name.len()),
    }
}

/// `NAME=value NAME2="a b"`, or the older `NAME value`, with their values as they are written.
pub(crate) fn pairs(line: &str) -> Vec<(String, Option<String>)> {
    let words = split(line);
    let is_old = words.len() > 1 && !words.first().is_some_and(|word| word.contains('='));
    if is_old {
        let (name, value) = line
            .trim()
            .split_once(char::is_whitespace)
            .unwrap_or((line, ""));
        return vec![(name.to_owned(), Some(value.trim().to_owned()))];
    }
    words.into_iter().map(pair).collect()
}

/// What an `ARG` declares: `NAME`s and `NAME=value`s.
pub(crate) fn declared(line: &str) -> Vec<(String, Option<String>)> {
    split(line).into_iter().map(pair).collect()
}

fn pair(word: String) -> (String, Option<String>) {
    match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (word, None),
    }
}

/// The words of a line, still with their quotes.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', _) => {
                word.push(c);
                word.extend(chars.next());
                continue;
            }
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_put_in_and_what_is_not_stays() {
        let mut variables = Variables::new();
        variables.insert("A".to_owned(), Some("x y".to_owned()));
        variables.insert("NONE".to_owned(), None);
        for (text, expected) in [
            ("$A/${A}", "x y/x y"),
            ("'$A' \"$A\" \\$A", "$A x y $A"),
            ("${B:-d} ${A:-d} ${A:+z} ${B:+z}", "d x y z "),
            ("$NONE ${NONE} $", "$NONE ${NONE} $"),
            ("${A", "${A"),
        ] {
            assert_eq!(expand(text, &variables), expected, "{text}");
        }
        let long = "$A".repeat(1 << 20);
        assert!(expand(&long, &variables).len() < BYTES_MAX + 8);
    }

    #[test]
    fn both_forms_of_variables_are_read() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            pairs("A=1 B=\"x y\" C"),
            [
                ("A".to_owned(), some("1")),
                ("B".to_owned(), some("\"x y\"")),
                ("C".to_owned(), None)
            ]
        );
        assert_eq!(
            pairs("NAME some words"),
            [("NAME".to_owned(), some("some words"))]
        );
        assert_eq!(pairs("NAME"), [("NAME".to_owned(), None)]);
        assert_eq!(
            declared("A B=1"),
            [("A".to_owned(), None), ("B".to_owned(), some("1"))]
        );
    }
}
