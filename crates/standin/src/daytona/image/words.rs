//! The words of a Dockerfile line: quotes taken off, variables put in.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// Variables by name.
pub(super) type Vars = BTreeMap<String, String>;

/// Bytes of what one line is expanded to, and of all variables together: a program could not be
/// started with many more, and a line that doubles a value must not fill the memory.
const BYTES_MAX: usize = 128 * 1024;

/// That this many bytes of variables are not too many.
///
/// # Errors
/// When they are.
pub(super) fn bounded(bytes: usize) -> Result<(), String> {
    if bytes > BYTES_MAX {
        return Err(format!("an image's variables may have {BYTES_MAX} bytes"));
    }
    Ok(())
}

/// Bytes of variables.
pub(super) fn size(vars: &Vars) -> usize {
    vars.iter()
        .map(|(name, value)| name.len() + value.len())
        .sum()
}

/// `ARG NAME[=default] ...`
pub(super) fn declare(line: &str, into: &mut Vars, global: &Vars) -> Result<(), String> {
    let mut bytes = size(into);
    for word in split(line) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(expand(value, into)?)),
            None => (word.as_str(), global.get(&word).cloned()),
        };
        if let Some(value) = value {
            bytes += name.len() + value.len();
            bounded(bytes)?;
            into.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

/// A text with its quotes and backslashes taken off and its variables put in, as Docker does
/// outside of `RUN`, `CMD` and `ENTRYPOINT`.
///
/// # Errors
/// When a quote or a brace is not closed, or a modifier is unknown.
pub(super) fn expand(text: &str, vars: &Vars) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'', Some('\'')) | ('"', Some('"')) => quote = None,
            (c, Some('\'')) => out.push(c),
            ('\'' | '"', None) => quote = Some(c),
            ('\\', None) => out.extend(chars.next()),
            ('\\', Some(_)) => match chars.peek() {
                Some('"' | '$' | '\\') => out.extend(chars.next()),
                _ => out.push('\\'),
            },
            ('$', _) => {
                out.push_str(&variable(&mut chars, vars)?);
                bounded(out.len())?;
            }
            (c, _) => out.push(c),
        }
    }
    match quote {
        Some(quote) => Err(format!(
            "unexpected end of statement while looking for {quote}"
        )),
        None => Ok(out),
    }
}

fn variable(chars: &mut Peekable<Chars<'_>>, vars: &Vars) -> Result<String, String> {
    let value = |name: &str| vars.get(name).cloned().unwrap_or_default();
    if chars.peek() != Some(&'{') {
        let mut name = String::new();
        while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
            name.push(c);
        }
        return Ok(if name.is_empty() {
            "$".to_owned()
        } else {
            value(&name)
        });
    }
    chars.next();
    let mut inside = String::new();
    loop {
        match chars.next() {
            Some('}') => break,
            Some(c) => inside.push(c),
            None => return Err("syntax error: missing '}'".to_owned()),
        }
    }
    let at = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let (name, rest) = inside.split_at(at.unwrap_or(inside.len()));
    let found = vars.get(name).filter(|value| !value.is_empty());
    match (rest.get(..2).unwrap_or(rest), found) {
        ("", _) => Ok(value(name)),
        (":-", Some(found)) => Ok(found.clone()),
        (":-", None) | (":+", Some(_)) => Ok(rest.get(2..).unwrap_or_default().to_owned()),
        (":+", None) => Ok(String::new()),
        _ => Err(format!("unsupported modifier ({rest}) in substitution")),
    }
}

/// The words of a line, still with their quotes.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                word.push(c);
                word.extend(chars.next());
            }
            (c, Some(open)) => {
                word.push(c);
                if c == open {
                    quote = None;
                }
            }
            ('\'' | '"', None) => {
                word.push(c);
                quote = Some(c);
            }
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (c, None) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// `NAME=value ...`, or the old `NAME the rest of the line`.
///
/// # Errors
/// When a word is no pair.
pub(super) fn pairs(line: &str, vars: &Vars) -> Result<Vec<(String, String)>, String> {
    let words = split(line);
    let first = words.first().map_or("", String::as_str);
    if !first.contains('=') {
        let rest = line.trim_start();
        let rest = rest.get(first.len()..).unwrap_or_default().trim();
        if rest.is_empty() {
            return Err(format!("ENV must have two arguments: {first}"));
        }
        return Ok(vec![(first.to_owned(), expand(rest, vars)?)]);
    }
    let mut pairs = Vec::new();
    let mut bytes = 0;
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(|| {
            format!("Syntax error - can't find = in \"{word}\". Must be of the form: name=value")
        })?;
        let pair = (expand(name, vars)?, expand(value, vars)?);
        bytes += pair.0.len() + pair.1.len();
        bounded(bytes)?;
        pairs.push(pair);
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_expanded_as_docker_does() {
        let vars = Vars::from([
            ("A".to_owned(), "1".to_owned()),
            ("E".to_owned(), String::new()),
        ]);
        let cases = [
            ("plain", Ok("plain")),
            ("$A-${A}$B", Ok("1-1")),
            ("'$A' \"$A\" \\$A", Ok("$A 1 $A")),
            ("${B:-x}${A:-x}${E:-y}${A:+z}${B:+z}", Ok("x1yz")),
            ("\"a\\\"b\\n\"", Ok("a\"b\\n")),
            ("100$", Ok("100$")),
            ("${A", Err("syntax error: missing '}'")),
            ("'x", Err("unexpected end of statement while looking for '")),
            ("${A%x}", Err("unsupported modifier (%x) in substitution")),
            ("é${A:-é}", Ok("é1")),
        ];
        for (text, expected) in cases {
            let got = expand(text, &vars);
            assert_eq!(got.as_deref().map_err(String::as_str), expected, "{text}");
        }
    }

    #[test]
    fn pairs_have_two_forms() {
        let vars = Vars::from([("P".to_owned(), "/bin".to_owned())]);
        let cases: [(&str, &[(&str, &str)]); 4] = [
            (
                "A=1 B=\"x y\" C=$P:/opt",
                &[("A", "1"), ("B", "x y"), ("C", "/bin:/opt")],
            ),
            ("A the rest  of it", &[("A", "the rest  of it")]),
            ("A=a\\ b", &[("A", "a b")]),
            ("A=", &[("A", "")]),
        ];
        for (line, expected) in cases {
            let got = pairs(line, &vars).unwrap();
            let got: Vec<_> = got.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(got, expected, "{line}");
        }
        assert!(pairs("A", &vars).is_err());
        assert!(pairs("A=1 B", &vars).is_err());
    }
}
