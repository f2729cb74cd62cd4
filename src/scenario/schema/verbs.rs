//! The verbs and their arguments.

use serde_json::{Map, Value, json};

use crate::call::{Surface, Verb};
use crate::scenario::check::args::SIGNALS;
use crate::scenario::check::step::PARALLEL_STEPS_MAX;

/// The verbs that this build has.
pub(super) fn known() -> impl Iterator<Item = Verb> {
    Verb::ALL
        .into_iter()
        .filter(|verb| verb.surfaces().contains(&Surface::Provider))
}

/// Adds a definition for each verb.
pub(super) fn define(defs: &mut Map<String, Value>) {
    defs.insert("data".to_owned(), data());
    defs.insert(
        "env".to_owned(),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
    );
    for verb in known() {
        defs.insert(verb.name().to_owned(), arguments(verb));
    }
}

fn data() -> Value {
    let text_or_number = json!({"type": ["string", "number"]});
    let random = json!({
        "type": "object", "required": ["seed", "size"], "additionalProperties": false,
        "properties": {"seed": text_or_number, "size": text_or_number},
        "description": "The ChaCha20 keystream of the seed; sizes such as 4096, 64KiB, 1MiB.",
    });
    json!({
        "oneOf": [
            {"type": "string"},
            {
                "type": "object", "minProperties": 1, "maxProperties": 1,
                "additionalProperties": false,
                "properties": {
                    "text": {"type": "string"},
                    "base64": {"type": "string"},
                    "file": {"type": "string", "description": "Inside the scenario's folder."},
                    "random": random,
                },
            },
        ],
    })
}

fn arguments(verb: Verb) -> Value {
    let text = || json!({"type": "string"});
    let named = || json!({"$ref": "#/$defs/name"});
    let shared = |name: &str| json!({"$ref": format!("#/$defs/{name}")});
    match verb {
        Verb::Provision => {
            let properties =
                json!({"name": text(), "env": shared("env"), "timeout": shared("duration")});
            nothing_or(&short(&text(), &object(&properties, &[])))
        }
        Verb::Execute => short(
            &text(),
            &sandboxed(
                json!({
                    "cmd": text(), "cwd": text(), "env": shared("env"), "user": text(),
                    "timeout": shared("duration"), "stdin": shared("data"),
                }),
                &["cmd"],
            ),
        ),
        Verb::ReadFile | Verb::StatFile | Verb::MakeDir => {
            short(&text(), &sandboxed(json!({"path": text()}), &["path"]))
        }
        Verb::ListFiles => {
            let depth = json!({"type": "integer", "minimum": 1, "maximum": 100});
            let properties = json!({"path": text(), "depth": depth});
            short(&text(), &sandboxed(properties, &["path"]))
        }
        Verb::RemoveFile => {
            let properties = json!({"path": text(), "recursive": {"type": "boolean"}});
            short(&text(), &sandboxed(properties, &["path"]))
        }
        Verb::WriteFile => sandboxed(
            json!({"path": text(), "data": shared("data")}),
            &["path", "data"],
        ),
        Verb::MoveFile => sandboxed(json!({"from": text(), "to": text()}), &["from", "to"]),
        Verb::StartBackground => sandboxed(
            json!({"as": named(), "cmd": text(), "cwd": text(), "env": shared("env")}),
            &["as", "cmd"],
        ),
        Verb::SendSignal => {
            let pattern = format!("^([Ss][Ii][Gg])?({})$", signals());
            let signal = json!({"type": "string", "pattern": pattern});
            sandboxed(
                json!({"process": named(), "signal": signal}),
                &["process", "signal"],
            )
        }
        Verb::SendStdin => sandboxed(
            json!({"process": named(), "data": shared("data"), "close": {"type": "boolean"}}),
            &["process"],
        ),
        Verb::Terminate => nothing_or(&short(&text(), &sandboxed(json!({}), &[]))),
        other => harness(other),
    }
}

fn harness(verb: Verb) -> Value {
    let named = json!({"$ref": "#/$defs/name"});
    let duration = json!({"$ref": "#/$defs/duration"});
    match verb {
        Verb::Wait => json!({"oneOf": [
            duration,
            object(&json!({"seconds": duration, "sandbox_name": {"type": "string"}}), &["seconds"]),
            sandboxed(json!({"process": named}), &["process"]),
        ]}),
        Verb::Parallel => json!({
            "type": "array", "minItems": 1, "maxItems": PARALLEL_STEPS_MAX,
            "items": {"$ref": "#/$defs/step"},
        }),
        Verb::AtProvider => {
            let event = json!({"enum": ["kill", "stop", "pause", "expire", "list"]});
            let properties = json!({"do": event, "sandbox": {"type": "string"}});
            short(&event, &object(&properties, &["do"]))
        }
        Verb::Advance => json!({"oneOf": [duration, object(&json!({"by": duration}), &["by"])]}),
        _ => {
            let spec = json!({
                "type": ["string", "number"],
                "description": "`none`, `latency:50ms`, `429`, `503`, `reset`, `truncate`, `slow`, `death`, with an optional share such as `:10%`.",
            });
            let properties = json!({"spec": spec, "side": {"enum": ["source", "target"]}});
            short(&spec, &object(&properties, &["spec"]))
        }
    }
}

/// The signals' names in either case, as a pattern.
fn signals() -> String {
    let either = |name: &&str| -> String {
        name.chars()
            .map(|c| {
                if c.is_ascii_alphabetic() {
                    format!("[{c}{}]", c.to_ascii_lowercase())
                } else {
                    c.to_string()
                }
            })
            .collect()
    };
    SIGNALS.iter().map(either).collect::<Vec<_>>().join("|")
}

fn object(properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "properties": properties, "required": required,
    })
}

fn sandboxed(mut properties: Value, required: &[&str]) -> Value {
    properties["sandbox_name"] = json!({"type": "string", "description": "Default `main`."});
    object(&properties, required)
}

/// The main argument alone, or all of them.
fn short(main: &Value, all: &Value) -> Value {
    json!({"oneOf": [main, all]})
}

fn nothing_or(value: &Value) -> Value {
    json!({"oneOf": [{"type": "null"}, value]})
}
