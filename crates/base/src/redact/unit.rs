//! One character of a secret in all the ways in which encoders write it: as it is, for URLs, JSON,
//! HTML, shells, YAML, C, mails, and one of these within another.

use crate::redact::input::{Ends, Input};

/// Backslashes before an escaped character: text that was escaped four times over has 15. An even
/// number, so that what stays of a longer run is whole.
const BACKSLASHES_MAX: usize = 16;

/// Times that a percent sign or an ampersand was escaped again: `%2525`, `&amp;amp;`.
const AGAIN_MAX: usize = 3;

/// Notes every end of `wanted` written at a place.
pub(super) fn unit(wanted: char, input: Input<'_>, at: usize, ends: &mut Ends) {
    let mut utf8 = [0; 4];
    let raw = wanted.encode_utf8(&mut utf8).as_bytes();
    if let Some(end) = input.literal(at, raw, ends) {
        ends.push(end);
    }
    let Some(first) = input.get(at, ends) else {
        return;
    };
    match first {
        b'%' => percent(wanted, raw, input, at, ends),
        b'\\' => backslash(wanted, raw, input, at, ends),
        b'&' => entity(wanted, input, at + 1, ends),
        b'=' => {
            if let Some(end) = bytes_behind(raw, b"=", input, at, ends) {
                ends.push(end);
            }
        }
        // HTML forms; a shell that splits words.
        b'+' if wanted == ' ' => ends.push(at + 1),
        b' ' if matches!(wanted, '\n' | '\r' | '\t') => ends.push(at + 1),
        b'\'' if wanted == '\'' => {
            // YAML and SQL, then the two habits of shells.
            for form in [&b"''"[..], b"'\\''", b"'\"'\"'"] {
                if let Some(end) = input.literal(at, form, ends) {
                    ends.push(end);
                }
            }
        }
        b'"' if wanted == '"' => {
            if let Some(end) = input.literal(at, b"\"\"", ends) {
                ends.push(end);
            }
        }
        _ => {}
    }
}

/// The place behind what an encoder may put between two characters that stands for nothing: a
/// folded line, or the other bytes of UTF-16 and UTF-32.
pub(super) fn nothing(input: Input<'_>, at: usize, ends: &mut Ends) -> Option<usize> {
    match input.bytes.get(at)? {
        0 => {
            let zeros = input.bytes[at..].iter().take(3);
            let end = at + zeros.take_while(|byte| **byte == 0).count();
            input.get(end, ends);
            Some(end)
        }
        b'=' => soft_break(input, at, ends),
        b'\\' => {
            let mut end = input.line_break(at + 1, ends)?;
            while input
                .get(end, ends)
                .is_some_and(|byte| matches!(byte, b' ' | b'\t') && end < at + 40)
            {
                end += 1;
            }
            Some(end)
        }
        _ => None,
    }
}

/// The place behind a line break of a mail that stands for nothing.
fn soft_break(input: Input<'_>, at: usize, ends: &mut Ends) -> Option<usize> {
    let behind = input.literal(at, b"=", ends)?;
    input.line_break(behind, ends)
}

fn percent(wanted: char, raw: &[u8], input: Input<'_>, at: usize, ends: &mut Ends) {
    let mut sign = b"%".to_vec();
    for _ in 0..=AGAIN_MAX {
        if let Some(end) = bytes_behind(raw, &sign, input, at, ends) {
            ends.push(end);
        }
        let latin = u8::try_from(u32::from(wanted)).ok();
        if let Some(latin) = latin.filter(|byte| !byte.is_ascii())
            && let Some(end) = bytes_behind(&[latin], &sign, input, at, ends)
        {
            ends.push(end);
        }
        let behind = at + sign.len();
        // What is escaped for a URL may have been escaped for something else before.
        if let Some((code, end)) = input.hex(behind, 2, ends) {
            match code {
                0x5c => backslash(wanted, raw, input, at, ends),
                0x26 => entity(wanted, input, end, ends),
                _ => {}
            }
        }
        if let Some(end) = input.literal(behind, b"u", ends)
            && let Some(end) = utf16(wanted, b"%u", input, end, ends)
        {
            ends.push(end);
        }
        if input.literal(behind, b"25", ends).is_none() {
            return;
        }
        sign.extend_from_slice(b"25");
    }
}

