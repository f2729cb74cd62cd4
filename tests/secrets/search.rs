//! Looks for a secret the way a finder would: by decoding whatever can be decoded, and looking for
//! a piece of it. Written by no look at the redactor.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use aho_corasick::AhoCorasick;

/// Bytes of a secret that count as a leak.
const PIECE: usize = 8;

/// The secrets of which a piece can be read in these bytes.
pub(crate) fn found<'s>(bytes: &[u8], secrets: &[&'s str]) -> BTreeSet<&'s str> {
    read_in(bytes, secrets).into_keys().collect()
}

/// The secrets of which a piece can be read in these bytes, and where in what was decoded.
fn read_in<'s>(bytes: &[u8], secrets: &[&'s str]) -> BTreeMap<&'s str, String> {
    let mut views = vec![bytes.to_vec()];
    // Twice over, as what is escaped stands in JSON.
    for _ in 0..2 {
        let last = views.clone();
        for view in &last {
            for decoded in [unescaped(view), percent(view), html(view)] {
                if !views.contains(&decoded) {
                    views.push(decoded);
                }
            }
        }
    }
    let whole: Vec<Vec<u8>> = views.iter().flat_map(|view| digits(view)).collect();
    views.extend(whole);
    let pieces: Vec<(&[u8], &str)> = secrets
        .iter()
        .flat_map(|secret| {
            let windows = secret.as_bytes().windows(PIECE);
            windows.map(|piece| (piece, *secret))
        })
        .collect();
    let finder = AhoCorasick::new(pieces.iter().map(|(piece, _)| piece)).unwrap();
    let mut read = BTreeMap::new();
    for view in &views {
        for hit in finder.find_overlapping_iter(view) {
            let around = hit.start().saturating_sub(60)..view.len().min(hit.end() + 60);
            let around = String::from_utf8_lossy(&view[around]).into_owned();
            read.entry(pieces[hit.pattern().as_usize()].1)
                .or_insert(around);
        }
    }
    read
}

/// Every file below a folder in which a secret can be read, with the secrets.
pub(crate) fn found_below(dir: &Path, secrets: &[&str]) -> Vec<String> {
    let mut leaks = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for (secret, around) in read_in(&fs::read(&path).unwrap(), secrets) {
                leaks.push(format!("{secret:?} in {}: {around:?}", path.display()));
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            for secret in found(name.as_bytes(), secrets) {
                leaks.push(format!("{secret:?} in the name {name}"));
            }
        }
    }
    leaks.sort();
    leaks
}

/// What base64 and hexadecimal digits in a text stand for, at every place at which they may begin,
/// with broken lines joined.
fn digits(view: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let joined: Vec<u8> = view
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let six = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let four = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    for run in joined.split(|byte| six(*byte).is_none()) {
        for skip in 0..run.len().min(4) {
            all.push(packed(run[skip..].iter().filter_map(|b| six(*b)), 6));
        }
    }
    for without in [&b""[..], b":", b",0x", b"\\x"] {
        let text = remove(&joined, without);
        for run in text.split(|byte| four(*byte).is_none()) {
            for skip in 0..run.len().min(2) {
                all.push(packed(run[skip..].iter().filter_map(|b| four(*b)), 4));
            }
        }
    }
    // One view with a border between the runs is searched faster than many.
    vec![all.join(&0)]
}

fn remove(text: &[u8], what: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if !what.is_empty() && text[at..].starts_with(what) {
            at += what.len();
        } else {
            out.push(text[at]);
            at += 1;
        }
    }
    out
}

fn packed(values: impl Iterator<Item = u8>, bits: u32) -> Vec<u8> {
    let (mut out, mut held, mut count) = (Vec::new(), 0_u32, 0);
    for value in values {
        held = held << bits | u32::from(value);
        count += bits;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(held >> count & 0xff).unwrap());
            held &= (1 << count) - 1;
        }
    }
    out
}

/// Without backslashes: their letters, numbers and doubled quotes read, lines joined.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut high = None;
    while at < text.len() {
        let rest = &text[at..];
        if rest[0] == b'=' && (rest.starts_with(b"=\r\n") || rest.starts_with(b"=\n")) {
            at += if rest[1] == b'\r' { 3 } else { 2 };
            continue;
        }
        if rest[0] == b'=' && number(rest, 1, 2, 16).is_some_and(|code| code != 0) {
            out.push(u8::try_from(number(rest, 1, 2, 16).unwrap()).unwrap());
            at += 3;
            continue;
        }
        let doubled = rest.starts_with(b"''") || rest.starts_with(b"\"\"");
        if rest.starts_with(b"'\\''") || rest.starts_with(b"'\"'\"'") {
            out.push(b'\'');
            at += if rest[1] == b'\\' { 4 } else { 5 };
            continue;
        }
        if doubled {
            out.push(rest[0]);
            at += 2;
            continue;
        }
        if rest[0] != b'\\' || rest.len() < 2 {
            out.push(rest[0]);
            at += 1;
            continue;
        }
        let braced = rest[1..].starts_with(b"u{");
        let closing = rest.iter().position(|byte| *byte == b'}').unwrap_or(0);
        let (code, length) = match rest[1] {
            b'u' if braced => (number(rest, 3, closing.saturating_sub(3), 16), closing + 1),
            b'u' => (number(rest, 2, 4, 16), 6),
            b'U' => (number(rest, 2, 8, 16), 10),
            b'x' => (number(rest, 2, 2, 16).map(|code| code | 0x1000_0000), 4),
            b'0'..=b'3' => (number(rest, 1, 3, 8).map(|code| code | 0x1000_0000), 4),
            _ => (None, 0),
        };
        match code {
            Some(code) if code & 0x1000_0000 != 0 => {
                let byte = u8::try_from(code & 0xff).unwrap();
                out.push(byte);
                at += length;
            }
            Some(code @ 0xd800..=0xdbff) => {
                high = Some(code);
                at += length;
            }
            Some(code) => {
                let code = match (high.take(), code) {
                    (Some(high), 0xdc00..=0xdfff) => {
                        0x1_0000 + ((high - 0xd800) << 10) + code - 0xdc00
                    }
                    _ => code,
                };
                let c = char::from_u32(code).unwrap_or('?');
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at += length;
            }
            None => {
                out.push(match rest[1] {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    other => other,
                });
                at += 2;
            }
        }
    }
    out
}

fn number(text: &[u8], from: usize, digits: usize, radix: u32) -> Option<u32> {
    let text = text.get(from..from + digits)?;
    let text = std::str::from_utf8(text).ok()?;
    u32::from_str_radix(text, radix).ok()
}

fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match number(text, at + 1, 2, 16) {
            Some(code) if text[at] == b'%' => {
                out.push(u8::try_from(code).unwrap());
                at += 3;
            }
            _ => {
                out.push(if text[at] == b'+' { b' ' } else { text[at] });
                at += 1;
            }
        }
    }
    out
}

fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let end = rest.iter().take(12).position(|byte| *byte == b';');
        let name = end.filter(|_| rest[0] == b'&').map(|end| &rest[1..end]);
        let c = name.and_then(|name| match name {
            b"amp" => Some('&'),
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            b"quot" => Some('"'),
            b"apos" => Some('\''),
            [b'#', b'x', hex @ ..] => char::from_u32(number(hex, 0, hex.len(), 16)?),
            [b'#', tens @ ..] => char::from_u32(number(tens, 0, tens.len(), 10)?),
            _ => None,
        });
        if let (Some(c), Some(end)) = (c, end) {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            at += end + 1;
        } else {
            out.push(rest[0]);
            at += 1;
        }
    }
    out
}
