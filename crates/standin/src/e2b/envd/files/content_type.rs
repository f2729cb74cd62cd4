//! Content types as Go's `ServeContent` finds them: by extension, else by the first bytes.

/// Bytes that are looked at.
pub(crate) const SNIFF_BYTES: usize = 512;

/// Go's built-in table.
const BY_EXTENSION: [(&str, &str); 17] = [
    ("avif", "image/avif"),
    ("css", "text/css; charset=utf-8"),
    ("gif", "image/gif"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("wasm", "application/wasm"),
    ("webp", "image/webp"),
    ("xml", "text/xml; charset=utf-8"),
    ("txt", "text/plain; charset=utf-8"),
];

/// Starts that say what follows; `?` stands for any byte.
const BY_START: [(&[u8], &str); 32] = [
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"\xfe\xff", "text/plain; charset=utf-16be"),
    (b"\xff\xfe", "text/plain; charset=utf-16le"),
    (b"\xef\xbb\xbf", "text/plain; charset=utf-8"),
    (b"\0\0\x01\0", "image/x-icon"),
    (b"\0\0\x02\0", "image/x-icon"),
    (b"BM", "image/bmp"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF????WEBPVP", "image/webp"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"FORM????AIFF", "audio/aiff"),
    (b"ID3", "audio/mpeg"),
    (b"OggS\0", "application/ogg"),
    (b"MThd\0\0\0\x06", "audio/midi"),
    (b"RIFF????AVI ", "video/avi"),
    (b"RIFF????WAVE", "audio/wave"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"\0\x01\0\0", "font/ttf"),
    (b"OTTO", "font/otf"),
    (b"ttcf", "font/collection"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\x1f\x8b\x08", "application/x-gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar!\x1a\x07\0", "application/x-rar-compressed"),
    (b"Rar!\x1a\x07\x01\0", "application/x-rar-compressed"),
    (b"\0asm", "application/wasm"),
    (b".snd", "audio/basic"),
    (b"????ftypmp4", "video/mp4"),
];

/// Tags that make a page when a blank or `>` follows.
const TAGS: [&[u8]; 16] = [
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<script",
    b"<iframe",
    b"<h1",
    b"<div",
    b"<font",
    b"<table",
    b"<a",
    b"<style",
    b"<title",
    b"<b",
    b"<body",
    b"<br",
    b"<p",
];

/// The type that the end of a path stands for, if Go knows it.
pub(crate) fn by_extension(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let (_, extension) = name.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    let known = BY_EXTENSION.iter().find(|(known, _)| *known == extension);
    known.map(|(_, kind)| *kind)
}

/// The type of content that begins so.
pub(crate) fn sniff(head: &[u8]) -> &'static str {
    let head = &head[..head.len().min(SNIFF_BYTES)];
    let text = head.trim_ascii_start().to_ascii_lowercase();
    let is_tag = |tag: &&[u8]| {
        text.starts_with(tag)
            && text
                .get(tag.len())
                .is_some_and(|it| matches!(it, b' ' | b'>'))
    };
    if TAGS.iter().any(is_tag) || text.starts_with(b"<!--") {
        return "text/html; charset=utf-8";
    }
    if head.trim_ascii_start().starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    let started = BY_START.iter().find(|(start, _)| begins(head, start));
    if let Some((_, kind)) = started {
        return kind;
    }
    let binary = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    if head.iter().any(binary) {
        return "application/octet-stream";
    }
    "text/plain; charset=utf-8"
}

fn begins(head: &[u8], start: &[u8]) -> bool {
    let same = |(have, want): (&u8, &u8)| *want == b'?' || have == want;
    head.len() >= start.len() && head.iter().zip(start).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_by_their_end() {
        for (path, expected) in [
            ("a.json", Some("application/json")),
            ("/x/a.HTML", Some("text/html; charset=utf-8")),
            ("/x.json/a", None),
            ("a.bin", None),
            ("", None),
        ] {
            assert_eq!(by_extension(path), expected, "{path}");
        }
    }

    #[test]
    fn contents_are_known_by_their_start() {
        for (head, expected) in [
            (&b"hello"[..], "text/plain; charset=utf-8"),
            (b"", "text/plain; charset=utf-8"),
            (b"\0\x01", "application/octet-stream"),
            (b"\x89PNG\r\n\x1a\n..", "image/png"),
            (b"  <HTML>", "text/html; charset=utf-8"),
            (b"<p class", "text/html; charset=utf-8"),
            (b"<pre>", "text/plain; charset=utf-8"),
            (b" \n<?xml version", "text/xml; charset=utf-8"),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "image/webp"),
            (b"RIFF\x01\x02\x03\x04WAVEfmt ", "audio/wave"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
            (b"wOF2", "font/woff2"),
            (b"%PDF-1.7", "application/pdf"),
        ] {
            let text = String::from_utf8_lossy(head).into_owned();
            assert_eq!(sniff(head), expected, "{text}");
        }
    }
}
