//! The verbs and their arguments, from the verbs' own descriptions.

use serde_json::{Map, Value, json};

use crate::scenario::check::args::SIGNALS;
use crate::scenario::check::step::PARALLEL_STEPS_MAX;
use crate::scenario::verbs::key::When;
use crate::scenario::verbs::{self, Key, Kind, Need, Verb};

/// Adds a definition for each verb.
pub(super) fn define(defs: &mut Map<String, Value>) {
    defs.insert("data".to_owned(), data());
    defs.insert(
        "env".to_owned(),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
    );
    defs.insert(
        "variables".to_owned(),
        json!({
            "type": "object",
            "additionalProperties": {"type": ["string", "null"]},
            "description": "Variables; `null` unsets one.",
        }),
    );
    for verb in verbs::ALL {
        let mut definition = if *verb == verbs::PARALLEL {
            steps()
        } else {
            arguments(verb)
        };
        definition["description"] = json!(verb.what);
        defs.insert(verb.name.to_owned(), definition);
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

fn steps() -> Value {
    json!({
        "type": "array", "minItems": 1, "maxItems": PARALLEL_STEPS_MAX,
        "items": {"$ref": "#/$defs/step"},
    })
}

/// Nothing, the main argument alone, or a mapping: one for each argument of which exactly one must
/// be given.
fn arguments(verb: &Verb) -> Value {
    let mut forms = Vec::new();
    if verb.needs_nothing() {
        forms.push(json!({"type": "null"}));
    }
    if let Some(key) = verb.short.and_then(|name| verb.key(name)) {
        forms.push(value(key));
    }
    if verb.one_of.is_empty() {
        forms.push(mapping(verb, None));
    } else {
        forms.extend(verb.one_of.iter().map(|chosen| mapping(verb, Some(chosen))));
    }
    match forms.len() {
        1 => forms.remove(0),
        _ => json!({"oneOf": forms}),
    }
}

/// All arguments by name. Of those that exclude each other only the chosen one.
fn mapping(verb: &Verb, chosen: Option<&str>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in verb.keys {
        let excluded = verb.one_of.contains(&key.name) && chosen != Some(key.name);
        if excluded {
            continue;
        }
        let has_meaning = !matches!(key.when, When::With(other) if chosen != Some(other));
        let value = if has_meaning { value(key) } else { json!({}) };
        properties.insert(key.name.to_owned(), value);
        if key.is_required() || chosen == Some(key.name) {
            required.push(key.name);
        }
    }
    let mut mapping = json!({
        "type": "object", "additionalProperties": false,
        "properties": properties, "required": required,
    });
    let not_both = verb.keys.iter().filter_map(|key| match key.when {
        When::Without(other) => Some(json!({"required": [key.name, other]})),
        _ => None,
    });
    let not_both: Vec<Value> = not_both.collect();
    if !not_both.is_empty() {
        mapping["not"] = json!({"anyOf": not_both});
    }
    mapping
}

/// What may stand as an argument, with what an editor shows of it.
fn value(key: &Key) -> Value {
    let mut value = match key.kind {
        Kind::Text | Kind::NewSandbox | Kind::Sandbox => json!({"type": "string"}),
        Kind::TextOrNull => json!({"type": ["string", "null"]}),
        Kind::NewProcess | Kind::Process | Kind::NewSession | Kind::Session => {
            json!({"$ref": "#/$defs/name"})
        }
        Kind::Duration(_) => json!({"$ref": "#/$defs/duration"}),
        Kind::Whole(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Word(_, words) => json!({"enum": words}),
        Kind::Signal => {
            let pattern = format!("^([Ss][Ii][Gg])?({})$", signals());
            json!({"type": "string", "pattern": pattern})
        }
        Kind::Fault => json!({"type": ["string", "number"]}),
        Kind::Data => json!({"$ref": "#/$defs/data"}),
        Kind::Env => json!({"$ref": "#/$defs/env"}),
        Kind::Variables => json!({"$ref": "#/$defs/variables"}),
        Kind::Json => json!({}),
    };
    value["description"] = json!(match key.need {
        Need::Default(default) => format!("{} Default: `{default}`.", key.what),
        Need::Implied(words) => format!("{} Default: {words}.", key.what),
        _ => key.what.to_owned(),
    });
    value
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
