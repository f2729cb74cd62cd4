//! How a form may begin, and a cheap look at whether it does: most places at which two bytes fit are
//! ruled out by a third one.

use crate::redact::unit::letter_of;

/// Bytes between two digits that break a line and indent the next one, or separate bytes.
pub(super) const BREAK_MAX: usize = 40;

/// With what a break between two digits begins.
pub(super) const BREAKS: [u8; 8] = [b'\n', b'\r', b' ', b'\t', b'\\', b'%', b'&', b'='];

/// What the first two bytes of a form are.
pub(super) enum Beginning {
    /// As they are; the third byte is one of these.
    Plain(ByteSet),
    /// A digit and the begin of a break, behind which stands one of these.
    Break(ByteSet),
    /// The begin of this character, escaped.
    Escape(char),
    /// A character as it is, and the begin of this one, escaped.
    Then(char),
    /// Something that only a whole look tells.
    Other,
}

/// A set of bytes.
#[derive(Default, Clone, Copy)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(super) fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Self::default();
        for byte in bytes {
            set.0[usize::from(byte / 64)] |= 1 << (byte % 64);
        }
        set
    }

    pub(super) const fn has(&self, byte: u8) -> bool {
        self.0[(byte / 64) as usize] >> (byte % 64) & 1 == 1
    }
}

impl Beginning {
    /// Whether a form can begin so at the begin of a text. What the text does not tell, as it ends,
    /// can be.
    pub(super) fn can_be(&self, text: &[u8]) -> bool {
        match self {
            Self::Plain(third) => text.get(2).is_none_or(|byte| third.has(*byte)),
            Self::Break(second) => behind_break(&text[1..]).is_none_or(|byte| second.has(byte)),
            Self::Escape(first) => escape(text, *first),
            Self::Then(second) => match text[1] {
                0 => true,
                _ => is_folded(&text[1..]) || escape(&text[1..], *second),
            },
            Self::Other => true,
        }
    }
}

/// The first byte behind white space; `None` if that is not all that the break may be.
fn behind_break(text: &[u8]) -> Option<u8> {
    let space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let spaces = text.iter().take(BREAK_MAX + 1);
    let at = spaces.take_while(|byte| space(byte)).count();
    let byte = *text.get(at)?;
    let next = text.get(at + 1);
    let may_go_on = match byte {
        b'%' => next.is_none_or(|next| matches!(next, b'0' | b'2' | b'5')),
        b'&' => next.is_none_or(|next| *next == b'#'),
        b'=' => is_folded(&text[at..]),
        b'\\' => next.is_none_or(|next| b"nrtx\n\r\\".contains(next)),
        b':' | b',' | b'-' | b'0' | 0 => true,
        _ => false,
    };
    (!may_go_on).then_some(byte)
}

/// Whether a line may be folded here, as mails and shells do.
fn is_folded(text: &[u8]) -> bool {
    matches!(text[0], b'=' | b'\\')
        && text
            .get(1)
            .is_none_or(|next| matches!(next, b'\n' | b'\r' | b'%' | b'\\'))
}

/// Whether this character may begin here in an escaped form.
fn escape(text: &[u8], wanted: char) -> bool {
    let mut utf8 = [0; 4];
    let raw = wanted.encode_utf8(&mut utf8).as_bytes()[0];
    let latin = u8::try_from(u32::from(wanted)).unwrap_or(raw);
    let Some(&next) = text.get(1) else {
        return true;
    };
    match text[0] {
        b'\\' => backslash(text, wanted, raw),
        b'%' => match (next, hex(&text[1..])) {
            (b'u', _) | (_, Code::Unknown) => true,
            (_, Code::No) => false,
            (_, Code::Is(code)) => {
                code == raw || code == latin || matches!(code, b'%' | b'\\' | b'&')
            }
        },
        b'=' => match hex(&text[1..]) {
            Code::Unknown => true,
            Code::No => false,
            Code::Is(code) => code == raw,
        },
        b'&' => match next {
            b'#' | b'%' | b'a' => true,
            b'l' => wanted == '<',
            b'g' => wanted == '>',
            b'q' => wanted == '"',
            _ => false,
        },
        _ => true,
    }
}

fn backslash(text: &[u8], wanted: char, raw: u8) -> bool {
    let run = text.iter().take_while(|byte| **byte == b'\\').count();
    let Some(&letter) = text.get(run) else {
        return true;
    };
    match letter {
        _ if wanted == '\\' || letter == raw => true,
        b'u' => {
            let mut units = [0; 2];
            let unit = wanted.encode_utf16(&mut units)[0];
            let [high, low] = unit.to_be_bytes();
            match (hex(&text[run + 1..]), text.get(run + 3..).map(hex)) {
                (Code::Is(a), Some(Code::Is(b))) => (a, b) == (high, low) || (a, b) == (0, b'&'),
                _ => true,
            }
        }
        b'U' | b'x' | b'0'..=b'3' | b'%' => true,
        b's' => wanted == ' ',
        letter => letter_of(wanted) == Some(letter),
    }
}

/// Two hexadecimal digits at the begin of a text.
enum Code {
    Is(u8),
    No,
    /// The text ends.
    Unknown,
}

fn hex(text: &[u8]) -> Code {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match text {
        [] => Code::Unknown,
        [high] => match digit(*high) {
            Some(_) => Code::Unknown,
            None => Code::No,
        },
        [high, low, ..] => match (digit(*high), digit(*low)) {
            (Some(high), Some(low)) => u8::try_from(high << 4 | low).map_or(Code::No, Code::Is),
            _ => Code::No,
        },
    }
}
