//! Putting strings together and taking parts of them.

use std::ops::Range;

use super::string::{Repr, Text};

impl Text {
    /// Appends a string. A surrogate at the end and one at the beginning become one character.
    pub fn push_text(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (Repr::WellFormed(text), Repr::WellFormed(other)) => text.push_str(other),
            (Repr::Units(units), Repr::WellFormed(other)) => units.extend(other.encode_utf16()),
            _ => {
                let mut units = self.to_units();
                units.extend(other.to_units());
                *self = Self::from_units(&units);
            }
        }
    }

    /// Appends a text.
    pub fn push_str(&mut self, other: &str) {
        match &mut self.0 {
            Repr::WellFormed(text) => text.push_str(other),
            Repr::Units(units) => units.extend(other.encode_utf16()),
        }
    }

    /// The strings one after another: JavaScript's `+` and template literals.
    pub fn concat<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut whole = Self::new();
        for part in parts {
            whole.push_text(part);
        }
        whole
    }

    /// The code units of a range, which may cut a character in two: JavaScript's `slice` with
    /// indices that are not negative. What lies beyond the end is not there.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        match &self.0 {
            Repr::WellFormed(text) if text.is_ascii() => {
                let end = range.end.min(text.len());
                Self::from(text.get(range.start..end).unwrap_or_default())
            }
            Repr::WellFormed(text) => {
                let count = range.end.saturating_sub(range.start);
                let units = text.encode_utf16().skip(range.start).take(count);
                Self::from_units(&units.collect::<Vec<_>>())
            }
            Repr::Units(units) => {
                let end = range.end.min(units.len());
                Self::from_units(units.get(range.start..end).unwrap_or_default())
            }
        }
    }

    /// Generalised UTF-8: as UTF-8, with a surrogate that has no partner in three bytes.
    pub(crate) fn to_wide_utf8(&self) -> Vec<u8> {
        match &self.0 {
            Repr::WellFormed(text) => text.as_bytes().to_vec(),
            Repr::Units(units) => {
                let mut builder = TextBuilder::default();
                for character in char::decode_utf16(units.iter().copied()) {
                    match character {
                        Ok(character) => builder.push(character),
                        Err(lone) => builder.push_unit(lone.unpaired_surrogate()),
                    }
                }
                builder.bytes
            }
        }
    }
}

/// A string in the making, from characters, code units and generalised UTF-8.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    bytes: Vec<u8>,
}

impl TextBuilder {
    pub(crate) fn push(&mut self, character: char) {
        let mut buffer = [0; 4];
        let encoded = character.encode_utf8(&mut buffer);
        self.bytes.extend_from_slice(encoded.as_bytes());
    }

    /// Appends a code unit. Surrogates find their partners in [`TextBuilder::finish`].
    pub(crate) fn push_unit(&mut self, unit: u16) {
        if let Some(character) = char::from_u32(unit.into()) {
            self.push(character);
        } else {
            let [high, low] = unit.to_be_bytes();
            let middle = 0x80 | (high & 0x0f) << 2 | low >> 6;
            self.bytes.extend([0xed, middle, 0x80 | low & 0x3f]);
        }
    }

    /// Appends generalised UTF-8.
    pub(crate) fn push_wide_utf8(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn finish(self) -> Text {
        match String::from_utf8(self.bytes) {
            Ok(text) => Text::from(text),
            Err(error) => Text::from_units(&units_of(error.as_bytes())),
        }
    }
}

/// The code units of generalised UTF-8.
fn units_of(bytes: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let size = match first {
            0..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
        };
        let (character, behind) = rest.split_at(size.min(rest.len()));
        rest = behind;
        match (std::str::from_utf8(character), character) {
            (Ok(text), _) => units.extend(text.encode_utf16()),
            (Err(_), &[_, middle, last]) => {
                let low = u16::from(middle & 0x3f) << 6 | u16::from(last & 0x3f);
                units.push(0xd000 | low);
            }
            (Err(_), _) => units.push(0xfffd),
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(units: &[u16]) -> Text {
        Text::from_units(units)
    }

    #[test]
    fn halves_become_a_character_wherever_they_meet() {
        let mut text = units(&[0x61, 0xd83d]);
        text.push_text(&units(&[0xde00]));
        assert_eq!(text, "a😀");
        text.push_str("b");
        assert_eq!(Text::concat([&text, &units(&[0xd800])]).len(), 5);

        let mut builder = TextBuilder::default();
        builder.push_unit(0xd83d);
        builder.push_unit(0xde00);
        builder.push('é');
        builder.push_unit(0xe9);
        assert_eq!(builder.finish(), "😀éé");
    }

    #[test]
    fn generalised_utf8_holds_every_string() {
        for given in [&[0xd800, 0x61][..], &[0xdfff, 0xd800, 0x20ac, 0xed], &[]] {
            let mut builder = TextBuilder::default();
            builder.push_wide_utf8(&units(given).to_wide_utf8());
            assert_eq!(builder.finish(), units(given));
        }
    }

    #[test]
    fn a_slice_may_cut_a_character_in_two() {
        let text = Text::from("a😀b");
        assert_eq!(text.slice(0..2), units(&[0x61, 0xd83d]));
        assert_eq!(text.slice(2..99), units(&[0xde00, 0x62]));
        assert_eq!(Text::from("abc").slice(1..2), "b");
        assert_eq!(Text::from("abc").slice(4..9), "");
        assert_eq!(units(&[0xd800, 0x62]).slice(1..9), "b");
    }
}
