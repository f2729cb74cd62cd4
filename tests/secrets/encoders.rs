//! Encoders of every habit, written for this test and by no look at the redactor.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// An encoding and its name.
pub(crate) type Encoder = (&'static str, fn(&str) -> String);

pub(crate) const ENCODERS: [Encoder; 34] = [
    ("raw", str::to_owned),
    ("base64", |s| STANDARD.encode(s)),
    ("base64 without padding", |s| STANDARD_NO_PAD.encode(s)),
    ("base64 url", |s| URL_SAFE.encode(s)),
    ("base64 url without padding", |s| URL_SAFE_NO_PAD.encode(s)),
    ("base64 behind one byte", |s| {
        STANDARD.encode(format!("k{s}"))
    }),
    ("base64 behind two bytes", |s| {
        URL_SAFE.encode(format!("k={s}\n"))
    }),
    ("base64 of 76 columns", |s| {
        wrapped(
            &STANDARD.encode(format!("{}{s}{}", "x".repeat(50), "y".repeat(40))),
            76,
            "\n",
        )
    }),
    ("base64 of 64 columns, CRLF", |s| {
        wrapped(
            &STANDARD.encode(format!("{}{s}", "x".repeat(43))),
            64,
            "\r\n",
        )
    }),
    ("base64 of 20 columns, indented", |s| {
        wrapped(&STANDARD.encode(s), 20, "\n      ")
    }),
    ("base64 of 4 columns", |s| {
        wrapped(&URL_SAFE.encode(format!("-{s}")), 4, "\n")
    }),
    ("base64 in JSON, broken", |s| {
        wrapped(&STANDARD.encode(s), 19, "\\n").replace('/', "\\/")
    }),
    ("base64 in a URL", |s| {
        STANDARD
            .encode(s)
            .replace('+', "%2B")
            .replace('/', "%2f")
            .replace('=', "%3D")
    }),
    ("hex", |s| hex(s, "%l")),
    ("hex upper case", |s| hex(s, "%u")),
    ("hex of 60 columns", |s| {
        wrapped(&hex(&format!("{}{s}", "x".repeat(27)), "%l"), 60, "\n")
    }),
    ("hex of 7 columns, CRLF", |s| {
        wrapped(&hex(s, "%u"), 7, "\r\n")
    }),
    ("hex with spaces", |s| hex(s, "%l ")),
    ("hex with colons", |s| hex(s, "%u:")),
    ("C bytes", |s| hex(s, "0x%l, ")),
    ("escaped bytes", |s| hex(s, "\\x%l")),
    ("percent, RFC 3986", |s| percent(s, "-_.~", "%u")),
    ("percent, lower case", |s| percent(s, "-_.!~*'()", "%l")),
    ("percent, form", |s| {
        percent(s, "-_.* ", "%u").replace(' ', "+")
    }),
    ("percent twice", |s| {
        percent(&percent(s, "-_.~", "%u"), "-_.~", "%u")
    }),
    ("JSON", json),
    ("JSON of Go", |s| {
        escaped(&json(s), "<>&\u{2028}", |c| format!("\\u{:04x}", c as u32))
    }),
    ("JSON of Python", |s| json_ascii(&json(s), false)),
    ("JSON of JavaScript in HTML", |s| {
        json_ascii(
            &escaped(&json(s).replace('/', "\\/"), "<>&'", |c| {
                format!("\\u{:04X}", c as u32)
            }),
            true,
        )
    }),
    ("JSON in JSON", |s| json(&json_ascii(&json(s), false))),
    ("HTML", |s| {
        s.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&#34;")
            .replace('\'', "&#39;")
    }),
    ("XML by numbers", |s| {
        s.chars().map(|c| format!("&#x{:X};", c as u32)).collect()
    }),
    ("shell", |s| s.replace('\'', "'\\''")),
    ("bash $''", bash),
];

/// More of the same, for secrets that a file name cannot hold.
pub(crate) const MORE: [Encoder; 8] = [
    ("YAML double quoted", yaml),
    ("YAML single quoted", |s| s.replace('\'', "''")),
    ("C octal", |s| {
        s.bytes().map(|b| format!("\\{b:03o}")).collect()
    }),
    ("quoted-printable", quoted_printable),
    ("shell, other habit", |s| s.replace('\'', "'\"'\"'")),
    ("printf %q", |s| {
        s.chars()
            .map(|c| {
                if c.is_ascii() && !c.is_ascii_alphanumeric() {
                    format!("\\{c}")
                } else {
                    c.to_string()
                }
            })
            .collect()
    }),
    ("CSV", |s| s.replace('"', "\"\"")),
    ("JavaScript code points", |s| {
        s.chars()
            .map(|c| format!("\\u{{{:x}}}", c as u32))
            .collect()
    }),
];

pub(crate) fn all() -> impl Iterator<Item = &'static Encoder> {
    ENCODERS.iter().chain(&MORE)
}

fn wrapped(text: &str, columns: usize, end: &str) -> String {
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(columns)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    lines.join(end)
}

/// `%l` and `%u` stand for two digits.
fn hex(text: &str, one: &str) -> String {
    let bytes = text.bytes();
    let each = bytes.map(|byte| {
        one.replace("%l", &format!("{byte:02x}"))
            .replace("%u", &format!("{byte:02X}"))
    });
    each.collect()
}

fn percent(text: &str, plain: &str, digits: &str) -> String {
    let each = text.bytes().map(|byte| match char::from(byte) {
        c if c.is_ascii_alphanumeric() || plain.contains(c) => c.to_string(),
        _ => format!(
            "%{}",
            hex("?", digits).replace(&hex("?", digits), &two(byte, digits))
        ),
    });
    each.collect()
}

fn two(byte: u8, digits: &str) -> String {
    if digits == "%l" {
        format!("{byte:02x}")
    } else {
        format!("{byte:02X}")
    }
}

fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn escaped(text: &str, which: &str, how: fn(char) -> String) -> String {
    let each = text.chars();
    each.map(|c| {
        if which.contains(c) {
            how(c)
        } else {
            c.to_string()
        }
    })
    .collect()
}

fn json_ascii(text: &str, upper: bool) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = if upper {
                write!(out, "\\u{unit:04X}")
            } else {
                write!(out, "\\u{unit:04x}")
            };
        }
    }
    out
}

fn bash(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii() => out.push(c),
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(out, "\\{byte:03o}");
                }
            }
        }
    }
    out
}

fn yaml(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii() => out.push(c),
            c if (c as u32) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if (c as u32) < 0x1_0000 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => {
                let _ = write!(out, "\\U{:08x}", c as u32);
            }
        }
    }
    out
}

/// With a soft break every 30 columns.
fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    let mut columns = 0;
    for byte in text.bytes() {
        let one = match byte {
            b'=' => "=3D".to_owned(),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("={byte:02X}"),
        };
        if columns + one.len() > 30 {
            out.push_str("=\r\n");
            columns = 0;
        }
        columns += one.len();
        out.push_str(&one);
    }
    out
}
