//! A multipart body as busboy 1.6 reads it: the same parts, the same complaints.

use std::ops::Range;

use cutover_js::Text;

use super::parameters::{Header, content_type, disposition, is_token, latin1, without_space};

/// What is said of a body that ends before its last boundary.
pub(super) const NO_END: &str = "Unexpected end of form";

/// How long the headers of a part may be.
const HEADERS_BYTES_MAX: usize = 16 << 10;

/// A part that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// The name of its field.
    pub(super) field: Option<Text>,
    /// Its own name.
    pub(super) name: Option<Text>,
    /// Its type: `application/json`.
    pub(super) mime_type: String,
    /// Where its bytes are in the body.
    pub(super) bytes: Range<usize>,
}

/// What comes of a body, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A file began. It may lack its end where the body does.
    File(File),
    /// Something is wrong, in busboy's words.
    Wrong(&'static str),
}

/// The boundary that a content type names.
///
/// # Errors
/// What busboy throws.
pub(super) fn boundary(header: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let header = header.ok_or("Missing Content-Type")?;
    let read = content_type(header).ok_or("Malformed content type")?;
    if read.kind == "application/x-www-form-urlencoded" {
        // Such a body has fields at most, of which the SDK wants to know nothing.
        return Err("No data received for this file".to_owned());
    }
    if read.kind != "multipart/form-data" {
        return Err(format!("Unsupported content type: {}", latin1(header)));
    }
    let boundary = read
        .get("boundary")
        .ok_or("Multipart: Boundary not found")?;
    // A character is a byte here.
    let bytes = boundary.to_units().into_iter();
    Ok(bytes.filter_map(|unit| u8::try_from(unit).ok()).collect())
}

/// Reads a body to its end, or until whoever takes its events wants no more.
pub(super) fn read<E>(
    body: &[u8],
    boundary: &[u8],
    mut take: impl FnMut(Event) -> Result<(), E>,
) -> Result<(), E> {
    let needle = [b"\r\n--", boundary].concat();
    // The first boundary may stand at the very beginning.
    let mut at = if body.starts_with(&needle[2..]) {
        needle.len() - 2
    } else {
        match find(body, &needle) {
            Some(found) => found + needle.len(),
            None => return take(Event::Wrong(NO_END)),
        }
    };
    loop {
        let end = find(&body[at..], &needle).map(|found| at + found);
        let part = at..end.unwrap_or(body.len());
        match &body[part.clone()] {
            [b'-', b'-', ..] => return Ok(()),
            [b'\r', b'\n', content @ ..] => match file(content, part.start + 2) {
                Ok(Some(file)) => take(Event::File(file))?,
                Ok(None) => {}
                // Without an end to its headers a part may have more of them behind a boundary.
                Err(Malformed::Cut) if end.is_none() => return take(Event::Wrong(NO_END)),
                Err(_) => return take(Event::Wrong("Malformed part header")),
            },
            // No boundary after all: the part before it has ended nevertheless.
            _ => {}
        }
        match end {
            Some(end) => at = end + needle.len(),
            None => return take(Event::Wrong(NO_END)),
        }
    }
}

/// Why a part has no headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Malformed {
    /// They have no end.
    Cut,
    /// They are no headers.
    Broken,
}

/// The file that a part is, if it is one.
fn file(part: &[u8], offset: usize) -> Result<Option<File>, Malformed> {
    let (headers, length) = headers(part)?;
    let first = |name: &str| {
        let mut all = headers.iter();
        all.find(|(it, _)| it == name)
            .map(|(_, value)| value.as_slice())
    };
    let Some(disposition) = first("content-disposition").and_then(disposition) else {
        return Ok(None);
    };
    if disposition.kind != "form-data" {
        return Ok(None);
    }
    let name = |name: &str| disposition.get(name).filter(|it| !it.is_empty());
    let file_name = name("filename*").or_else(|| name("filename")).cloned();
    let kind = first("content-type").and_then(content_type);
    let mime_type = kind.map_or_else(|| "text/plain".to_owned(), |it: Header| it.kind);
    if file_name.is_none() && mime_type != "application/octet-stream" {
        return Ok(None);
    }
    Ok(Some(File {
        field: name("name").cloned(),
        name: file_name,
        mime_type,
        bytes: offset + length..offset + part.len(),
    }))
}

type Headers = Vec<(String, Vec<u8>)>;

/// The headers of a part, and how long they are with the empty line behind them.
fn headers(part: &[u8]) -> Result<(Headers, usize), Malformed> {
    let part = &part[..part.len().min(HEADERS_BYTES_MAX)];
    let cut = if part.len() == HEADERS_BYTES_MAX {
        Malformed::Broken
    } else {
        Malformed::Cut
    };
    let mut found = Headers::new();
    let mut rest = part;
    loop {
        let colon = rest.iter().position(|it| !is_token(*it)).ok_or(cut)?;
        if colon == 0 || rest[colon] != b':' {
            return Err(Malformed::Broken);
        }
        let name = latin1(&rest[..colon]).to_lowercase();
        rest = without_space(&rest[colon + 1..]);
        let mut value = Vec::new();
        loop {
            let end = rest.iter().position(|it| !is_value(*it)).ok_or(cut)?;
            value.extend_from_slice(&rest[..end]);
            rest = match &rest[end..] {
                [b'\r', b'\n', behind @ ..] => behind,
                [b'\r'] => return Err(cut),
                _ => return Err(Malformed::Broken),
            };
            // A line that begins with a space goes on with the one before it.
            match rest.first() {
                Some(b' ' | b'\t') => {}
                Some(_) => break,
                None => return Err(cut),
            }
        }
        found.push((name, value));
        match rest {
            [b'\r', b'\n', behind @ ..] => return Ok((found, part.len() - behind.len())),
            [b'\r'] => return Err(cut),
            [b'\r', ..] => return Err(Malformed::Broken),
            _ => {}
        }
    }
}

