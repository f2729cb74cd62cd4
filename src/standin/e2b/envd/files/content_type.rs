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

const BY_START: [(&[u8], &str); 13] = [
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"\xfe\xff", "text/plain; charset=utf-16be"),
    (b"\xff\xfe", "text/plain; charset=utf-16le"),
    (b"\xef\xbb\xbf", "text/plain; charset=utf-8"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/x-gzip"),
    (b"\0asm", "application/wasm"),
    (b"<?xml", "text/xml; charset=utf-8"),
];

/// The content type of a file by its name and first bytes.
pub(crate) fn content_type(name: &str, head: &[u8]) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    let known = BY_EXTENSION.iter().find(|(known, _)| *known == extension);
    known.map_or_else(|| sniff(head), |(_, kind)| kind)
}

fn sniff(head: &[u8]) -> &'static str {
    let head = &head[..head.len().min(SNIFF_BYTES)];
    let started = BY_START.iter().find(|(start, _)| head.starts_with(start));
    if let Some((_, kind)) = started {
        return kind;
    }
    let text = head.trim_ascii_start().to_ascii_lowercase();
    let tags: [&[u8]; 4] = [b"<!doctype html", b"<html", b"<head", b"<body"];
    let is_tag = |tag: &&[u8]| {
        text.starts_with(tag)
            && text
                .get(tag.len())
                .is_some_and(|it| matches!(it, b' ' | b'>'))
    };
    if tags.iter().any(is_tag) {
        return "text/html; charset=utf-8";
    }
    let binary = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    if head.iter().any(binary) {
        return "application/octet-stream";
    }
    "text/plain; charset=utf-8"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_first_then_bytes() {
        for (name, head, expected) in [
            ("a.json", &b""[..], "application/json"),
            ("a.HTML", b"\0", "text/html; charset=utf-8"),
            ("a", b"hello", "text/plain; charset=utf-8"),
            ("a", b"", "text/plain; charset=utf-8"),
            ("a", b"\0\x01", "application/octet-stream"),
            ("a.bin", b"\x89PNG\r\n\x1a\n..", "image/png"),
            ("a", b"  <HTML>", "text/html; charset=utf-8"),
        ] {
            assert_eq!(content_type(name, head), expected, "{name}");
        }
    }
}
