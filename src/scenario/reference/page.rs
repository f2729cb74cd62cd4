//! The page from top to bottom.

use std::fmt::Write as _;

use serde_json::Value;

use crate::call::FailureClass;
use crate::scenario::capability::CAPABILITIES;
use crate::scenario::check::args::SIGNALS;
use crate::scenario::reference::markdown::{code, fields, row};
use crate::scenario::reference::verbs::verb_section;
use crate::scenario::schema;
use crate::scenario::verbs::{self, Verb};

const HEAD: &str = "\
# Scenario files

This page is made from the descriptions by which cutover checks scenarios
(`src/scenario/verbs/` and the JSON Schema); a test fails when it is stale. Do not edit it.

A scenario is a YAML file in a folder of `scenarios/`. `no`, `on` and `010` are text there.
`cutover check` finds every mistake of every file with its place; the first line below gives an
editor the JSON Schema.

```yaml
# yaml-language-server: $schema=../scenario.schema.json
why: A failing command must tell the agent the same thing on both providers.
steps:
  - execute: \"echo out; echo err >&2; exit 3\"
    expect: { exit_code: 3 }
  - read_file: /nope
    expect: { failure.class: not_found }
```
";

/// The page, as Markdown.
pub fn reference() -> String {
    let schema = schema();
    let mut page = HEAD.to_owned();
    page.push_str("\n## The top of a file\n\n");
    properties(&mut page, &schema["properties"], &schema["required"]);
    page.push_str("\nWhat `requires` knows:\n\n| capability | meaning |\n|---|---|\n");
    for known in CAPABILITIES {
        row(&mut page, &[&code(known.name), known.meaning]);
    }
    page.push_str("\n## A step\n\nExactly one verb, and:\n\n");
    let step = &schema["$defs"]["step"]["properties"];
    let keys = step.as_object().into_iter().flatten();
    let keys = keys.filter(|(name, _)| Verb::from_name(name).is_none());
    let keys: serde_json::Map<String, Value> = keys
        .map(|(name, value)| (name.clone(), described(&schema, value)))
        .collect();
    properties(&mut page, &Value::Object(keys), &Value::Null);
    values(&mut page);
    conditions(&mut page, &schema);
    page.push_str("\n## Verbs\n");
    for verb in verbs::ALL {
        verb_section(&mut page, verb);
    }
    page
}

/// A property with the description of what it refers to, where it has none of its own.
fn described(schema: &Value, property: &Value) -> Value {
    let own = property.get("description").is_some();
    let target = property["$ref"].as_str();
    match target.and_then(|target| target.rsplit('/').next()) {
        Some(name) if !own => schema["$defs"][name].clone(),
        _ => property.clone(),
    }
}

fn properties(page: &mut String, properties: &Value, required: &Value) {
    page.push_str("| key | meaning |\n|---|---|\n");
    for (name, property) in properties.as_object().into_iter().flatten() {
        let needed = required
            .as_array()
            .is_some_and(|all| all.contains(&name.as_str().into()));
        let meaning = property["description"].as_str().unwrap_or_default();
        let meaning = if needed {
            format!("{meaning} Required.")
        } else {
            meaning.to_owned()
        };
        row(page, &[&code(name), &meaning]);
    }
}

/// How the values of arguments are written.
fn values(page: &mut String) {
    page.push_str(
        "\n## Values\n\n\
         - **text**: `${{ name }}` in it stands for a value: what a step has captured, \
         `matrix.AXIS`, `home` (the home folder of the user that commands run as, without a slash at \
         its end), `sandbox.NAME` (the provider's id), `run`, `session` (at surfaces mcp and \
         platform), or `secrets.NAME` (a secret that `cutover.yaml` declares; where it comes back it \
         is `<secret:NAME>`, in expectations too); `$${{` is `${{` itself.\n\
         - **duration**: `500ms`, `2s`, `1.5m`, `1h`, or a number of seconds.\n\
         - **data**: text, or one of `{ text: ... }`, `{ base64: ... }`, `{ file: ... }` (inside \
         the scenario's folder) and `{ random: { seed: 1, size: 64KiB } }` (the ChaCha20 keystream \
         of the seed, the same for ever).\n",
    );
    let _ = writeln!(
        page,
        "- **signal**: {}, with or without `SIG`, in either case.",
        SIGNALS.map(code).join(", ")
    );
}

/// Matchers and kinds of comparison.
fn conditions(page: &mut String, schema: &Value) {
    page.push_str(
        "\n## Expectations and comparison\n\n\
         A key of `expect`, `compare`, `until.that` and `until.abort_if`, and a value of `capture`, is \
         a field of the outcome or an RFC 9535 path below one: `exit_code`, `failure.class`, \
         `$.entries[?@.name=='a'].size`. `expect` may be narrowed to a surface and then to a side \
         (`provider: { target: { exit_code: 0 } }`), at surface mcp also to an MCP server \
         `with_platform` behind it or `without_platform` (the stack `lap-direct`); all that apply \
         must hold.\n\n\
         A matcher is a scalar (short for `equals`) or a mapping of operators, all of which must \
         hold: ",
    );
    let operators = &schema["$defs"]["matcher"]["oneOf"][1]["properties"];
    let operators = operators.as_object().into_iter().flatten();
    let operators: Vec<String> = operators.map(|(name, _)| code(name)).collect();
    let _ = writeln!(page, "{}.", operators.join(", "));
    let words = &schema["$defs"]["comparison"]["oneOf"][0]["enum"];
    let words = words.as_array().into_iter().flatten();
    let words: Vec<String> = words.filter_map(Value::as_str).map(code).collect();
    let _ = writeln!(
        page,
        "\nWhat a verb's fields are compared by stands below; `compare` changes it: {}, \
         `lines: any_order`, `within: 5x`, or `ignore: WHY`.",
        words.join(", ")
    );
    page.push_str(
        "\n```yaml\n\
         capture: { token: stdout, port: { field: output, pattern: 'port (\\d+)' } }\n\
         normalise: [{ field: output, pattern: 'took \\d+ ms', as: time, why: it differs each time }]\n\
         until: { that: { exit_code: 0 }, every: 1s, for: 30s, abort_if: { exit_code: 127 } }\n\
         ```\n\n\
         `capture` takes a field's text, or the first group of a pattern in it. `normalise` replaces \
         the first group of a pattern, or all of it, by `<as>`. `until` repeats the step; `every` and \
         `for` have these values when not given.\n",
    );
    page.push_str("\nAt surface mcp every call gives:\n\n");
    fields(page, &verbs::field::MCP);
    page.push_str("\nAt surface platform every call gives:\n\n");
    fields(page, &verbs::field::PLATFORM);
    page.push_str(
        "\nAt surface provider a call gives the fields that stand with its verb, and may also give:\n\n",
    );
    fields(page, &verbs::field::COMMON);
    let classes = |errors: bool| -> String {
        let all = FailureClass::ALL.into_iter();
        let some = all.filter(|class| class.is_error() == errors);
        let names: Vec<String> = some.map(|class| code(class.name())).collect();
        names.join(", ")
    };
    let _ = writeln!(
        page,
        "\nClasses of failure that are compared: {}. Classes that mean the provider did not do its \
         work, and are an error unless the step expects the class: {}.",
        classes(false),
        classes(true)
    );
}
