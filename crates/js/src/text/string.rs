//! JavaScript strings: sequences of UTF-16 code units, lone surrogates included.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A JavaScript string.
///
/// What is well formed is kept as UTF-8, anything else as code units, so that two equal strings
/// always look the same. Every length and every index is in UTF-16 code units, as in JavaScript.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(pub(super) Repr);

/// `Units` only holds what is no Unicode text: with a surrogate that has no partner.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Repr {
    WellFormed(String),
    Units(Vec<u16>),
}

impl Text {
    /// The empty string.
    pub const fn new() -> Self {
        Self(Repr::WellFormed(String::new()))
    }

    /// The string of these UTF-16 code units.
    pub fn from_units(units: &[u16]) -> Self {
        match String::from_utf16(units) {
            Ok(text) => Self(Repr::WellFormed(text)),
            Err(_) => Self(Repr::Units(units.to_vec())),
        }
    }

    /// The number of UTF-16 code units: JavaScript's `length`.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::WellFormed(text) if text.is_ascii() => text.len(),
            Repr::WellFormed(text) => text.encode_utf16().count(),
            Repr::Units(units) => units.len(),
        }
    }

    /// Whether there is no code unit in it.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Repr::WellFormed(text) => text.is_empty(),
            Repr::Units(units) => units.is_empty(),
        }
    }

    /// The text, unless a surrogate in it has no partner.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Repr::WellFormed(text) => Some(text),
            Repr::Units(_) => None,
        }
    }

    /// The text with U+FFFD in place of each surrogate that has no partner: what leaves as UTF-8,
    /// and JavaScript's `toWellFormed()`.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::WellFormed(text) => Cow::Borrowed(text),
            Repr::Units(units) => Cow::Owned(String::from_utf16_lossy(units)),
        }
    }

    /// The UTF-16 code units.
    pub fn to_units(&self) -> Vec<u16> {
        match &self.0 {
            Repr::WellFormed(text) => text.encode_utf16().collect(),
            Repr::Units(units) => units.clone(),
        }
    }
}

/// A well-formed text hashes as its `str`, so that maps can be asked with one.
impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::WellFormed(text) => text.hash(state),
            Repr::Units(units) => units.hash(state),
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Repr::WellFormed(text.to_owned()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Repr::WellFormed(text))
    }
}

impl From<char> for Text {
    fn from(character: char) -> Self {
        Self(Repr::WellFormed(character.into()))
    }
}

impl From<&Self> for Text {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

/// Lossy: see [`Text::to_string_lossy`].
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_string_lossy())
    }
}

/// With `\u{dXXX}` for a surrogate that has no partner.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Repr::Units(units) = &self.0 else {
            return fmt::Debug::fmt(&*self.to_string_lossy(), f);
        };
        f.write_str("\"")?;
        for character in char::decode_utf16(units.iter().copied()) {
            match character {
                Ok(character) => write!(f, "{}", character.escape_debug())?,
                Err(lone) => write!(f, "\\u{{{:x}}}", lone.unpaired_surrogate())?,
            }
        }
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_in_code_units() {
        for (text, len) in [("", 0), ("abc", 3), ("é", 1), ("€", 1), ("😀", 2)] {
            assert_eq!(Text::from(text).len(), len, "{text}");
        }
        assert_eq!(Text::from_units(&[0xd83d]).len(), 1);
    }

    #[test]
    fn a_pair_given_as_units_is_the_character() {
        assert_eq!(Text::from_units(&[0xd83d, 0xde00]), Text::from("😀"));
        assert_ne!(Text::from_units(&[0xde00, 0xd83d]), Text::from("😀"));
    }

    #[test]
    fn a_lone_surrogate_is_shown_as_it_is_and_leaves_replaced() {
        let text = Text::from_units(&[0x61, 0xd83d, 0x62]);
        assert_eq!(text.as_str(), None);
        assert_eq!(text.to_string(), "a\u{fffd}b");
        assert_eq!(format!("{text:?}"), "\"a\\u{d83d}b\"");
        assert_eq!(Text::from_units(&text.to_units()), text);
    }
}