/// The end of these bytes, each as two hexadecimal digits behind `sign`.
fn bytes_behind(
    bytes: &[u8],
    sign: &[u8],
    input: Input<'_>,
    at: usize,
    ends: &mut Ends,
) -> Option<usize> {
    let mut end = at;
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && sign == b"=" {
            end = soft_break(input, end, ends).unwrap_or(end);
        }
        let digits = input.literal(end, sign, ends)?;
        let (value, behind) = input.hex(digits, 2, ends)?;
        if value != u32::from(*byte) {
            return None;
        }
        end = behind;
    }
    Some(end)
}

/// The place behind a run of backslashes, some of which may be written for a URL, and how long the
/// last one is.
fn backslashes(input: Input<'_>, at: usize, ends: &mut Ends) -> Option<(usize, usize)> {
    let (mut end, mut last) = (at, 0);
    for _ in 0..=BACKSLASHES_MAX {
        let forms = [&b"\\"[..], b"%5C", b"%5c"];
        match either(&forms, input, end, ends) {
            Some(next) => (end, last) = (next, next - end),
            None => return (last > 0).then_some((end, last)),
        }
    }
    None
}

fn backslash(wanted: char, raw: &[u8], input: Input<'_>, at: usize, ends: &mut Ends) {
    let Some((run_end, one)) = backslashes(input, at, ends) else {
        return;
    };
    if wanted == '\\' {
        // The end of the run may belong to the next character.
        for of_next in [0, 1, 3, 7] {
            if let Some(end) = run_end.checked_sub(of_next * one).filter(|end| *end > at) {
                ends.push(end);
            }
        }
    } else if let Some(end) = input.literal(run_end, raw, ends) {
        ends.push(end);
    }
    let Some(letter) = input.get(run_end, ends) else {
        return;
    };
    let behind = run_end + 1;
    if letter_of(wanted) == Some(letter) || (wanted == ' ' && letter == b's') {
        ends.push(behind);
    }
    let code = u32::from(wanted);
    match letter {
        b'u' => {
            if let Some(end) = utf16(wanted, b"", input, behind, ends) {
                ends.push(end);
            }
            if let Some(digits) = either(&[b"{", b"%7B", b"%7b"], input, behind, ends)
                && let Some((value, end)) = input.number(digits, 16, 8, ends)
                && value == code
                && let Some(end) = either(&[b"}", b"%7D", b"%7d"], input, end, ends)
            {
                ends.push(end);
            }
            if let Some((0x26, end)) = input.hex(behind, 4, ends) {
                entity(wanted, input, end, ends);
            }
        }
        b'U' => {
            if let Some((value, end)) = input.hex(behind, 8, ends)
                && value == code
            {
                ends.push(end);
            }
        }
        b'x' => {
            if let Some(end) = escaped_bytes(raw, 'x', input, run_end, ends) {
                ends.push(end);
            }
            if let Some((value, end)) = input.hex(behind, 2, ends)
                && value == code
            {
                ends.push(end);
            }
        }
        b'0'..=b'3' => {
            if let Some(end) = escaped_bytes(raw, 'o', input, run_end, ends) {
                ends.push(end);
            }
        }
        _ => {}
    }
}

