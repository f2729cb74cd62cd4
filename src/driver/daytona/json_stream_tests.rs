//! Tests of the streaming JSON decoder, against `serde_json`.

use std::fmt::Write as _;

use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What the decoder gives for chunks of a text: strings and scalars by name.
fn read(chunks: &[&[u8]]) -> Result<IndexMap<String, String>, JsonError> {
    let mut seen: IndexMap<String, Vec<u8>> = IndexMap::new();
    let mut stream = ObjectStream::new();
    for chunk in chunks {
        stream.push(chunk, &mut |piece| {
            match piece {
                Piece::Text(name, bytes) => seen
                    .entry(name.to_owned())
                    .or_default()
                    .extend_from_slice(bytes.unwrap_or_default()),
                Piece::Scalar(name, word) => {
                    seen.insert(name.to_owned(), word.as_bytes().to_vec());
                }
            }
            Ok(())
        })?;
    }
    stream.finish()?;
    Ok(seen
        .into_iter()
        .map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned()))
        .collect())
}

fn check(text: &str, name: &str, value: &str) {
    for size in 1..=text.len() {
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let seen = read(&chunks).unwrap();
        assert_eq!(
            seen.get(name).map(String::as_str),
            Some(value),
            "{text} by {size}"
        );
    }
}

#[test]
fn escapes_survive_any_cut() {
    check(
        r#"{"result":"a\n\t\u003c\u0000\"\\\/é","exitCode":0}"#,
        "result",
        "a\n\t<\0\"\\/é",
    );
    check(r#"{"result":"\ud83d\ude00"}"#, "result", "😀");
    check(
        r#"{"result":"\ud83dx\ude00\ud83d"}"#,
        "result",
        "\u{fffd}x\u{fffd}\u{fffd}",
    );
    check(
        r#"{"result":"\ud83d\ud83d\ude00\ud83d\n"}"#,
        "result",
        "\u{fffd}😀\u{fffd}\n",
    );
    check(
        r#" { "a" : {"x":["}\"]",{}]} , "exitCode" : -1 , "result" : "" } "#,
        "exitCode",
        "-1",
    );
    check(r#"{"a":[[1]],"result":"","code":null}"#, "result", "");
}

#[test]
fn what_is_no_object_is_an_error() {
    for text in [
        "",
        "[]",
        "<html>",
        r#"{"result":"a"#,
        r#"{"result":"a"} x"#,
        r#"{"result"}"#,
        r#"{"result":}"#,
        r#"{"result":"\x"}"#,
        r#"{"result":"\u12g4"}"#,
        "{\"result\":\"a\nb\"}",
        r"{result:1}",
        r#"{"a":1,}"#,
    ] {
        assert!(read(&[text.as_bytes()]).is_err(), "{text}");
    }
    let deep = format!("{{\"a\":{}", "[".repeat(100));
    assert!(read(&[deep.as_bytes()]).is_err());
    let long = format!("{{\"{}\":1}}", "n".repeat(5000));
    assert!(read(&[long.as_bytes()]).is_err());
}

/// Writes every character of a string as `\u` escapes.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for unit in text.encode_utf16() {
        write!(out, "\\u{unit:04x}").unwrap();
    }
    out
}

proptest! {
    #[test]
    fn it_reads_what_serde_json_writes(
        result in any::<String>(),
        other in any::<String>(),
        code in any::<i64>(),
        size in 1_usize..32,
    ) {
        let nested: Value = json!({ "stdout": other, "list": [other, [other]] });
        let text = json!({ "artifacts": nested, "exitCode": code, "result": result }).to_string();
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let seen = read(&chunks).unwrap();
        prop_assert_eq!(&seen["result"], &result);
        prop_assert_eq!(&seen["exitCode"], &code.to_string());
        prop_assert_eq!(seen.len(), 2);
    }

    #[test]
    fn it_reads_escapes_of_everything(result in any::<String>(), size in 1_usize..9) {
        let text = format!("{{\"result\":\"{}\"}}", escaped(&result));
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        prop_assert_eq!(&read(&chunks).unwrap()["result"], &result);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1_usize..40) {
        let mut text = b"{\"a\":".to_vec();
        text.extend_from_slice(&bytes);
        for input in [&bytes, &text] {
            let chunks: Vec<&[u8]> = input.chunks(size).collect();
            let _ = read(&chunks);
        }
    }
}
