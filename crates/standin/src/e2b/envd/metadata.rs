//! Metadata of files: `X-Metadata-*` headers in, `user.e2b.*` attributes inside (contract 4.3).

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::engine::Attribute;

/// The namespace of the attributes.
pub(crate) const PREFIX: &str = "user.e2b.";

/// Bytes of a key: the kernel takes 255 of a whole name.
const KEY_BYTES_MAX: usize = 255 - PREFIX.len();

/// Bytes of all names and values: what ext4 keeps with a file.
const TOTAL_BYTES_MAX: usize = 4096;

/// Metadata of one file.
pub(crate) type Metadata = BTreeMap<String, String>;

/// Reads the headers of an upload; of a header sent twice the first counts. The error is what
/// envd says after `invalid metadata: `.
pub(crate) fn read(headers: &HeaderMap) -> Result<Metadata, String> {
    let mut metadata = Metadata::new();
    let mut total = 0;
    for name in headers.keys() {
        // The names of a header map are in lower case.
        let Some(key) = name.as_str().strip_prefix("x-metadata-") else {
            continue;
        };
        let Some(value) = headers.get(name).filter(|_| !key.is_empty()) else {
            continue;
        };
        if key.len() > KEY_BYTES_MAX {
            return Err(format!(
                "metadata key {key:?} exceeds {KEY_BYTES_MAX} bytes"
            ));
        }
        let value = value.as_bytes();
        if let Some(at) = value.iter().position(|byte| !(0x20..=0x7e).contains(byte)) {
            let byte = value[at];
            return Err(format!(
                "metadata value for key {key:?} contains non-printable-ASCII byte 0x{byte:02x} \
                 at offset {at}"
            ));
        }
        total += PREFIX.len() + key.len() + value.len();
        let value = String::from_utf8_lossy(value).into_owned();
        metadata.insert(key.to_owned(), value);
    }
    if total > TOTAL_BYTES_MAX {
        return Err(format!(
            "total metadata size {total} exceeds {TOTAL_BYTES_MAX} bytes"
        ));
    }
    Ok(metadata)
}

/// The attributes that hold it.
pub(crate) fn attributes(metadata: &Metadata) -> Vec<(String, Vec<u8>)> {
    let attribute =
        |(key, value): (&String, &String)| (format!("{PREFIX}{key}"), value.clone().into_bytes());
    metadata.iter().map(attribute).collect()
}

/// What an entry says of its attributes: those that are text. `None` when there are none.
pub(crate) fn view<'all>(attributes: impl Iterator<Item = &'all Attribute>) -> Option<Value> {
    let text = |attribute: &Attribute| {
        let key = attribute.name.strip_prefix(PREFIX)?.to_owned();
        let value = String::from_utf8(attribute.value.clone()).ok()?;
        Some((key, json!(value)))
    };
    let members: Map<String, Value> = attributes.filter_map(text).collect();
    (!members.is_empty()).then_some(Value::Object(members))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn check(headers: &[(&str, &[u8])], expected: Result<&[(&str, &str)], &str>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        let read = read(&map);
        let expected = expected.map(|pairs| {
            let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect::<Metadata>()
        });
        assert_eq!(read, expected.map_err(str::to_owned));
    }

    #[test]
    fn headers_become_metadata() {
        check(&[("X-Access-Token", b"t")], Ok(&[]));
        check(
            &[("X-Metadata-Author", b"me"), ("x-metadata-b-c", b"")],
            Ok(&[("author", "me"), ("b-c", "")]),
        );
        check(&[("X-Metadata-", b"x")], Ok(&[]));
        check(
            &[("X-Metadata-A", b"first"), ("X-Metadata-A", b"second")],
            Ok(&[("a", "first")]),
        );
        check(
            &[("X-Metadata-A", "é".as_bytes())],
            Err("metadata value for key \"a\" contains non-printable-ASCII byte 0xc3 at offset 0"),
        );
        let long = format!("x-metadata-{}", "k".repeat(247));
        let text = format!("metadata key \"{}\" exceeds 246 bytes", "k".repeat(247));
        check(&[(&long, b"")], Err(&text));
        let large = vec![b'v'; 4096 - 10];
        check(
            &[("X-Metadata-A", &large[..])],
            Ok(&[("a", std::str::from_utf8(&large).unwrap())]),
        );
        let larger = vec![b'v'; 4096 - 9];
        check(
            &[("X-Metadata-A", &larger[..])],
            Err("total metadata size 4097 exceeds 4096 bytes"),
        );
    }

    #[test]
    fn only_text_is_shown() {
        let attribute = |name: &str, value: &[u8]| Attribute {
            entry: String::new(),
            name: name.to_owned(),
            value: value.to_vec(),
        };
        let all = [
            attribute("user.e2b.a", b"1"),
            attribute("user.e2b.b", b"\xff"),
        ];
        assert_eq!(view(all.iter()), Some(json!({"a": "1"})));
        assert_eq!(view(all[1..].iter()), None);
    }
}
