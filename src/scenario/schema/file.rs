//! The top of the file and a step.

use serde_json::{Map, Value, json};

use crate::call::Surface;
use crate::scenario::capability::CAPABILITIES;
use crate::scenario::check::scenario::{MATRIX_POINTS_MAX, STEPS_MAX};
use crate::scenario::check::stack::TRAFFIC_CALLS;
use crate::scenario::schema::{conditions, verbs};
use crate::scenario::verbs::ALL;

/// A name as the check wants it.
const NAME_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9_.-]*$";

/// The JSON Schema of a scenario file.
pub fn schema() -> Value {
    let mut defs = Map::new();
    defs.insert(
        "name".to_owned(),
        json!({"type": "string", "pattern": NAME_PATTERN, "maxLength": 100}),
    );
    defs.insert("step".to_owned(), step());
    conditions::define(&mut defs);
    verbs::define(&mut defs);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:cutover:scenario",
        "title": "A scenario of cutover",
        "type": "object",
        "required": ["why", "steps"],
        "additionalProperties": false,
        "properties": top(),
        "$defs": defs,
    })
}

fn top() -> Value {
    let tags = json!({
        "type": "array", "items": {"$ref": "#/$defs/name"}, "uniqueItems": true,
        "description": "Words to select scenarios by, with `--tag`. What has the tag `long` or `template` is replayed only where it is asked for.",
    });
    let surfaces = Surface::ALL.map(Surface::name);
    let quirks = |meaning: &str| {
        json!({
            "type": "array", "uniqueItems": true,
            "items": {"type": "string", "pattern": "^(Q|L-)[0-9]{2,4}$"},
            "description": meaning,
        })
    };
    let capabilities: Vec<Value> = CAPABILITIES
        .iter()
        .map(|known| json!({"const": known.name, "description": known.meaning}))
        .collect();
    let variables = json!({"$ref": "#/$defs/variables"});
    json!({
        "why": {"type": "string", "pattern": "\\S", "description": "Why the scenario exists."},
        "tags": tags,
        "surfaces": {
            "type": "array", "minItems": 1, "uniqueItems": true, "items": {"enum": surfaces},
            "description": "Where the calls enter; default: all surfaces on which every verb and argument exists.",
        },
        "quirks": quirks("Quirks of the ledger that the scenario shows."),
        "parity": quirks("Quirks that are not in the ledger, for which the scenario checks that both sides are alike."),
        "requires": {
            "type": "array", "uniqueItems": true, "items": {"oneOf": capabilities},
            "description": "Capabilities without which the scenario is `unsupported`.",
        },
        "matrix": {
            "type": "object", "maxProperties": MATRIX_POINTS_MAX,
            "propertyNames": {"$ref": "#/$defs/name"},
            "additionalProperties": {
                "type": "array", "minItems": 1,
                "items": {"type": ["string", "number", "boolean", "null"], "maxLength": 100},
            },
            "description": "Axes and their values; each combination is a case. Use `${{ matrix.AXIS }}`.",
        },
        "optional": {"type": "boolean", "description": "The run may be judged without it."},
        "platform": {
            "type": ["object", "null"], "additionalProperties": false,
            "properties": {"env": variables, "execute_timeout": {"$ref": "#/$defs/duration"}},
            "description": "Settings of the platform: `env` (variables that are set, or unset with `null`) and `execute_timeout` (how long a command may run).",
        },
        "mcp": {
            "type": ["object", "null"], "additionalProperties": false,
            "properties": {"env": variables},
            "description": "Settings of the MCP server: `env` (variables that are set, or unset with `null`).",
        },
        "provision": {"const": "none", "description": "No sandbox `main` is made first. None is made either where a step provisions, creates a session, or sends a raw call (`call_tool`, `http`)."},
        "effects": {
            "enum": ["none", "network", "external"],
            "description": "What the commands touch outside the sandbox; `external` is never replayed without `--allow external`.",
        },
        "traffic": {
            "type": ["object", "null"], "additionalProperties": false, "required": ["calls"],
            "properties": {"calls": {"type": "integer", "minimum": TRAFFIC_CALLS.0, "maximum": TRAFFIC_CALLS.1}},
            "description": "How much of real use it is: `calls`, by which reports weigh its steps.",
        },
        "steps": {
            "type": "array", "minItems": 1, "maxItems": STEPS_MAX,
            "items": {"$ref": "#/$defs/step"},
            "description": "What is done, in this order.",
        },
    })
}

fn step() -> Value {
    let mut properties = Map::new();
    let reference = |name: &str| json!({"$ref": format!("#/$defs/{name}")});
    let id = "The step's name in reports and in the ledger. Default: `NN-verb`.";
    properties.insert(
        "id".to_owned(),
        json!({"$ref": "#/$defs/name", "description": id}),
    );
    for key in ["expect", "compare", "normalise", "capture", "until"] {
        properties.insert(key.to_owned(), reference(key));
    }
    properties.insert(
        "guard".to_owned(),
        json!({
            "$ref": "#/$defs/duration",
            "description": "How long the harness waits for a call of the step before it gives it up, which is an error of the harness and never an outcome. Default: `guard` of `cutover.yaml`, else 10m.",
        }),
    );
    properties.insert(
        "defer".to_owned(),
        json!({"type": "boolean", "description": "Always runs, at the end, last first."}),
    );
    let one_verb: Vec<Value> = ALL
        .into_iter()
        .map(|verb| json!({"required": [verb.name]}))
        .collect();
    for verb in ALL {
        properties.insert(verb.name.to_owned(), reference(verb.name));
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "oneOf": one_verb,
        "description": "One verb, and what is expected of it.",
    })
}
