//! Base64 as Node reads it.

use crate::Text;

/// `Buffer.from(text, "base64")`: reads both alphabets, even mixed, passes over everything else,
/// stops at the first `=`, and drops what does not make a byte. Node looks at the low eight bits of
/// a code unit only, so that U+0141 is an `A` and U+D83D, the first half of many emoji, an end.
pub fn decode(text: &Text) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = 0_u32;
    let mut digits = 0;
    for unit in text.to_units() {
        let [_, low] = unit.to_be_bytes();
        if low == b'=' {
            break;
        }
        let Some(digit) = digit(low) else { continue };
        group = group << 6 | digit;
        digits += 1;
        if digits == 4 {
            bytes.extend(&group.to_be_bytes()[1..]);
            (group, digits) = (0, 0);
        }
    }
    match digits {
        2 => bytes.extend(&(group << 12).to_be_bytes()[1..2]),
        3 => bytes.extend(&(group << 6).to_be_bytes()[1..3]),
        _ => {}
    }
    bytes
}

/// How many bytes [`decode`] gives.
pub fn decoded_len(text: &Text) -> usize {
    decode(text).len()
}

fn digit(character: u8) -> Option<u32> {
    let place = match character {
        letter @ b'A'..=b'Z' => letter - b'A',
        letter @ b'a'..=b'z' => letter - b'a' + 26,
        digit @ b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(place.into())
}
