//! Whether what a path found is what a matcher wants. Large captures are read as streams.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use aho_corasick::AhoCorasick;
use cutover_base::blob::{Blob, sha256_hex};
use cutover_base::words::counted;
use serde_json::Value;

use crate::scenario::field_path::Found;
use crate::scenario::matcher::{Matcher, Operator, SHOWN_CHARS_MAX, cut};

/// Bytes that `matches` looks at: a regular expression needs them all in memory, and 8 jobs at
/// once must stay under the 64 MiB that a run may take.
pub const MATCHES_BYTES_MAX: usize = 1024 * 1024;

/// Bytes that are read as a number for `min` and `max`.
const NUMBER_BYTES_MAX: usize = 64;

impl Matcher {
    /// Whether all operators hold. Of several values (a path with a wildcard) `equals` and
    /// `one_of` look at the list; every other operator must hold of each value.
    ///
    /// # Errors
    /// What was wanted and what was found instead, one line, cut and escaped.
    pub fn check(&self, found: &Found<'_>) -> Result<(), String> {
        self.operators
            .iter()
            .try_for_each(|operator| operator.check(found))
    }
}

impl Operator {
    fn check(&self, found: &Found<'_>) -> Result<(), String> {
        let holds = match (self, found) {
            (Self::Absent(absent), found) => Ok(*absent == matches!(found, Found::Absent)),
            (_, Found::Absent) => Ok(false),
            (_, Found::Bytes(blob)) => self.holds_of_blob(blob),
            (_, Found::Json(value)) => self.holds_of_json(value),
            (Self::Equals(wanted), Found::Several(values)) => Ok(is_list(wanted, values)),
            (Self::OneOf(list), Found::Several(values)) => {
                Ok(list.iter().any(|wanted| is_list(wanted, values)))
            }
            (_, Found::Several(values)) => values
                .iter()
                .try_fold(true, |all, value| Ok(all && self.holds_of_json(value)?)),
        };
        match holds {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("wanted {self}, found {}", shown(found))),
            Err(why) => Err(format!("wanted {self}, but {why}")),
        }
    }

    fn holds_of_json(&self, value: &Value) -> Result<bool, String> {
        let text = scalar_text(value);
        let of_text = |test: &dyn Fn(&str) -> bool| text.as_deref().is_some_and(test);
        Ok(match self {
            Self::Equals(wanted) => json_equal(wanted, value),
            Self::OneOf(list) => list.iter().any(|wanted| json_equal(wanted, value)),
            Self::EqualsBytes(bytes) => value.as_str().is_some_and(|text| text.as_bytes() == bytes),
            Self::Matches(pattern) => match &text {
                Some(text) if text.len() > MATCHES_BYTES_MAX => return Err(too_large(text.len())),
                Some(text) => pattern.is_match(text.as_bytes()),
                None => false,
            },
            Self::Contains(part) => of_text(&|text| text.contains(part.as_str())),
            Self::StartsWith(part) => of_text(&|text| text.starts_with(part.as_str())),
            Self::EndsWith(part) => of_text(&|text| text.ends_with(part.as_str())),
            Self::Absent(absent) => !absent,
            Self::Min(least) => value.as_f64().is_some_and(|number| number >= *least),
            Self::Max(most) => value.as_f64().is_some_and(|number| number <= *most),
            Self::Sha256(hash) => of_text(&|text| sha256_hex(text.as_bytes()) == *hash),
        })
    }

    fn holds_of_blob(&self, blob: &Blob) -> Result<bool, String> {
        let unreadable = |error: io::Error| format!("the captured bytes cannot be read: {error}");
        Ok(match self {
            Self::Equals(wanted) => blob_equals(blob, wanted),
            Self::OneOf(list) => list.iter().any(|wanted| blob_equals(blob, wanted)),
            Self::EqualsBytes(bytes) => same_bytes(blob, bytes),
            Self::Matches(pattern) => {
                if blob.len > MATCHES_BYTES_MAX as u64 {
                    return Err(too_large(blob.len));
                }
                pattern.is_match(&blob.head(MATCHES_BYTES_MAX).map_err(unreadable)?)
            }
            Self::Contains(part) => blob_contains(blob, part).map_err(unreadable)?,
            Self::StartsWith(part) => {
                blob.head(part.len()).map_err(unreadable)?.as_ref() == part.as_bytes()
            }
            Self::EndsWith(part) => {
                blob_tail(blob, part.len()).map_err(unreadable)? == part.as_bytes()
            }
            Self::Absent(absent) => !absent,
            Self::Min(least) => blob_number(blob)
                .map_err(unreadable)?
                .is_some_and(|number| number >= *least),
            Self::Max(most) => blob_number(blob)
                .map_err(unreadable)?
                .is_some_and(|number| number <= *most),
            Self::Sha256(hash) => blob.sha256 == *hash,
        })
    }
}

