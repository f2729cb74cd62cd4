//! What differs every time, replaced as it was when the answers were recorded.

use std::sync::LazyLock;

use cutover_js::{Array, Object, Text, Value, json};
use regex::Regex;
use sha2::{Digest, Sha256};

use crate::fill::pattern;

/// Patterns and what takes their place, in this order.
static VOLATILE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rules = [
        (
            r#"X-Amz-(Signature|Credential|Date)=[^&"\s]+"#,
            "X-Amz-$1=<volatile>",
        ),
        (
            r"(artifacts/[^/\s]*/)[0-9a-f]{8}-[0-9a-f-]{27}/",
            "$1<uuid>/",
        ),
        (
            r#"("id":")[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}(","name")"#,
            "$1<uuid>$2",
        ),
        (r#"("created_at":")20\d\d-\d\d-\d\dT[\d:.]+Z"#, "$1<time>"),
        (r#"("provisionMs":)\d+"#, "$1<n>"),
        (r#"("cpuCount":)\d+"#, "$1<n>"),
        (r#"("memTotalMB":)\d+"#, "$1<n>"),
    ];
    rules
        .into_iter()
        .map(|(from, to)| (pattern(from), to))
        .collect()
});

/// UTF-16 units that a text keeps; a longer one becomes its length, its hash and its ends.
const UNITS_MAX: usize = 4000;
const END_UNITS: usize = 60;

/// Literals and what stands for them, replaced before anything else and in this order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Literals(pub(crate) Vec<(String, String)>);

impl Literals {
    pub(crate) fn normalise(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.normalise_text(text).into(),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.normalise(item));
                Value::Array(Array::from(items.collect::<Vec<_>>()))
            }
            Value::Object(members) => {
                let mut normal = Object::new();
                for (key, member) in members.iter() {
                    normal.insert(key.clone(), self.normalise(member));
                }
                normal.into()
            }
            other => other.clone(),
        }
    }

    fn normalise_text(&self, text: &Text) -> Text {
        let Some(text) = text.as_str() else {
            return text.clone();
        };
        let mut text = text.to_owned();
        for (literal, placeholder) in &self.0 {
            text = text.replace(literal, placeholder);
        }
        for (from, to) in VOLATILE.iter() {
            text = from.replace_all(&text, *to).into_owned();
        }
        shortened(&text.into())
    }
}

fn shortened(text: &Text) -> Text {
    let units = text.len();
    if units <= UNITS_MAX {
        return text.clone();
    }
    let hash = hex(&Sha256::digest(text.to_string_lossy().as_bytes()));
    let end = |range| json::stringify_text(&text.slice(range));
    let (head, tail) = (end(0..END_UNITS), end(units - END_UNITS..units));
    format!("<long units={units} sha256={hash} head={head} tail={tail}>").into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.collect()
}
