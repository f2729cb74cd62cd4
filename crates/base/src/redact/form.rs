//! The forms in which a secret may stand in a text, and whether one stands at a place.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::redact::beginning::{BREAK_MAX, BREAKS, Beginning, ByteSet};
use crate::redact::input::{Ends, Input};
use crate::redact::unit::{letter_of, nothing, unit};

/// One way in which a secret is written.
pub(super) enum Form {
    /// Its characters one by one, each as it is or escaped in whatever way.
    Text(Vec<char>),
    /// Inside a longer text that was encoded as base64: the digits that carry nothing but its bits,
    /// in the standard alphabet.
    Base64(Vec<u8>),
    /// Hexadecimal digits, lower case.
    Hex(Vec<u8>),
}

/// Whether a form stands at a place.
pub(super) enum Found {
    /// It does not.
    No,
    /// More of the text must come to tell.
    More,
    /// It does, and ends there.
    Yes(usize),
}

/// The forms of a secret.
pub(super) fn forms(secret: &str) -> Vec<Form> {
    let bytes = secret.as_bytes();
    let mut forms = vec![Form::Text(secret.chars().collect())];
    // It begins at any of the three places within a group.
    for before in 0..3 {
        let mut text = vec![0; before];
        text.extend_from_slice(bytes);
        let certain = (before * 8).div_ceil(6)..text.len() * 8 / 6;
        let encoded = STANDARD_NO_PAD.encode(&text).into_bytes();
        forms.push(Form::Base64(encoded[certain].to_vec()));
    }
    let digit = |value: u8| char::from_digit(value.into(), 16).map_or(b'0', |c| c as u8);
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    forms.push(Form::Hex(digits.map(digit).collect()));
    forms
}

impl Form {
    /// Whether it stands at a place, and where the longest reading ends.
    pub(super) fn at(&self, input: Input<'_>, start: usize) -> Found {
        match self {
            Self::Text(chars) => text_at(chars, input, start),
            Self::Base64(digits) => digits_at(digits, base64_digit, input, start),
            Self::Hex(digits) => digits_at(digits, hex_digit, input, start),
        }
    }

    /// Every pair of bytes with which it may begin, and what is to be looked at then.
    pub(super) fn beginnings(&self) -> Vec<([u8; 2], Beginning)> {
        let mut found = Vec::new();
        match self {
            Self::Text(chars) => text_beginnings(chars, &mut found),
            Self::Base64(digits) => {
                let url = |digit| match digit {
                    b'+' => vec![b'+', b'-'],
                    b'/' => vec![b'/', b'_'],
                    other => vec![other],
                };
                digit_beginnings(digits, url, &mut found);
                if let Some(first @ (b'+' | b'/')) = digits.first() {
                    escaped_beginnings(char::from(*first), &mut found);
                }
            }
            Self::Hex(digits) => {
                let cases = |digit: u8| vec![digit, digit.to_ascii_uppercase()];
                digit_beginnings(digits, cases, &mut found);
            }
        }
        found
    }
}

type Beginnings = Vec<([u8; 2], Beginning)>;

/// Every digit in all its spellings, or a break behind the first.
fn digit_beginnings(digits: &[u8], spellings: impl Fn(u8) -> Vec<u8>, found: &mut Beginnings) {
    let [first, second, third, ..] = digits else {
        return;
    };
    let next = |digit: u8| {
        let is_sign = matches!(digit, b'+' | b'/');
        let escapes = if is_sign { &b"\\%&="[..] } else { b"" };
        let apart = [b':', b',', b'-', 0];
        ByteSet::of(
            spellings(digit)
                .into_iter()
                .chain(BREAKS)
                .chain(apart)
                .chain(escapes.iter().copied()),
        )
    };
    for first in spellings(*first) {
        let mut seconds = spellings(*second);
        seconds.dedup();
        for second in seconds {
            found.push(([first, second], Beginning::Plain(next(*third))));
        }
        for second_of in BREAKS {
            let behind = ByteSet::of(spellings(*second));
            // A sign may be escaped, which begins as some breaks do.
            let look = if matches!(second, b'+' | b'/') {
                Beginning::Other
            } else {
                Beginning::Break(behind)
            };
            found.push(([first, second_of], look));
        }
    }
}

fn text_beginnings(chars: &[char], found: &mut Beginnings) {
    let [first, second, third, ..] = *chars else {
        return;
    };
    let byte = |c: char| c.encode_utf8(&mut [0; 4]).as_bytes()[0];
    // With what a character may begin that stands inside a text.
    let next = |c: char| {
        let mut bytes = vec![byte(c), b'\\', b'%', b'&', b'=', 0];
        match c {
            ' ' => bytes.push(b'+'),
            '\n' | '\r' | '\t' => bytes.push(b' '),
            '\'' | '"' => bytes.extend(*b"'\""),
            _ => {}
        }
        bytes
    };
    let mut utf8 = [0; 4];
    let raw = first.encode_utf8(&mut utf8).as_bytes();
    match raw {
        [one] => {
            let plain = byte(second);
            for behind in next(second) {
                let look = match behind {
                    _ if second == '\'' || second == '"' || !second.is_ascii() => Beginning::Other,
                    b'\\' | b'%' | b'&' | b'=' | 0 if behind != plain => Beginning::Then(second),
                    _ if plain == behind && !b"\\%&=".contains(&plain) => {
                        Beginning::Plain(ByteSet::of(next(third)))
                    }
                    _ => Beginning::Other,
                };
                found.push(([*one, behind], look));
            }
        }
        [one, two, ..] => found.push(([*one, *two], Beginning::Other)),
        [] => {}
    }
    let stand_ins: &[u8] = match first {
        ' ' => b"+",
        '\n' | '\r' | '\t' => b" ",
        _ => b"",
    };
    for one in stand_ins {
        found.extend(
            next(second)
                .into_iter()
                .map(|behind| ([*one, behind], Beginning::Other)),
        );
    }
    if matches!(first, '\'' | '"') {
        let forms = [b'\'', b'\\', b'"'];
        found.extend(forms.map(|behind| ([raw[0], behind], Beginning::Other)));
    }
    escaped_beginnings(first, found);
}

