//! The built-in rules of one transcript, applied to one value.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::normalise::content::{Content, Normalised};
use crate::normalise::reference::References;
use crate::normalise::rules::{PROCESS, REFERENCE, TIME};
use crate::normalise::time::Window;
use crate::transcript::Transcript;

/// What the rules know of one side in one replay.
#[derive(Debug)]
pub struct Normaliser {
    references: References,
    window: Window,
}

/// Which rules changed something so far.
#[derive(Debug, Default)]
struct Used {
    process: bool,
    reference: bool,
    time: bool,
}

impl Normaliser {
    /// The rules for the values of this transcript.
    pub fn of(transcript: &Transcript) -> Self {
        Self {
            references: References::of(&transcript.literals),
            window: Window::of(transcript.started, transcript.ended),
        }
    }

    /// Applies the built-in rules to a value of `field` (or to a part of one). `before` names the
    /// rules that were applied already.
    pub fn apply(&self, field: &str, content: Content, before: Vec<String>) -> Normalised {
        let mut used = Used::default();
        let content = match content {
            Content::Bytes(bytes) => Content::Bytes(self.bytes(bytes, &mut used)),
            Content::Json(value) if field == "process" => {
                Content::Json(self.process(value, &mut used))
            }
            Content::Json(value) => Content::Json(self.json(value, &mut used)),
            other => other,
        };
        let mut rules = before;
        for (hit, rule) in [
            (used.process, PROCESS),
            (used.reference, REFERENCE),
            (used.time, TIME),
        ] {
            if hit {
                rules.push(rule.name.to_owned());
            }
        }
        Normalised::after(content, rules)
    }

    fn process(&self, value: Value, used: &mut Used) -> Value {
        match value {
            Value::Object(map) => Value::Object(
                map.into_iter()
                    .map(|(key, value)| (key, self.process(value, used)))
                    .collect(),
            ),
            Value::Array(items) => Value::Array(
                items
                    .into_iter()
                    .map(|item| self.process(item, used))
                    .collect(),
            ),
            scalar => match self.references.process(&scalar) {
                Some(reference) => {
                    used.process = true;
                    reference
                }
                None => self.json(scalar, used),
            },
        }
    }

    fn json(&self, value: Value, used: &mut Used) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text, used)),
            Value::Array(items) => Value::Array(
                items
                    .into_iter()
                    .map(|item| self.json(item, used))
                    .collect(),
            ),
            Value::Object(map) => {
                let mut out = Map::new();
                for (key, value) in map {
                    let value = self.json(value, used);
                    out.insert(self.text(key, used), value);
                }
                Value::Object(out)
            }
            other => other,
        }
    }

    fn text(&self, text: String, used: &mut Used) -> String {
        let bytes = self.bytes(Bytes::from(text), used);
        // The rules put ASCII in the place of ASCII, so text stays text.
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn bytes(&self, bytes: Bytes, used: &mut Used) -> Bytes {
        let bytes = match self.references.replace(&bytes) {
            Some(new) => {
                used.reference = true;
                Bytes::from(new)
            }
            None => bytes,
        };
        match self.window.replace(&bytes) {
            Some(new) => {
                used.time = true;
                Bytes::from(new)
            }
            None => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::side::Side;

    use super::*;
    use crate::transcript::{Ending, KnownLiteral};
    use serde_json::json;

    fn normaliser() -> Normaliser {
        let literal = |kind: &str, value: &str| KnownLiteral {
            kind: kind.to_owned(),
            value: value.to_owned(),
        };
        Normaliser::of(&Transcript {
            case: "provider/a".to_owned(),
            side: Side::Source,
            replay: 1,
            started: "2026-11-23T16:00:00Z".parse().unwrap(),
            ended: "2026-11-23T16:00:10Z".parse().unwrap(),
            steps: Vec::new(),
            literals: vec![
                literal("sandbox", "i2f8w3pq0r1s5t7u9v0x"),
                literal("pid", "7"),
            ],
            ending: Ending::Clean,
        })
    }

    fn check(field: &str, value: Value, wanted: &Value, rules: &[&str]) {
        let got = normaliser().apply(field, Content::Json(value), Vec::new());
        assert_eq!(got.content(), &Content::Json(wanted.clone()));
        assert_eq!(got.rules(), rules);
    }

    #[test]
    fn strings_and_keys_of_json_are_normalised_and_numbers_are_not() {
        check(
            "body",
            json!({"i2f8w3pq0r1s5t7u9v0x": ["2026-11-23T16:00:03Z", 7]}),
            &json!({"<sandbox:1>": ["<time YYYY-MM-DDThh:mm:ssZ>", 7]}),
            &["id-reference", "time-in-run"],
        );
    }

    #[test]
    fn an_exit_code_that_equals_a_pid_stays() {
        check("exit_code", json!(7), &json!(7), &[]);
        check(
            "process",
            json!(7),
            &json!("<process:1>"),
            &["process-reference"],
        );
        check(
            "process",
            json!({"pid": "7"}),
            &json!({"pid": "<process:1>"}),
            &["process-reference"],
        );
    }

    #[test]
    fn what_is_never_normalised_stays() {
        for text in [
            "out\n",
            "out",
            "hi\n\n[exit code 3]",
            "execute failed: internal error",
            "read_file error: fetch failed",
            "a\r\nb \u{1b}[31m",
        ] {
            let got = normaliser().apply(
                "text",
                Content::Bytes(Bytes::copy_from_slice(text.as_bytes())),
                Vec::new(),
            );
            assert_eq!(
                got.content(),
                &Content::Bytes(Bytes::copy_from_slice(text.as_bytes()))
            );
            assert!(got.rules().is_empty());
        }
    }
}
