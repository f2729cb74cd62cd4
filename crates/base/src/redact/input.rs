//! Bytes that are looked at from a place on, of which more may come.

/// A text, or as much of it as is there.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether nothing comes behind it.
    pub(super) complete: bool,
}

/// Where a form may go on: a reading can have several ends.
#[derive(Default)]
pub(super) struct Ends {
    at: [usize; ENDS_MAX],
    count: usize,
    /// Whether the text ended where a form could still go on.
    pub(super) more: bool,
}

/// Readings of one character that are kept apart; a text has two or three.
const ENDS_MAX: usize = 12;

impl Ends {
    pub(super) fn push(&mut self, end: usize) {
        if self.count < ENDS_MAX && !self.all().contains(&end) {
            self.at[self.count] = end;
            self.count += 1;
        }
    }

    pub(super) fn all(&self) -> &[usize] {
        &self.at[..self.count]
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
    }
}

impl Input<'_> {
    /// The byte at a place. Where the text has ended, it notes that more must come.
    pub(super) fn get(&self, at: usize, ends: &mut Ends) -> Option<u8> {
        let byte = self.bytes.get(at).copied();
        ends.more |= byte.is_none() && !self.complete;
        byte
    }

    /// The end of `wanted`, if it stands at a place.
    pub(super) fn literal(&self, at: usize, wanted: &[u8], ends: &mut Ends) -> Option<usize> {
        let there = self.bytes.get(at..).unwrap_or_default();
        if there.starts_with(wanted) {
            return Some(at + wanted.len());
        }
        ends.more |= !self.complete && there.len() < wanted.len() && wanted.starts_with(there);
        None
    }

    /// The value of exactly so many hexadecimal digits at a place, and their end.
    pub(super) fn hex(&self, at: usize, digits: usize, ends: &mut Ends) -> Option<(u32, usize)> {
        let mut value = 0;
        for place in at..at + digits {
            let digit = char::from(self.get(place, ends)?).to_digit(16)?;
            value = value << 4 | digit;
        }
        Some((value, at + digits))
    }

    /// A number of one to `most` digits, and the place behind it.
    pub(super) fn number(
        &self,
        at: usize,
        radix: u32,
        most: usize,
        ends: &mut Ends,
    ) -> Option<(u32, usize)> {
        let mut value = 0_u32;
        for place in at..=at + most {
            let byte = self.get(place, ends)?;
            let Some(digit) = char::from(byte).to_digit(radix) else {
                return (place > at).then_some((value, place));
            };
            value = value.checked_mul(radix)?.checked_add(digit)?;
        }
        None
    }

    /// The end of a line break at a place, raw or written for a URL or JSON.
    pub(super) fn line_break(&self, at: usize, ends: &mut Ends) -> Option<usize> {
        const FORMS: [&[u8]; 8] = [
            b"\n", b"\r\n", b"%0A", b"%0a", b"%0D%0A", b"%0d%0a", b"\\n", b"\\r\\n",
        ];
        let mut forms = FORMS.iter();
        forms.find_map(|form| self.literal(at, form, ends))
    }
}