/// The end of these bytes, each as `\xHH` or `\OOO`; the first backslashes are read.
fn escaped_bytes(
    raw: &[u8],
    kind: char,
    input: Input<'_>,
    at: usize,
    ends: &mut Ends,
) -> Option<usize> {
    let mut end = at;
    for (index, byte) in raw.iter().enumerate() {
        if index > 0 {
            end = backslashes(input, end, ends)?.0;
        }
        let (value, behind) = if kind == 'x' {
            let digits = input.literal(end, b"x", ends)?;
            input.hex(digits, 2, ends)?
        } else {
            octal(input, end, ends)?
        };
        if value != u32::from(*byte) {
            return None;
        }
        end = behind;
    }
    Some(end)
}

/// Three octal digits, or a zero and three.
fn octal(input: Input<'_>, at: usize, ends: &mut Ends) -> Option<(u32, usize)> {
    let mut value = 0;
    let mut place = at;
    let last = at + 3;
    while place < last {
        let digit = char::from(input.get(place, ends)?).to_digit(8)?;
        value = value << 3 | digit;
        place += 1;
    }
    // `\0101`, as `echo` and `printf %b` have it: the first digit was the mark.
    if input.bytes.get(at) == Some(&b'0')
        && value > 7
        && let Some(digit) = input.get(place, ends)
        && let Some(digit) = char::from(digit).to_digit(8)
    {
        return Some((value << 3 | digit, place + 1));
    }
    Some((value, place))
}

/// The letter behind a backslash that stands for a control character.
pub(super) const fn letter_of(wanted: char) -> Option<u8> {
    Some(match wanted {
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        '\u{7}' => b'a',
        '\u{b}' => b'v',
        '\u{1b}' => b'e',
        _ => return None,
    })
}

/// The end of a character as its UTF-16 units in four digits each. The sign of the first is read;
/// that of a second is `sign`, or backslashes and a `u` if it is empty.
fn utf16(wanted: char, sign: &[u8], input: Input<'_>, at: usize, ends: &mut Ends) -> Option<usize> {
    let mut end = at;
    for (index, unit) in wanted.encode_utf16(&mut [0; 2]).iter().enumerate() {
        if index > 0 && sign.is_empty() {
            end = backslashes(input, end, ends)?.0;
            end = input.literal(end, b"u", ends)?;
        } else if index > 0 {
            end = input.literal(end, sign, ends)?;
        }
        let (value, behind) = input.hex(end, 4, ends)?;
        if value != u32::from(*unit) {
            return None;
        }
        end = behind;
    }
    Some(end)
}

/// The end of the one of these that stands at a place: a sign, or the sign written for a URL.
fn either(forms: &[&[u8]], input: Input<'_>, at: usize, ends: &mut Ends) -> Option<usize> {
    forms.iter().find_map(|form| input.literal(at, form, ends))
}

/// Names that HTML escapers use; all others write numbers.
const NAMES: [(char, &[u8]); 5] = [
    ('&', b"amp;"),
    ('<', b"lt;"),
    ('>', b"gt;"),
    ('"', b"quot;"),
    ('\'', b"apos;"),
];

/// A character reference of HTML or XML, behind its `&`.
fn entity(wanted: char, input: Input<'_>, behind: usize, ends: &mut Ends) {
    let mut at = behind;
    for _ in 0..=AGAIN_MAX {
        for (_, name) in NAMES.iter().filter(|(of, _)| *of == wanted) {
            if let Some(end) = input.literal(at, name, ends) {
                ends.push(end);
            }
        }
        if let Some(digits) = either(&[b"#", b"%23"], input, at, ends) {
            let found = match input.get(digits, ends) {
                Some(b'x' | b'X') => input.number(digits + 1, 16, 8, ends),
                Some(_) => input.number(digits, 10, 8, ends),
                None => None,
            };
            if let Some((_, end)) = found.filter(|(value, _)| *value == u32::from(wanted))
                && let Some(end) = either(&[b";", b"%3B", b"%3b"], input, end, ends)
            {
                ends.push(end);
            }
        }
        match input.literal(at, b"amp;", ends) {
            Some(next) => at = next,
            None => return,
        }
    }
}
