//! `Content-Disposition` as Go's `mime` package writes and reads it (contract 4.2, 4.3).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The header of a download: `mime.FormatMediaType("inline", filename)`.
pub(crate) fn inline(name: &str) -> String {
    /// RFC 2231 leaves these as they are.
    const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'!')
        .remove(b'#')
        .remove(b'$')
        .remove(b'&')
        .remove(b'+')
        .remove(b'^')
        .remove(b'`')
        .remove(b'{')
        .remove(b'|')
        .remove(b'}');
    let plain = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
    if !name.bytes().all(plain) {
        return format!(
            "inline; filename*=utf-8''{}",
            utf8_percent_encode(name, ATTRIBUTE)
        );
    }
    if name.is_empty() || !name.bytes().all(is_token) {
        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("inline; filename=\"{escaped}\"");
    }
    format!("inline; filename={name}")
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !is_special(byte)
}

fn is_special(byte: u8) -> bool {
    b"()<>@,;:\\\"/[]?=".contains(&byte)
}

/// What a part of a form says of itself.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct FormPart {
    /// `name`, empty when there is none.
    pub(crate) name: String,
    /// `filename`, whole, directories and all.
    pub(crate) filename: Option<String>,
}

/// Reads the header of a part. One that cannot be read says nothing.
pub(crate) fn read_part(header: &str) -> FormPart {
    let (kind, parameters) = header.split_once(';').unwrap_or((header, ""));
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return FormPart::default();
    }
    let mut part = FormPart::default();
    let Some(parameters) = parse_parameters(parameters) else {
        return part;
    };
    for (name, value) in parameters {
        match name.as_str() {
            "name" => part.name = value,
            "filename" if part.filename.is_none() => part.filename = Some(value),
            // The encoded form is the more precise one, wherever it stands.
            "filename*" => part.filename = decode(&value).or(part.filename),
            _ => {}
        }
    }
    part
}

/// A parameter of a media type: `boundary` of `multipart/form-data; boundary=x`.
pub(crate) fn parameter(header: &str, wanted: &str) -> Option<String> {
    let (_, parameters) = header.split_once(';')?;
    let parameters = parse_parameters(parameters)?;
    let mut found = parameters.into_iter().filter(|(name, _)| name == wanted);
    found.next().map(|(_, value)| value)
}

/// The parameters `a=b; c="d"`; `None` when that is not what they are.
fn parse_parameters(text: &str) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        parameters.push((name.trim().to_ascii_lowercase(), value));
        let after = after.trim_start();
        rest = match after.strip_prefix(';') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(parameters)
}

/// A token or a quoted string, and what is behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        return (!token.is_empty()).then(|| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            // Before anything else a backslash is itself: old browsers send `C:\dir\file`.
            '\\' => match characters.next_if(|(_, next)| u8::try_from(*next).is_ok_and(is_special))
            {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            character => value.push(character),
        }
    }
    None
}

/// RFC 5987: `utf-8''a%20b`.
fn decode(text: &str) -> Option<String> {
    let (charset, rest) = text.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    if !["utf-8", "us-ascii"].contains(&charset.to_ascii_lowercase().as_str()) {
        return None;
    }
    let decoded = percent_decode_str(encoded).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_when_it_must_be() {
        for (name, expected) in [
            ("a.txt", "inline; filename=a.txt"),
            ("a b", "inline; filename=\"a b\""),
            ("a\tb", "inline; filename=\"a\tb\""),
            ("a\"b\\", "inline; filename=\"a\\\"b\\\\\""),
            ("é%'*", "inline; filename*=utf-8''%C3%A9%25%27%2A"),
            ("a\nb", "inline; filename*=utf-8''a%0Ab"),
        ] {
            assert_eq!(inline(name), expected);
        }
    }

    #[test]
    fn a_part_keeps_the_whole_name_of_its_file() {
        for (header, name, filename) in [
            (
                r#"form-data; name="file"; filename="/tmp/x y""#,
                "file",
                Some("/tmp/x y"),
            ),
            ("form-data; name=file; filename=x", "file", Some("x")),
            (r#"Form-Data; NAME="file""#, "file", None),
            (r#"form-data; name="file"; filename="""#, "file", Some("")),
            (
                r#"form-data; name="file"; filename="a\"b""#,
                "file",
                Some("a\"b"),
            ),
            (
                r#"form-data; name="file"; filename="C:\dir\f""#,
                "file",
                Some(r"C:\dir\f"),
            ),
            (
                "form-data; name=\"file\"; filename=\"x\"; filename*=utf-8''%C3%A9",
                "file",
                Some("é"),
            ),
            (r#"form-data; name="file"; filename="open"#, "", None),
            (r#"attachment; name="file""#, "", None),
            ("", "", None),
        ] {
            let part = read_part(header);
            assert_eq!(part.name, name, "{header}");
            assert_eq!(part.filename.as_deref(), filename, "{header}");
        }
    }

    #[test]
    fn a_boundary_is_found() {
        for (header, expected) in [
            ("multipart/form-data; boundary=x", Some("x")),
            (
                "multipart/form-data; charset=utf-8; Boundary=\"a b\"",
                Some("a b"),
            ),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary", None),
        ] {
            assert_eq!(parameter(header, "boundary").as_deref(), expected);
        }
    }
}
