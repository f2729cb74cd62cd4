//! Values in reports: cut at 4 KiB, with the whole in a blob.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutover_base::blob::{Blob, sha256_hex};

use crate::compare::verdict::{ObservedValue, Shown};
use crate::report::escape;
use crate::report::model_case::{SideValues, ValueReport};

/// Bytes of a value that a report shows.
pub(crate) const VALUE_BYTES_MAX: usize = 4096;

/// Takes the whole of a value that is cut: its SHA-256 and its bytes. Values that lie in a file of
/// `blobs/` already are not handed over again.
pub(crate) type BlobSink<'s> = &'s mut dyn FnMut(&str, &[u8]);

/// A side's values for `report.json`.
pub(crate) fn side_values(values: &[ObservedValue], sink: BlobSink<'_>) -> SideValues {
    let one = |value: &ObservedValue| {
        let normalised = value
            .normalised
            .as_ref()
            .map(|shown| Box::new(report(shown, sink)));
        ValueReport {
            normalised,
            replays: value.replays.clone(),
            ..report(&value.raw, sink)
        }
    };
    SideValues {
        values: values.iter().map(one).collect(),
    }
}

fn report(shown: &Shown, sink: BlobSink<'_>) -> ValueReport {
    match shown {
        Shown::Absent => ValueReport {
            absent: Some(true),
            ..ValueReport::default()
        },
        Shown::Json(json) => {
            let text = json.to_string();
            let sha256 = sha256_hex(text.as_bytes());
            let (bytes, sha) = (text.len() as u64, Some(sha256.clone()));
            if text.len() <= VALUE_BYTES_MAX {
                return ValueReport {
                    json: Some(json.clone()),
                    bytes,
                    sha256: sha,
                    ..ValueReport::default()
                };
            }
            sink(&sha256, text.as_bytes());
            ValueReport {
                text: Some(text[..whole_chars(&text.as_bytes()[..VALUE_BYTES_MAX])].to_owned()),
                bytes,
                sha256: sha,
                blob: Some(sha256),
                ..ValueReport::default()
            }
        }
        Shown::Bytes(blob) => report_bytes(blob, sink),
    }
}

fn report_bytes(blob: &Blob, sink: BlobSink<'_>) -> ValueReport {
    let is_cut = blob.len > VALUE_BYTES_MAX as u64;
    if let (true, Some(bytes)) = (is_cut, blob.inline()) {
        sink(&blob.sha256, bytes);
    }
    let mut value = ValueReport {
        bytes: blob.len,
        sha256: Some(blob.sha256.clone()),
        blob: is_cut.then(|| blob.sha256.clone()),
        ..ValueReport::default()
    };
    match blob.head(VALUE_BYTES_MAX) {
        Ok(head) => match utf8_head(&head, is_cut) {
            Some(text) => value.text = Some(text.to_owned()),
            None => value.base64 = Some(STANDARD.encode(&head)),
        },
        Err(error) => value.text = Some(unreadable(blob, &error)),
    }
    value
}

/// A value as people see it: invisibles shown, cut, and how many bytes the whole has if it is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Preview {
    /// The text; it may have several lines and holds no other control characters.
    pub text: String,
    /// Length of the whole and its hash, when this is only its beginning.
    pub cut: Option<(u64, String)>,
}

/// The beginning of a value, at most `max` bytes of it.
pub(crate) fn preview(shown: &Shown, max: usize) -> Preview {
    let (head, len, sha256) = match shown {
        Shown::Absent => {
            return Preview {
                text: "⟨absent⟩".to_owned(),
                cut: None,
            };
        }
        Shown::Json(json) => {
            let text = json.to_string();
            if text.len() <= max {
                return Preview {
                    text: escape::visible_part(text.as_bytes()),
                    cut: None,
                };
            }
            let sha256 = sha256_hex(text.as_bytes());
            (
                bytes::Bytes::from(text.clone()).slice(..max),
                text.len() as u64,
                sha256,
            )
        }
        Shown::Bytes(blob) => match blob.head(max) {
            Ok(head) => (head, blob.len, blob.sha256.clone()),
            Err(error) => {
                return Preview {
                    text: unreadable(blob, &error),
                    cut: None,
                };
            }
        },
    };
    if len <= head.len() as u64 {
        return Preview {
            text: escape::visible(&head),
            cut: None,
        };
    }
    // Half a character at the cut is not the value's fault.
    let head = &head[..whole_chars(&head)];
    Preview {
        text: escape::visible_part(head),
        cut: Some((len, sha256)),
    }
}

/// The head as text; of a cut value half a character at its end is left out.
fn utf8_head(head: &[u8], is_cut: bool) -> Option<&str> {
    let end = if is_cut {
        whole_chars(head)
    } else {
        head.len()
    };
    str::from_utf8(&head[..end]).ok()
}

/// Length of the head without a character that its end cuts in two.
fn whole_chars(head: &[u8]) -> usize {
    match str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => head.len(),
    }
}

fn unreadable(blob: &Blob, error: &std::io::Error) -> String {
    let name = &blob.sha256;
    format!(
        "⟨the {} bytes of blob {name} cannot be read: {error}⟩",
        blob.len
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bytes(bytes: impl Into<bytes::Bytes>) -> Shown {
        Shown::Bytes(Blob::from_bytes(bytes))
    }

    #[test]
    fn a_long_value_is_cut_and_handed_to_the_blobs_whole() {
        let long = "ä".repeat(3000);
        let mut kept = Vec::new();
        let mut sink = |sha: &str, whole: &[u8]| kept.push((sha.to_owned(), whole.len()));
        let value = report(&bytes(format!("a{long}")), &mut sink);
        // 4096 bytes would end within a character.
        assert_eq!(value.text.as_ref().map(String::len), Some(4095));
        assert_eq!(
            (value.bytes, value.blob.clone()),
            (6001, value.sha256.clone())
        );
        let value = report(&Shown::Json(json!([long])), &mut sink);
        assert!(value.json.is_none() && value.text.is_some());
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0].1, 6001);
    }

    #[test]
    fn a_short_value_is_exactly_one_of_four() {
        let mut sink = |_: &str, _: &[u8]| panic!("nothing is cut");
        let cases = [
            (Shown::Absent, json!({"absent": true, "bytes": 0})),
            (
                bytes("a"),
                json!({"text": "a", "bytes": 1, "sha256": sha256_hex(b"a")}),
            ),
            (
                bytes(vec![0xff]),
                json!({"base64": "/w==", "bytes": 1, "sha256": sha256_hex(&[0xff])}),
            ),
            (
                Shown::Json(json!(null)),
                json!({"json": null, "bytes": 4, "sha256": sha256_hex(b"null")}),
            ),
        ];
        for (shown, expected) in cases {
            assert_eq!(
                serde_json::to_value(report(&shown, &mut sink)).unwrap(),
                expected
            );
        }
    }

    #[test]
    fn a_preview_says_what_it_leaves_out() {
        assert_eq!(
            preview(&bytes("a\t"), 10).text,
            "a\\t⟨no newline at the end⟩"
        );
        let cut = preview(&bytes("aäö"), 4);
        assert_eq!(cut.text, "aä");
        assert_eq!(cut.cut.unwrap().0, 5);
        assert_eq!(
            preview(&Shown::Json(json!({"a": "\u{202e}"})), 99).text,
            "{\"a\":\"\\u{202e}\"}"
        );
    }
}
