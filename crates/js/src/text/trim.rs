//! JavaScript's white space and letter case.

use super::string::{Repr, Text};

/// What JavaScript's `trim` takes away: white space and line terminators. U+FEFF is one;
/// U+0085, U+180E and U+200B are none.
pub(crate) const fn is_white_space(character: char) -> bool {
    matches!(
        character,
        '\u{9}'..='\u{d}'
            | ' '
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
            | '\u{feff}'
    )
}

fn is_white_unit(unit: u16) -> bool {
    char::from_u32(unit.into()).is_some_and(is_white_space)
}

impl Text {
    /// The text without white space at both ends.
    #[must_use]
    pub fn trim(&self) -> Self {
        self.trim_start().trim_end()
    }

    /// The text without white space at its beginning.
    #[must_use]
    pub fn trim_start(&self) -> Self {
        match &self.0 {
            Repr::WellFormed(text) => Self::from(text.trim_start_matches(is_white_space)),
            Repr::Units(units) => {
                let start = units.iter().position(|unit| !is_white_unit(*unit));
                self.slice(start.unwrap_or(units.len())..units.len())
            }
        }
    }

    /// The text without white space at its end.
    #[must_use]
    pub fn trim_end(&self) -> Self {
        match &self.0 {
            Repr::WellFormed(text) => Self::from(text.trim_end_matches(is_white_space)),
            Repr::Units(units) => {
                let last = units.iter().rposition(|unit| !is_white_unit(*unit));
                self.slice(0..last.map_or(0, |last| last + 1))
            }
        }
    }

    /// The text in lower case, by Unicode's full mapping and without a language.
    #[must_use]
    pub fn to_lowercase(&self) -> Self {
        let units = match &self.0 {
            Repr::WellFormed(text) => return Self::from(text.to_lowercase()),
            Repr::Units(units) => units,
        };
        // A surrogate without partner is no letter, so that words end before it.
        let mut lower = Vec::with_capacity(units.len());
        let mut run = String::new();
        for character in char::decode_utf16(units.iter().copied()) {
            match character {
                Ok(character) => run.push(character),
                Err(lone) => {
                    lower.extend(run.to_lowercase().encode_utf16());
                    lower.push(lone.unpaired_surrogate());
                    run.clear();
                }
            }
        }
        lower.extend(run.to_lowercase().encode_utf16());
        Self::from_units(&lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_javascripts() {
        let inside = Text::from("\u{85}\u{180e}x y\u{200b}");
        let ends = "\u{9}\u{b}\u{c} \u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{202f}\u{205f}\u{3000}\u{feff}\r\n";
        let mut text = Text::from(ends);
        text.push_text(&inside);
        text.push_str(ends);
        assert_eq!(text.trim(), inside);
        assert_eq!(text.trim_start().trim_end(), inside);
        assert_eq!(Text::from(ends).trim(), "");
    }

    #[test]
    fn a_lone_surrogate_is_no_white_space() {
        let text = Text::from_units(&[0x20, 0xd800, 0xfeff]);
        assert_eq!(text.trim(), Text::from_units(&[0xd800]));
        assert_eq!(text.trim_end().len(), 2);
    }

    #[test]
    fn lower_case_is_the_full_mapping() {
        assert_eq!(Text::from("ÄΣΣ İ ẞ").to_lowercase(), "äσς i\u{307} ß");
        let text = Text::from_units(&[0x41, 0x3a3, 0xd800, 0x42]);
        assert_eq!(
            text.to_lowercase(),
            Text::from_units(&[0x61, 0x3c2, 0xd800, 0x62])
        );
    }
}