fn too_large(len: impl std::fmt::Display) -> String {
    format!(
        "{len} bytes are more than `matches` looks at ({MATCHES_BYTES_MAX}); use `contains`, `starts_with`, `ends_with` or `sha256`"
    )
}

fn is_list(wanted: &Value, values: &[&Value]) -> bool {
    wanted.as_array().is_some_and(|wanted| {
        wanted.len() == values.len()
            && wanted
                .iter()
                .zip(values)
                .all(|(wanted, value)| json_equal(wanted, value))
    })
}

/// Equality of JSON values in which 1 and 1.0 are one number and the order of keys is nothing.
fn json_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.as_f64() == other.as_f64() && (one.is_f64() || other.is_f64()))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| json_equal(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, a)| other.get(key).is_some_and(|b| json_equal(a, b)))
        }
        _ => one == other,
    }
}

/// Text of a scalar: a string as it is, a number or a boolean as JSON writes it.
fn scalar_text(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(flag) => Some(flag.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn blob_equals(blob: &Blob, wanted: &Value) -> bool {
    wanted
        .as_str()
        .is_some_and(|text| same_bytes(blob, text.as_bytes()))
}

fn same_bytes(blob: &Blob, bytes: &[u8]) -> bool {
    blob.len == bytes.len() as u64
        && match blob.inline() {
            Some(inline) => inline == bytes,
            None => blob.sha256 == sha256_hex(bytes),
        }
}

fn blob_contains(blob: &Blob, part: &str) -> io::Result<bool> {
    // The empty text is everywhere, and the stream search does not take it.
    if part.is_empty() {
        return Ok(true);
    }
    let search = AhoCorasick::new([part]).map_err(io::Error::other)?;
    match blob.inline() {
        Some(inline) => Ok(search.is_match(inline.as_ref())),
        None => search
            .stream_find_iter(blob.open()?)
            .next()
            .map_or(Ok(false), |found| found.map(|_| true)),
    }
}

fn blob_tail(blob: &Blob, len: usize) -> io::Result<Vec<u8>> {
    let from = blob.len.saturating_sub(len as u64);
    if let Some(inline) = blob.inline() {
        let from = usize::try_from(from)
            .unwrap_or(usize::MAX)
            .min(inline.len());
        return Ok(inline[from..].to_vec());
    }
    let Some(path) = blob.file() else {
        return Ok(Vec::new());
    };
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(len as u64).read_to_end(&mut tail)?;
    Ok(tail)
}

/// The number that short bytes spell, space around it left aside.
fn blob_number(blob: &Blob) -> io::Result<Option<f64>> {
    if blob.len > NUMBER_BYTES_MAX as u64 {
        return Ok(None);
    }
    let head = blob.head(NUMBER_BYTES_MAX)?;
    let text = std::str::from_utf8(&head).unwrap_or_default();
    Ok(text.trim().parse::<f64>().ok())
}

/// A found value in one line, cut and escaped.
fn shown(found: &Found<'_>) -> String {
    match found {
        Found::Absent => "nothing".to_owned(),
        Found::Json(value) => cut(&value.to_string()),
        Found::Several(values) => {
            let texts: Vec<String> = values.iter().take(8).map(ToString::to_string).collect();
            format!(
                "{}: {}",
                counted(values.len(), "value"),
                cut(&texts.join(", "))
            )
        }
        Found::Bytes(blob) => match blob.head(SHOWN_CHARS_MAX * 4) {
            Ok(head) => {
                let text = cut(&format!("{:?}", String::from_utf8_lossy(&head)));
                format!("{text} ({} bytes)", blob.len)
            }
            Err(error) => format!("{} bytes that cannot be read: {error}", blob.len),
        },
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::blob::BlobStore;
    use cutover_base::redact::Redactor;
    use serde_json::json;

    use crate::scenario::node::Node;

    use super::*;

    fn matcher(yaml: &str) -> Matcher {
        Matcher::from_node(&Node::parse(yaml).unwrap()).unwrap()
    }

    fn check_json(yaml: &str, value: &Value, holds: bool) {
        let result = matcher(yaml).check(&Found::Json(value));
        assert_eq!(result.is_ok(), holds, "{yaml} of {value}: {result:?}");
    }

    #[test]
    fn operators_on_json() {
        check_json("3", &json!(3), true);
        check_json("3", &json!(3.0), true);
        check_json("3", &json!("3"), false);
        check_json("no", &json!("no"), true);
        check_json("null", &json!(null), true);
        check_json("{equals: {a: [1]}}", &json!({"a": [1]}), true);
        check_json("{equals: {a: [1]}}", &json!({"a": [2]}), false);
        check_json("{matches: 'a.c'}", &json!("abc"), true);
        check_json("{matches: 'a.c'}", &json!("xabc"), false);
        check_json("{matches: 'a|b'}", &json!("ab"), false);
        check_json("{matches: '1.'}", &json!(12), true);
        check_json(
            "{contains: b, starts_with: a, ends_with: c}",
            &json!("abc"),
            true,
        );
        check_json("{contains: b, starts_with: b}", &json!("abc"), false);
        check_json("{one_of: [1, x]}", &json!("x"), true);
        check_json("{one_of: [1, x]}", &json!("y"), false);
        check_json("{absent: true}", &json!(null), false);
        check_json("{absent: false}", &json!(null), true);
        check_json("{min: 2, max: 4}", &json!(4), true);
        check_json("{min: 2, max: 4}", &json!(4.5), false);
        check_json("{min: 2}", &json!("3"), false);
        check_json("{contains: a}", &json!(["a"]), false);
        check_json(
            "{sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}",
            &json!(""),
            true,
        );
    }

    #[test]
    fn operators_on_bytes_small_and_large() {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::new(dir.path().join("blobs"), Redactor::noop());
        let mut bytes = vec![b'x'; 300_000];
        bytes.splice(0..5, *b"head\n");
        bytes.extend_from_slice(b"needle\xff\ntail\n");
        let blob = store.put(&bytes).unwrap();
        assert!(blob.file().is_some());
        let check = |yaml: &str, holds: bool| {
            let result = matcher(yaml).check(&Found::Bytes(&blob));
            assert_eq!(result.is_ok(), holds, "{yaml}: {result:?}");
        };
        check("{contains: xneedle}", true);
        check("{contains: noodle}", false);
        check("{contains: ''}", true);
        check("{starts_with: \"head\\n\"}", true);
        check("{ends_with: \"\\ntail\\n\"}", true);
        check("{ends_with: \"tail\"}", false);
        check(&format!("{{sha256: {}}}", blob.sha256), true);
        check("{matches: '(?s).*needle(?-u:\\xff).*'}", true);
        check("{equals: head}", false);
        let small = Blob::from_bytes("42\n");
        for (yaml, holds) in [
            ("\"42\\n\"", true),
            ("{min: 42, max: 42}", true),
            ("{equals: {base64: NDIK}}", true),
            ("{equals: {base64: NDI=}}", false),
            ("{one_of: [a, \"42\\n\"]}", true),
            ("{matches: '42\\n'}", true),
            ("{absent: true}", false),
        ] {
            let result = matcher(yaml).check(&Found::Bytes(&small));
            assert_eq!(result.is_ok(), holds, "{yaml}: {result:?}");
        }
    }

    #[test]
    fn a_pattern_is_not_run_over_more_than_its_limit() {
        let blob = Blob::from_bytes(vec![b'a'; MATCHES_BYTES_MAX + 1]);
        let why = matcher("{matches: 'a*'}")
            .check(&Found::Bytes(&blob))
            .unwrap_err();
        assert!(why.contains("1048577 bytes are more than"), "{why}");
    }

    #[test]
    fn absence_and_several_values() {
        let (a, b) = (json!("a"), json!("ab"));
        let several = Found::Several(vec![&a, &b]);
        assert!(matcher("{equals: [a, ab]}").check(&several).is_ok());
        assert!(matcher("{equals: [ab, a]}").check(&several).is_err());
        assert!(matcher("{starts_with: a}").check(&several).is_ok());
        assert!(matcher("{ends_with: b}").check(&several).is_err());
        assert!(matcher("{absent: true}").check(&Found::Absent).is_ok());
        assert_eq!(
            matcher("{equals: 1}").check(&Found::Absent).unwrap_err(),
            "wanted equals 1, found nothing"
        );
    }

    #[test]
    fn what_is_shown_is_one_harmless_line() {
        let blob = Blob::from_bytes("a\n\u{1b}[2J".repeat(1000));
        let why = matcher("x").check(&Found::Bytes(&blob)).unwrap_err();
        assert!(!why.contains('\n') && !why.contains('\u{1b}'), "{why}");
        assert!(why.len() < 1000, "{why}");
        assert!(why.contains("(6000 bytes)"), "{why}");
    }
}
