//! Finding texts in strings.

use super::string::{Repr, Text};

impl Text {
    /// Whether a text stands anywhere in it: JavaScript's `includes`.
    pub fn contains(&self, wanted: &str) -> bool {
        self.index_of(wanted).is_some()
    }

    /// Whether it begins with a text.
    pub fn starts_with(&self, wanted: &str) -> bool {
        match &self.0 {
            Repr::WellFormed(text) => text.starts_with(wanted),
            Repr::Units(units) => units.starts_with(&units_of(wanted)),
        }
    }

    /// Whether it ends with a text.
    pub fn ends_with(&self, wanted: &str) -> bool {
        match &self.0 {
            Repr::WellFormed(text) => text.ends_with(wanted),
            Repr::Units(units) => units.ends_with(&units_of(wanted)),
        }
    }

    /// Where a text stands first, in code units.
    pub fn index_of(&self, wanted: &str) -> Option<usize> {
        match &self.0 {
            Repr::WellFormed(text) => text.find(wanted).map(|at| units_in(&text[..at])),
            Repr::Units(units) => find(units, &units_of(wanted)),
        }
    }

    /// Where a text stands last, in code units.
    pub fn last_index_of(&self, wanted: &str) -> Option<usize> {
        match &self.0 {
            Repr::WellFormed(text) => text.rfind(wanted).map(|at| units_in(&text[..at])),
            Repr::Units(units) => {
                let wanted = units_of(wanted);
                let last = units.len().checked_sub(wanted.len())?;
                (0..=last)
                    .rev()
                    .find(|at| units[*at..].starts_with(&wanted))
            }
        }
    }

    /// The parts between the places of a text, which must not be empty: JavaScript's `split`. There
    /// is always one part at least.
    pub fn split(&self, separator: &str) -> Vec<Self> {
        let units = match &self.0 {
            Repr::WellFormed(text) => return text.split(separator).map(Self::from).collect(),
            Repr::Units(units) => units,
        };
        let separator = units_of(separator);
        let mut rest = units.as_slice();
        let mut parts = Vec::new();
        while let Some(at) = find(rest, &separator).filter(|_| !separator.is_empty()) {
            parts.push(Self::from_units(&rest[..at]));
            rest = &rest[at + separator.len()..];
        }
        parts.push(Self::from_units(rest));
        parts
    }
}

fn units_of(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn units_in(text: &str) -> usize {
    text.encode_utf16().count()
}

fn find(units: &[u16], wanted: &[u16]) -> Option<usize> {
    let last = units.len().checked_sub(wanted.len())?;
    (0..=last).find(|at| units[*at..].starts_with(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str, check: impl Fn(&Text, usize)) {
        check(&Text::from(text), 0);
        let mut broken = Text::from_units(&[0xd800]);
        broken.push_str(text);
        check(&broken, 1);
    }

    #[test]
    fn places_are_in_code_units() {
        both("😀a.b.c", |text, before| {
            assert_eq!(text.index_of("."), Some(3 + before));
            assert_eq!(text.last_index_of("."), Some(5 + before));
            assert_eq!(text.index_of("x"), None);
            assert_eq!(text.last_index_of("a.b.c and more"), None);
            assert!(text.contains("b.c") && text.ends_with(".c"));
            assert_eq!(text.starts_with("😀"), before == 0);
        });
    }

    #[test]
    fn a_split_has_every_part() {
        both("a/😀//", |text, before| {
            let parts = text.split("/");
            assert_eq!(parts.len(), 4);
            assert_eq!(parts[0].len(), 1 + before);
            assert_eq!(parts[1], "😀");
            assert_eq!((&parts[2], &parts[3]), (&Text::new(), &Text::new()));
        });
        assert_eq!(Text::new().split("/"), [Text::new()]);
    }
}
