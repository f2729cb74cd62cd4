//! Matchers, comparison, captures, repetition, and the scalars they share.

use cutover_base::side::Side;
use serde_json::{Map, Value, json};

use crate::call::Surface;
use crate::scenario::check::conditions::{BY_PLATFORM, COMPARE_WORDS};
use crate::scenario::verbs;

/// Adds the definitions of this file.
pub(super) fn define(defs: &mut Map<String, Value>) {
    for (name, definition) in [
        ("duration", duration()),
        ("field", field()),
        ("matcher", matcher()),
        ("fields", fields()),
        ("expect", expect()),
        ("comparison", comparison()),
        ("compare", compare()),
        ("normalise", normalise()),
        ("capture", capture()),
        ("until", until()),
    ] {
        defs.insert(name.to_owned(), definition);
    }
}

fn duration() -> Value {
    json!({
        "oneOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": "^[0-9.]+\\s*(ms|s|m|h)$"},
        ],
        "description": "`500ms`, `2s`, `1m`, `1h`, or a number of seconds.",
    })
}

fn field() -> Value {
    json!({
        "type": "string",
        "pattern": "^(\\$\\.)?[A-Za-z][A-Za-z0-9_]*([.\\[].*)?$",
        "description": "A field, or an RFC 9535 path below one: `exit_code`, `$.entries[0].name`.",
    })
}

fn matcher() -> Value {
    let text = json!({"type": "string"});
    json!({
        "oneOf": [
            {"type": ["string", "number", "boolean", "null"], "description": "Short for `equals`."},
            {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": false,
                "properties": {
                    "equals": {"description": "Any JSON value, or `{base64: ...}`."},
                    "matches": {"type": "string", "description": "A regular expression that matches the whole."},
                    "contains": text,
                    "starts_with": text,
                    "ends_with": text,
                    "one_of": {"type": "array", "minItems": 1},
                    "absent": {"type": "boolean"},
                    "min": {"type": "number"},
                    "max": {"type": "number"},
                    "sha256": {"type": "string", "pattern": "^[0-9A-Fa-f]{64}$"},
                },
            },
        ],
    })
}

/// Fields and their matchers. The fields of all surfaces are named, so that an editor can offer
/// them; a path below a field is taken too.
fn fields() -> Value {
    json!({
        "type": "object",
        "properties": known_fields(),
        "propertyNames": {"$ref": "#/$defs/field"},
        "additionalProperties": {"$ref": "#/$defs/matcher"},
    })
}

fn known_fields() -> Value {
    let mut known = Map::new();
    // The provider's own words come first where a field has the same name elsewhere.
    for field in Surface::ALL.into_iter().rev().flat_map(verbs::fields) {
        let value = || json!({"$ref": "#/$defs/matcher", "description": field.what});
        known.entry(field.name).or_insert_with(value);
    }
    Value::Object(known)
}

fn expect() -> Value {
    let mut by_side = fields();
    for side in Side::BOTH {
        by_side["properties"][side.name()] = json!({"$ref": "#/$defs/fields"});
    }
    let mut all = by_side.clone();
    for surface in Surface::ALL {
        all["properties"][surface.name()] = by_side.clone();
    }
    for (word, _) in BY_PLATFORM {
        all["properties"][word] = by_side.clone();
        all["properties"][Surface::Mcp.name()]["properties"][word] = by_side.clone();
    }
    all["description"] =
        json!("Fields and what must hold of them; may be narrowed to a surface, then to a side.");
    all
}

fn comparison() -> Value {
    let one = |key: &str, value: Value| {
        json!({
            "type": "object", "required": [key], "additionalProperties": false,
            "properties": {key: value},
        })
    };
    json!({
        "oneOf": [
            {"enum": COMPARE_WORDS},
            one("lines", json!({"const": "any_order"})),
            one("within", json!({"oneOf": [
                {"type": "number", "minimum": 1},
                {"type": "string", "pattern": "^[-+0-9.eE]+x$"},
            ]})),
            one("ignore", json!({"type": "string", "pattern": "\\S", "description": "Why."})),
        ],
    })
}

fn compare() -> Value {
    let plain = json!({
        "type": "object",
        "propertyNames": {"$ref": "#/$defs/field"},
        "additionalProperties": {"$ref": "#/$defs/comparison"},
    });
    let mut all = plain.clone();
    all["properties"] = json!({"mcp": plain, "platform": plain, "provider": plain});
    all["description"] = json!("How fields are compared, where not as the verb says.");
    all
}

fn normalise() -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["field", "pattern", "as", "why"],
            "additionalProperties": false,
            "properties": {
                "field": {"$ref": "#/$defs/field"},
                "pattern": {"type": "string", "description": "Its first group, or the whole match, is replaced."},
                "as": {"$ref": "#/$defs/name"},
                "why": {"type": "string", "pattern": "\\S"},
            },
        },
        "description": "What is replaced before fields are compared, each with a why.",
    })
}

fn capture() -> Value {
    json!({
        "type": "object",
        "propertyNames": {"$ref": "#/$defs/name"},
        "additionalProperties": {"oneOf": [
            {"$ref": "#/$defs/field"},
            {
                "type": "object", "required": ["field"], "additionalProperties": false,
                "properties": {
                    "field": {"$ref": "#/$defs/field"},
                    "pattern": {"type": "string", "description": "Its first group is captured."},
                },
            },
        ]},
        "description": "Names for later steps: `${{ name }}`.",
    })
}

fn until() -> Value {
    let conditions = json!({"$ref": "#/$defs/fields", "minProperties": 1});
    json!({
        "type": "object", "required": ["that"], "additionalProperties": false,
        "properties": {
            "that": conditions,
            "every": {"$ref": "#/$defs/duration", "description": "Default 1s."},
            "for": {"$ref": "#/$defs/duration", "description": "Default 30s."},
            "abort_if": conditions,
        },
        "description": "Repeats the step until a condition holds. One that never does, or is ended by `abort_if`, is a failed expectation.",
    })
}