/// With what a character may begin that is escaped.
fn escaped_beginnings(wanted: char, found: &mut Beginnings) {
    let mut utf8 = [0; 4];
    let raw = wanted.encode_utf8(&mut utf8).as_bytes();
    let mut pairs: BTreeSet<[u8; 2]> = [
        raw[0], b'\\', b'%', b'u', b'U', b'x', b'0', b'1', b'2', b'3', b's',
    ]
    .map(|b| [b'\\', b])
    .into();
    pairs.extend(letter_of(wanted).map(|letter| [b'\\', letter]));
    pairs.extend([b'#', b'%', b'a', b'l', b'g', b'q'].map(|b| [b'&', b]));
    let latin = u8::try_from(u32::from(wanted)).unwrap_or(raw[0]);
    for byte in [raw[0], latin] {
        let digit = char::from_digit(u32::from(byte >> 4), 16).map_or(b'0', |c| c as u8);
        for digit in [digit, digit.to_ascii_uppercase()] {
            pairs.extend([[b'%', digit], [b'=', digit]]);
        }
    }
    pairs.extend([[b'%', b'2'], [b'%', b'5'], [b'%', b'u']]);
    found.extend(
        pairs
            .into_iter()
            .map(|pair| (pair, Beginning::Escape(wanted))),
    );
}

fn text_at(chars: &[char], input: Input<'_>, start: usize) -> Found {
    let mut now = Ends::default();
    let mut next = Ends::default();
    now.push(start);
    for (index, wanted) in chars.iter().enumerate() {
        next.clear();
        for &at in now.all() {
            unit(*wanted, input, at, &mut next);
            if index > 0
                && let Some(behind) = nothing(input, at, &mut next)
            {
                unit(*wanted, input, behind, &mut next);
            }
        }
        if next.all().is_empty() || next.more {
            return if next.more { Found::More } else { Found::No };
        }
        std::mem::swap(&mut now, &mut next);
    }
    now.all()
        .iter()
        .max()
        .map_or(Found::No, |end| Found::Yes(*end))
}

/// Digits, with breaks between them.
fn digits_at(
    digits: &[u8],
    one: fn(u8, Input<'_>, usize, &mut Ends),
    input: Input<'_>,
    start: usize,
) -> Found {
    let mut at = start;
    let mut ends = Ends::default();
    for (index, wanted) in digits.iter().enumerate() {
        ends.clear();
        one(*wanted, input, at, &mut ends);
        if ends.all().is_empty()
            && index > 0
            && let Some(behind) = between(input, at, &mut ends)
        {
            one(*wanted, input, behind, &mut ends);
        }
        match (ends.all().iter().max(), ends.more) {
            (_, true) => return Found::More,
            (Some(end), false) => at = *end,
            (None, false) => return Found::No,
        }
    }
    Found::Yes(at)
}

fn base64_digit(wanted: u8, input: Input<'_>, at: usize, ends: &mut Ends) {
    let Some(there) = input.get(at, ends) else {
        return;
    };
    let is_url = matches!((wanted, there), (b'+', b'-') | (b'/', b'_'));
    if there == wanted || is_url {
        ends.push(at + 1);
    } else if matches!(wanted, b'+' | b'/') {
        unit(char::from(wanted), input, at, ends);
    }
}

fn hex_digit(wanted: u8, input: Input<'_>, at: usize, ends: &mut Ends) {
    if input
        .get(at, ends)
        .is_some_and(|there| there.to_ascii_lowercase() == wanted)
    {
        ends.push(at + 1);
    }
}

/// The place behind a break: white space, raw or escaped, what separates bytes in a dump, a folded
/// line of a mail or a shell.
fn between(input: Input<'_>, start: usize, ends: &mut Ends) -> Option<usize> {
    const ESCAPED: [&[u8]; 15] = [
        b"%0A", b"%0a", b"%0D", b"%0d", b"%09", b"%20", b"&#10;", b"&#13;", b"&#9;", b"&#xA;",
        b"&#xD;", b"&#xa;", b"&#xd;", b"0x", b"0X",
    ];
    let mut at = start;
    while at - start <= BREAK_MAX {
        let byte = input.get(at, ends)?;
        let next = match byte {
            b'\n' | b'\r' | b' ' | b'\t' | b':' | b',' | b'-' | 0 => Some(at + 1),
            b'\\' => escaped_break(input, at, ends),
            b'=' => input.line_break(at + 1, ends),
            b'%' | b'&' | b'0' => ESCAPED
                .iter()
                .find_map(|form| input.literal(at, form, ends)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return (at > start).then_some(at),
        }
    }
    None
}

/// `\n`, `\r`, `\t`, `\x`, or a line that goes on behind a backslash.
fn escaped_break(input: Input<'_>, at: usize, ends: &mut Ends) -> Option<usize> {
    let mut place = at;
    while input.get(place, ends)? == b'\\' {
        place += 1;
        if place - at > BREAK_MAX {
            return None;
        }
    }
    match input.get(place, ends)? {
        b'n' | b'r' | b't' | b'x' => Some(place + 1),
        b'\n' | b'\r' => Some(place),
        _ => None,
    }
}
