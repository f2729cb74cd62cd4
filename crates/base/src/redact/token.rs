//! Provider keys by their shape: `e2b_` + 40 hex, `dtn_` + 32 or more hex, at token borders.

/// How tokens begin; each provider's keys and the stand-ins' have these shapes.
pub(super) const PREFIXES: [&str; 2] = ["e2b_", "dtn_"];

/// The pairs of bytes with which tokens begin.
pub(super) fn first_pairs() -> impl Iterator<Item = [u8; 2]> {
    PREFIXES
        .iter()
        .filter_map(|prefix| prefix.as_bytes().first_chunk().copied())
}

/// Hex digits of an E2B key.
const E2B_DIGITS: usize = 40;

/// Least hex digits of a Daytona key.
const DTN_DIGITS_MIN: usize = 32;

/// Digits of a Daytona key that are looked at. A longer run is no key of today, but is taken for
/// one, as far as this, so that what is held back stays bounded.
const DTN_DIGITS_MAX: usize = 512;

/// Bytes before a token that decide about it: `%3D` is the longest border.
pub(super) const CONTEXT: usize = 3;

/// Whether a token stands at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// It does not.
    No,
    /// More of the text must come to tell.
    More,
    /// It does, and is so long.
    Yes(usize),
}

/// Whether a token stands at the beginning of `text`. `before` is what stands in front of it, at
/// least [`CONTEXT`] bytes where there are as many; nothing comes behind a text that is `complete`.
pub(super) fn token(before: &[u8], text: &[u8], complete: bool) -> Token {
    let starts = |prefix: &&&str| {
        let known = text.len().min(prefix.len());
        text[..known] == prefix.as_bytes()[..known]
    };
    let Some(prefix) = PREFIXES.iter().find(starts).filter(|_| border(before)) else {
        return Token::No;
    };
    let rest = text.get(prefix.len()..).unwrap_or_default();
    let digits = rest
        .iter()
        .take(DTN_DIGITS_MAX)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let is_known = text.len() > prefix.len() + digits || digits == DTN_DIGITS_MAX;
    if !is_known {
        if !complete {
            return Token::More;
        }
        if text.len() < prefix.len() {
            return Token::No;
        }
    }
    let ends = rest.get(digits).is_none_or(|&byte| !word(byte));
    let is_token = match *prefix {
        "e2b_" => digits == E2B_DIGITS && ends,
        _ => digits == DTN_DIGITS_MAX || (digits >= DTN_DIGITS_MIN && ends),
    };
    if is_token {
        Token::Yes(prefix.len() + digits)
    } else {
        Token::No
    }
}

/// Whether a token may begin after `before`. An escape's last letter (`\n`, `%3D`) is no letter
/// of a word.
fn border(before: &[u8]) -> bool {
    match before {
        [] => true,
        [.., last] if !word(*last) => true,
        [.., b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        [.., b'\\', letter] => b"bfnrt".contains(letter),
        _ => false,
    }
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_count_at_borders_only() {
        let e2b = format!("e2b_{}", "0a".repeat(20));
        let dtn = format!("dtn_{}", "F1".repeat(16));
        for (before, text, length) in [
            ("", e2b.clone(), Some(44)),
            ("key=", format!("{e2b}\n"), Some(44)),
            ("\\n", e2b.clone(), Some(44)),
            ("%3D", e2b.clone(), Some(44)),
            ("x", e2b.clone(), None),
            ("_", e2b.clone(), None),
            ("", format!("{e2b}0"), None),
            ("", format!("{e2b}x"), None),
            ("", e2b[..43].to_owned(), None),
            (" ", dtn.clone(), Some(36)),
            (" ", format!("{dtn}00,"), Some(38)),
            (" ", format!("{dtn}g"), None),
            (" ", dtn[..35].to_owned(), None),
            (" ", format!("dtn_{}", "0".repeat(600)), Some(516)),
            (" ", "dtn".to_owned(), None),
        ] {
            assert_eq!(
                token(before.as_bytes(), text.as_bytes(), true),
                length.map_or(Token::No, Token::Yes),
                "{text}"
            );
        }
    }
}
