//! The reference page of scenario files, `docs/scenarios.md`: made of the same descriptions as the
//! check and the JSON Schema, so that it cannot say anything else.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use crate::call::{Provider, Surface};
use crate::scenario::capability::CAPABILITIES;
use crate::scenario::check::args::SIGNALS;
use crate::scenario::schema;
use crate::scenario::verbs::{
    self, Compared, Field, Key, Kind, Need, SURFACES_HERE, Verb, are_here,
};

const HEAD: &str = "\
# Scenario files

This page is made from the descriptions by which cutover checks scenarios
(`src/scenario/verbs/` and the JSON Schema); a test fails when it is stale. Do not edit it.

A scenario is a YAML file (YAML 1.2: `no`, `on` and `010` are text) in a folder of `scenarios/`.
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
    for verb in verbs::ALL.into_iter().filter(|verb| verb.is_here()) {
        verb_section(&mut page, verb);
    }
    absent(&mut page);
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
         `matrix.AXIS`, `sandbox.NAME` (the provider's id), `session` or `run`; `$${{` is `${{` \
         itself.\n\
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
         A key of `expect`, `compare`, `capture`, `until.that` and `until.abort_if` is a field of \
         the outcome or an RFC 9535 path below one: `exit_code`, `failure.class`, \
         `$.entries[?@.name=='a'].size`. `expect` may be narrowed to a surface and then to a side \
         (`provider: { target: { exit_code: 0 } }`).\n\n\
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
    page.push_str("\nEvery call may also give:\n\n");
    fields(page, &verbs::field::COMMON);
}

fn verb_section(page: &mut String, verb: &Verb) {
    let _ = write!(page, "\n### {}\n\n{}", code(verb.name), verb.what);
    if let [only] = verb.providers {
        let _ = write!(page, " {} only.", provider_name(*only));
    }
    let surfaces: Vec<&str> = verb.surfaces.iter().map(|surface| surface.name()).collect();
    let _ = writeln!(page, "\n\nSurfaces: {}.", surfaces.join(", "));
    let _ = writeln!(page, "\n```yaml\n- {}\n```", verb.example);
    let keys: Vec<&Key> = verb.keys.iter().filter(|key| key_is_here(key)).collect();
    if !keys.is_empty() {
        page.push_str(
            "\n| argument | type | default | meaning | example |\n|---|---|---|---|---|\n",
        );
    }
    for key in keys {
        let name = code(key.name);
        let example = code(key.example);
        let cells = [
            &name,
            &kind(key),
            &default(key),
            &meaning(verb, key),
            &example,
        ];
        row(page, &cells.map(String::as_str));
    }
    if let Some(short) = verb.short {
        let _ = writeln!(page, "\nA value alone stands for {}.", code(short));
    }
    if !verb.one_of.is_empty() {
        let names: Vec<String> = verb.one_of.iter().map(|name| code(name)).collect();
        let _ = writeln!(page, "\nExactly one of {} must be given.", names.join(", "));
    }
    if !verb.fields.is_empty() {
        page.push('\n');
        fields(page, verb.fields);
    }
}

fn key_is_here(key: &Key) -> bool {
    key.surfaces.is_empty() || are_here(key.surfaces)
}

fn fields(page: &mut String, fields: &[Field]) {
    page.push_str("| field | meaning | compared |\n|---|---|---|\n");
    for field in fields {
        let compared = match &field.compared {
            Compared::No(why) => format!("no: {why}"),
            Compared::By(path, kind) => {
                let kind = format!("{kind:?}").to_lowercase();
                let whole = *path == format!("$.{}", field.name);
                if whole {
                    kind
                } else {
                    format!("{} {kind}", code(path))
                }
            }
        };
        row(page, &[&code(field.name), field.what, &compared]);
    }
}

fn kind(key: &Key) -> String {
    match key.kind {
        Kind::Text => "text".to_owned(),
        Kind::NewSandbox | Kind::NewProcess => "new name".to_owned(),
        Kind::Sandbox => "name of a sandbox".to_owned(),
        Kind::Process => "name of a process".to_owned(),
        Kind::Name => "name".to_owned(),
        Kind::Duration(None) => "duration".to_owned(),
        Kind::Duration(Some((_, most))) => format!("duration, at most {}", short(most)),
        Kind::Whole(least, most) => format!("whole number, {least} to {most}"),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Word(_, words) => {
            let words: Vec<String> = words.iter().map(|word| code(word)).collect();
            words.join(", ")
        }
        Kind::Signal => "signal".to_owned(),
        Kind::Fault => "fault".to_owned(),
        Kind::Data => "data".to_owned(),
        Kind::Env => "mapping of names to text".to_owned(),
        Kind::Json => "any JSON".to_owned(),
    }
}

/// A duration in hours or minutes where it is whole ones.
fn short(duration: Duration) -> String {
    match duration.as_secs() {
        hours if hours % 3600 == 0 => format!("{}h", hours / 3600),
        minutes if minutes % 60 == 0 => format!("{}m", minutes / 60),
        _ => format!("{duration:?}"),
    }
}

fn default(key: &Key) -> String {
    match key.need {
        Need::Required => "required".to_owned(),
        Need::RequiredUnless(flag) => format!("required unless {}", code(flag)),
        Need::Optional => String::new(),
        Need::Default(value) | Need::Elsewhere(value) => code(value),
    }
}

fn meaning(verb: &Verb, key: &Key) -> String {
    let mut meaning = key.what.to_owned();
    if let [only] = key.providers {
        let _ = write!(meaning, " {} only.", provider_name(*only));
    }
    if key.surfaces == [Surface::Provider] && verb.surfaces.len() > 1 {
        meaning.push_str(" Surface provider only.");
    }
    meaning
}

fn provider_name(provider: Provider) -> &'static str {
    match provider {
        Provider::E2b => "E2B",
        Provider::Daytona => "Daytona",
    }
}

/// What other surfaces will have.
fn absent(page: &mut String) {
    let here: Vec<&str> = SURFACES_HERE.iter().map(|surface| surface.name()).collect();
    let absent = verbs::ALL.into_iter().filter(|verb| !verb.is_here());
    let absent: Vec<String> = absent.map(|verb| code(verb.name)).collect();
    let _ = writeln!(
        page,
        "\n## Not in this build\n\nThis build has the surface {} only. The check refuses the verbs \
         of the others by name: {}.",
        here.join(", "),
        absent.join(", ")
    );
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A row of a table. A `|` in a cell would end it.
fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_committed_page_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios.md");
        if std::env::var_os("CUTOVER_UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, reference()).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == reference(),
            "{} is stale: run this test with CUTOVER_UPDATE=1",
            path.display()
        );
    }

    #[test]
    fn the_page_tells_all_that_this_build_has() {
        let page = reference();
        for verb in verbs::ALL {
            let has_section = page.contains(&format!("\n### `{}`\n", verb.name));
            assert_eq!(has_section, verb.is_here(), "{verb}");
        }
        assert!(!page.contains("|  |\n"), "a key has no meaning:\n{page}");
    }
}