/// Whether a byte may stand in the value of a header.
fn is_value(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

fn find(body: &[u8], needle: &[u8]) -> Option<usize> {
    // A needle begins with CR, which is rare in most files.
    let mut at = 0;
    while let Some(found) = body[at..].iter().position(|it| *it == b'\r') {
        at += found;
        if body[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Event = Event::Wrong("Unexpected end of form");
    const MALFORMED: Event = Event::Wrong("Malformed part header");

    fn part(headers: &str, content: &str) -> String {
        format!("--b\r\n{headers}\r\n\r\n{content}\r\n")
    }

    fn events(body: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let read: Result<(), ()> = read(body, b"b", |event| {
            events.push(event);
            Ok(())
        });
        assert_eq!(read, Ok(()));
        events
    }

    fn told(body: &str) -> Vec<String> {
        let body = body.as_bytes();
        let tell = |event| match event {
            Event::File(file) => format!(
                "{} {} {} {}",
                file.field.map_or("-".to_owned(), |it| it.to_string()),
                file.name.map_or("-".to_owned(), |it| it.to_string()),
                file.mime_type,
                latin1(&body[file.bytes])
            ),
            Event::Wrong(words) => words.to_owned(),
        };
        events(body).into_iter().map(tell).collect()
    }

    #[test]
    fn a_form_has_its_files_in_order() {
        let file = "Content-Disposition: form-data; name=\"file\"; filename=\"/a\"";
        let error = "content-disposition:form-data;name=error;filename=\"/b\"\r\nContent-Type: \
                     application/json; charset=utf-8";
        let body = [
            part(file, "x\r\n--\r\ny"),
            part("X-Other: 1", "skipped"),
            part("Content-Disposition: form-data; name=\"field\"", "no file"),
            part(error, "{}"),
            part(file, ""),
            "--b--\r\nbehind".to_owned(),
        ];
        let wanted = [
            "file /a text/plain x\r\n--\r\ny",
            "error /b application/json {}",
            "file /a text/plain ",
        ];
        assert_eq!(told(&body.concat()), wanted);
        assert_eq!(told(&format!("preamble\r\n{}", body.concat())), wanted);
    }

    #[test]
    fn a_name_with_a_charset_wins_and_a_header_may_be_folded() {
        let headers = "Content-Disposition: form-data; name=file;\r\n filename=a; \
                       filename*=utf-8''%c3%a9";
        let body = format!("{}--b--", part(headers, "x"));
        assert_eq!(told(&body), ["file é text/plain x"]);
    }

    #[test]
    fn what_is_wrong_is_told_in_the_words_of_busboy() {
        let good = part("Content-Disposition: form-data; name=file; filename=a", "x");
        for (body, wanted) in [
            (String::new(), vec![END]),
            ("no boundary".to_owned(), vec![END]),
            ("--b\r\nContent-Dis".to_owned(), vec![END]),
            ("--b\r\nA: b\r\n".to_owned(), vec![END]),
            ("--b\r\n\r\n\r\n--b--".to_owned(), vec![MALFORMED]),
            ("--b\r\nA B: c\r\n\r\n--b--".to_owned(), vec![MALFORMED]),
            ("--b\r\nA: b\u{0}\r\n\r\n--b--".to_owned(), vec![MALFORMED]),
            (format!("--b\r\nA: {}", "x".repeat(20_000)), vec![MALFORMED]),
        ] {
            assert_eq!(events(body.as_bytes()), wanted, "{body:.40}");
        }
        let cut = events(good.trim_end().as_bytes());
        assert!(matches!(cut[..], [Event::File(_), END]), "{cut:?}");
        let malformed = events(format!("{good}--b\r\nA\r\n").as_bytes());
        assert!(matches!(malformed[..], [Event::File(_), MALFORMED]));
    }

    #[test]
    fn a_boundary_is_in_the_type_or_missed() {
        let told = |header: &str| boundary(Some(header.as_bytes()));
        assert_eq!(told("multipart/form-data; boundary=x"), Ok(b"x".to_vec()));
        for (header, wanted) in [
            ("multipart/form-data", "Multipart: Boundary not found"),
            (
                "multipart/mixed; boundary=x",
                "Unsupported content type: multipart/mixed; boundary=x",
            ),
            ("text", "Malformed content type"),
        ] {
            assert_eq!(told(header), Err(wanted.to_owned()));
        }
        assert_eq!(boundary(None), Err("Missing Content-Type".to_owned()));
    }

    #[test]
    fn whatever_comes_is_read() {
        let good = part(
            "Content-Disposition: form-data; name=\"file\"; filename*=utf-8''%c3\r\nA:\r\n b",
            "x\r\n--b--",
        );
        let good = format!("{good}--b--").into_bytes();
        // A generator with a fixed seed: the same bytes in every run.
        let mut random = 1_u64;
        let mut next = move |below: usize| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(random >> 33).unwrap() % below
        };
        let odd = b"\r\n-b:;=\"\\*'% \0\xff";
        for _ in 0..20_000 {
            let mut body = good.clone();
            for _ in 0..=next(4) {
                let at = next(body.len());
                match next(3) {
                    0 => body[at] = odd[next(odd.len())],
                    1 => body.insert(at, odd[next(odd.len())]),
                    _ => body.truncate(at.max(1)),
                }
            }
            for event in events(&body) {
                if let Event::File(file) = event {
                    assert!(file.bytes.start <= file.bytes.end && file.bytes.end <= body.len());
                }
            }
        }
    }
}
