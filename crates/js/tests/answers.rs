//! The pure parts against answers of Node, which stand in `answers/` and are made by `make.mjs`.
//! Every row of every table is checked; a failure tells all rows that differ.
#![expect(clippy::unwrap_used, reason = "a broken table must be loud")]

use std::fmt::Write;

use cutover_js::{Text, base64, json, numbers, url, utf8};

/// The columns of a table, with `\` and four hexadecimal digits for a code unit.
fn rows(table: &str) -> impl Iterator<Item = Vec<Text>> {
    table
        .lines()
        .map(|line| line.split('\t').map(column).collect())
}

fn column(written: &str) -> Text {
    let mut parts = written.split('\\');
    let mut units: Vec<u16> = parts.next().unwrap_or_default().encode_utf16().collect();
    for part in parts {
        units.push(u16::from_str_radix(&part[..4], 16).unwrap());
        units.extend(part[4..].encode_utf16());
    }
    Text::from_units(&units)
}

fn check(table: &str, rows_min: usize, mut answer: impl FnMut(&[Text]) -> Vec<Text>) {
    let mut count = 0;
    let mut wrong = Vec::new();
    for row in rows(table) {
        count += 1;
        let given = answer(&row);
        if !row.ends_with(&given) {
            wrong.push(format!("{row:?}\n  here {given:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count >= rows_min, "{count} rows");
}

fn hex(text: &Text) -> Vec<u8> {
    let text = text.to_string();
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn to_hex(bytes: &[u8]) -> Text {
    let mut hex = String::new();
    for byte in bytes {
        write!(hex, "{byte:02x}").unwrap();
    }
    hex.into()
}

#[test]
fn json_is_read_written_and_refused_as_node_does() {
    check(
        include_str!("answers/json.tsv"),
        1000,
        |row| match json::parse_text(&row[0]) {
            Ok(value) => vec![
                "ok".into(),
                json::stringify(&value).into(),
                value.to_js_string(),
            ],
            Err(error) => vec!["error".into(), error.message().clone()],
        },
    );
}

#[test]
fn strings_are_trimmed_as_node_does() {
    check(include_str!("answers/strings.tsv"), 400, |row| {
        let text = &row[1];
        vec![match row[0].as_str() {
            Some("trim") => text.trim(),
            Some("trimStart") => text.trim_start(),
            Some("trimEnd") => text.trim_end(),
            _ => text.to_lowercase(),
        }]
    });
}

#[test]
fn every_letter_has_the_lower_case_that_node_gives_it() {
    check(include_str!("answers/lower.tsv"), 1400, |row| {
        vec![row[0].to_lowercase()]
    });
}

#[test]
fn base64_is_read_as_node_does() {
    check(include_str!("answers/base64.tsv"), 300, |row| {
        assert_eq!(base64::decoded_len(&row[0]), row[1].len() / 2);
        vec![to_hex(&base64::decode(&row[0]))]
    });
}

#[test]
fn bytes_become_text_as_in_node() {
    check(include_str!("answers/utf8.tsv"), 300, |row| {
        let bytes = hex(&row[0]);
        vec![
            utf8::decode(&bytes),
            utf8::decode_keeping_bom(&bytes),
            utf8::decode_body(&bytes),
        ]
    });
}

#[test]
fn numbers_are_printed_as_node_does() {
    check(include_str!("answers/numbers.tsv"), 300, |row| {
        let bits = u64::from_str_radix(&row[0].to_string(), 16).unwrap();
        vec![numbers::to_js_string(f64::from_bits(bits)).into()]
    });
}

#[test]
fn urls_are_read_as_node_does() {
    check(include_str!("answers/urls.tsv"), 120, |row| {
        let Some(url) = url::parse(&row[0].to_string_lossy()) else {
            return vec![Text::new(); 4];
        };
        let port = url.port().map(|port| port.to_string()).unwrap_or_default();
        vec![
            url.as_str().into(),
            url.username().into(),
            url.password().unwrap_or_default().into(),
            port.into(),
        ]
    });
}
