//! Where an answer differs from the recorded one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use cutover_js::{Object, Value, json};
use regex::Regex;

use crate::data::{Step, items, member, text};
use crate::fill::pattern;
use crate::upstream::list;

/// Something that is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The group and the step.
    pub step: String,
    /// The path of what differs: `output.body`.
    pub at: String,
    /// What was recorded; nothing where nothing was.
    pub wanted: Option<String>,
    /// What came.
    pub got: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<String>| -> String {
            let value = value.as_deref().unwrap_or("nothing");
            value.chars().take(400).collect()
        };
        let (wanted, got) = (show(&self.wanted), show(&self.got));
        write!(
            f,
            "{} {}\n  wanted {wanted}\n  got    {got}",
            self.step, self.at
        )
    }
}

/// Compares what came of a step with what was recorded. Bodies must be the same to the byte; of
/// the type only what stands before `;` counts.
///
/// What reached the upstream and the bucket counts in full; of what reached providers, only what
/// makes, keeps and ends sandboxes.
pub(crate) fn compare(
    group: &str,
    step: &Step,
    output: &Value,
    wire: &Value,
    with_providers: bool,
) -> Vec<Difference> {
    let mut comparison = Comparison {
        step: format!("{group}/{}", step.id),
        ignore: step.ignore.iter().map(String::as_str).collect(),
        found: Vec::new(),
    };
    comparison.walk(Some(&step.output), Some(output), "output");
    if !comparison.ignore.contains("wire") {
        for server in ["upstream", "s3"] {
            let at = format!("wire.{server}");
            comparison.walk(step.wire.get(server), wire.get(server), &at);
        }
        for provider in ["e2b", "daytona"].into_iter().filter(|_| with_providers) {
            let (wanted, got) = (control(&step.wire, provider), control(wire, provider));
            comparison.walk(Some(&wanted), Some(&got), &format!("wire.{provider}"));
        }
    }
    comparison.found
}

static CONTROL: LazyLock<Regex> = LazyLock::new(|| {
    let path = "/(api/sandbox|sandboxes|v2/sandboxes|v3/templates)(/[^/]+/timeout)?$";
    pattern(&format!("^POST {path}|^DELETE "))
});

/// The calls that make, keep and end sandboxes, with what they ask for. Those that end several one
/// after the other were made at once, so that their order is nobody's.
fn control(wire: &Value, provider: &str) -> Value {
    let calls = member(wire, provider);
    let calls = items(&calls).iter().filter_map(|heard| {
        let call = text(&member(heard, "call"));
        CONTROL.is_match(&call).then(|| {
            let body = member(heard, "body");
            let mut told = Object::new();
            told.insert("call", call.replace("/v2/", "/"));
            let source = ["templateID", "snapshot"]
                .iter()
                .find_map(|it| body.get(it));
            let image = || body.get("buildInfo")?.get("dockerfileContent");
            for (name, value) in [
                ("env", body.get("envVars").or_else(|| body.get("env"))),
                ("timeout", body.get("timeout")),
                ("source", source.or_else(image)),
                ("autoStop", body.get("autoStopInterval")),
            ] {
                if let Some(value) = value {
                    told.insert(name, value.clone());
                }
            }
            Value::Object(told)
        })
    });
    let mut calls: Vec<Value> = calls.collect();
    let ends = |call: &Value| text(&member(call, "call")).starts_with("DELETE ");
    for ending in calls.chunk_by_mut(|one, other| ends(one) && ends(other)) {
        ending.sort_by_key(|call| text(&member(call, "call")));
    }
    list(calls)
}

struct Comparison<'a> {
    step: String,
    ignore: BTreeSet<&'a str>,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    fn walk(&mut self, wanted: Option<&Value>, got: Option<&Value>, at: &str) {
        if self.ignore.contains(at) {
            return;
        }
        match (wanted, got) {
            (Some(Value::Object(wanted)), Some(Value::Object(got))) => {
                let keys = wanted.keys().chain(got.keys());
                let keys: BTreeSet<String> = keys.map(ToString::to_string).collect();
                for key in keys {
                    self.walk(wanted.get(&key), got.get(&key), &format!("{at}.{key}"));
                }
            }
            (Some(Value::Array(wanted)), Some(Value::Array(got))) => {
                for index in 0..wanted.len().max(got.len()) {
                    self.walk(wanted.get(index), got.get(index), &format!("{at}.{index}"));
                }
            }
            (Some(wanted), Some(got))
                if at.rsplit('.').next() == Some("type") && kind(wanted) == kind(got) => {}
            (wanted, got) if wanted == got => {}
            (wanted, got) => self.found.push(Difference {
                step: self.step.clone(),
                at: at.to_owned(),
                wanted: wanted.map(json::stringify),
                got: got.map(json::stringify),
            }),
        }
    }
}

fn kind(value: &Value) -> String {
    let kind = text(value);
    kind.split(';').next().unwrap_or_default().to_owned()
}
