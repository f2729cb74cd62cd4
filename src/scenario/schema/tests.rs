//! The committed schema is current, accepts what the check accepts, and refuses gross mistakes.

use std::path::Path;

use serde_json::Value;

use crate::scenario::load::parse_one;
use crate::scenario::schema::schema;
use crate::scenario::yaml;

#[test]
fn the_committed_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/scenario.schema.json");
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("CUTOVER_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{} is stale: run this test with CUTOVER_UPDATE=1",
        path.display()
    );
}

fn errors(text: &str) -> Vec<String> {
    let value: Value = yaml::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema()).unwrap();
    validator
        .iter_errors(&value)
        .map(|error| error.to_string())
        .collect()
}

#[test]
fn what_the_check_accepts_the_schema_accepts() {
    for text in [
        crate::scenario::check::EXAMPLE,
        "why: x\nsteps: [{execute: ls}]\n",
        "why: x\nprovision: none\nsurfaces: [mcp]\ntags: []\nplatform:\nsteps: [{execute: ls}]\n",
        "why: x\nsteps: [{provision: }, {terminate: }, {provision: main}, {terminate: main}]\n",
        "why: x\nsteps: [{start_background: {as: p, cmd: a}}, {send_signal: {process: p, signal: sigKill}}]\n",
        "why: x\nsteps: [{execute: ls, expect: {source: {exit_code: 0}, provider: {target: {stdout: {equals: {base64: ''}}}}}}]\n",
        "why: x\nsteps: [{wait: 500ms}, {wait: {seconds: 1}}, {advance: {by: 2s}}, {at_provider: list}]\n",
        "why: x\nmatrix: {a: [1, b, true, 1.5]}\nsteps: [{execute: '${{ matrix.a }}'}]\n",
    ] {
        let checked = parse_one("a/b", Path::new("/nonexistent/b.yaml"), text);
        assert!(checked.is_ok(), "{text}\n{checked:?}");
        assert_eq!(errors(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn gross_mistakes_the_schema_refuses() {
    for text in [
        "steps: [{execute: ls}]\n",
        "why: x\nsteps: []\n",
        "why: x\nstep: []\nsteps: [{execute: ls}]\n",
        "why: x\nsteps: [{execute: ls, read_file: /a}]\n",
        "why: x\nsteps: [{id: a}]\n",
        "why: x\nsteps: [{execute: true}]\n",
        "why: x\nsteps: [{http: {}}]\n",
        "why: x\nrequires: [magic]\nsteps: [{execute: ls}]\n",
        "why: x\nsteps: [{execute: {cmd: ls, timeout: soon}}]\n",
        "why: x\nsteps: [{execute: ls, expect: {stdout: {contain: a}}}]\n",
        "why: x\nsteps: [{execute: ls, compare: {stdout: ignore}}]\n",
        "why: x\nsteps: [{write_file: {path: /a, data: {text: a, base64: AA==}}}]\n",
        "why: x\nsteps: [{at_provider: explode}]\n",
    ] {
        assert_ne!(errors(text), Vec::<String>::new(), "{text}");
    }
}
