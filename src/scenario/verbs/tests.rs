//! Every description is whole, and says what its own reader and its own call do.

use std::path::Path;

use serde_json::{Value, json};

use crate::call::{SandboxRequest, Surface, ToolCall};
use crate::scenario::check::args::arguments;
use crate::scenario::check::findings::Findings;
use crate::scenario::load_embedded;
use crate::scenario::model::Action;
use crate::scenario::node::Node;
use crate::scenario::template::{Bindings, Unresolved};
use crate::scenario::verbs::key::When;
use crate::scenario::verbs::{ALL, Call, Key, Kind, Need, PARALLEL, ResolveError, Verb, WAIT};

/// The verbs whose arguments are read by their descriptions.
fn with_arguments() -> impl Iterator<Item = &'static Verb> {
    ALL.into_iter().filter(|verb| **verb != PARALLEL)
}

/// The arguments of the verb as YAML: those that `given` holds, by their examples.
fn example(verb: &Verb, given: impl Fn(&Key) -> bool) -> String {
    let keys = verb.keys.iter().filter(|key| given(key));
    let pairs: Vec<String> = keys
        .map(|key| format!("{}: {}", key.name, quoted(key.example)))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// References are no YAML of their own within braces.
fn quoted(example: &str) -> String {
    if example.contains("${{") {
        format!("'{example}'")
    } else {
        example.to_owned()
    }
}

/// What a step with these arguments sends, in full.
fn sent(verb: &'static Verb, yaml: &str) -> String {
    let mut findings = Findings::default();
    let node = Node::parse(yaml).unwrap();
    let Some(written) = arguments(verb, &node, None, &mut findings) else {
        panic!("{verb}: {yaml}: {:?}", findings.into_problems("", yaml));
    };
    if let Some(action) = verb.harness.and_then(|own| own(&written)) {
        return format!("{action:?}");
    }
    let call = Call { verb, written };
    format!("{:?}", call.resolve(&Bindings::new()).unwrap())
}

/// Whether `other` stands beside `key` in a whole step: what is needed, and what `key` goes with.
fn goes_with(verb: &Verb, key: &Key, other: &Key) -> bool {
    let partner = match key.when {
        When::With(partner) => partner,
        When::Always | When::Without(_) | When::Unless(..) => {
            verb.one_of.first().copied().unwrap_or_default()
        }
    };
    let chosen = other.name == partner && !verb.one_of.contains(&key.name);
    chosen || matches!(other.need, Need::Required | Need::RequiredUnless(_))
}

#[test]
fn every_argument_reaches_the_call() {
    for verb in with_arguments() {
        for key in verb.keys {
            let with = example(verb, |other| {
                other.name == key.name || goes_with(verb, key, other)
            });
            let written = format!("{}: {}", key.name, quoted(key.example));
            let changed = format!("{}: {}", key.name, other_value(key));
            let another = with.replace(&written, &changed);
            assert_ne!(sent(verb, &with), sent(verb, &another), "{verb} {another}");
        }
    }
}

/// A value that differs from the key's example and is one.
fn other_value(key: &Key) -> &'static str {
    match key.kind {
        Kind::Flag if key.example == "true" => "false",
        Kind::Flag => "true",
        Kind::Duration(_) => "77s",
        Kind::Whole(..) => "7",
        Kind::Word("event", _) => "expire",
        Kind::Word("end", _) => "pause",
        Kind::Word(..) => "source",
        Kind::Signal => "KILL",
        Kind::Fault => "reset",
        Kind::Env => "{ OTHER: x }",
        Kind::Variables => "{ SESSION_ID: x }",
        Kind::Json => "[7]",
        _ => "elsewhere",
    }
}

#[test]
fn every_example_is_accepted() {
    for verb in ALL {
        let started = "start_background: { as: server, cmd: cat }";
        let starts = verb.example.starts_with("start_background");
        let first = if starts { "wait: 0" } else { started };
        let of_sessions = ["use_session", "delete_session"].contains(&verb.name);
        let first = match verb.surfaces {
            [.., Surface::Provider] => first,
            _ if of_sessions => "create_session: { as: second }",
            _ => "wait: 0",
        };
        let text = format!(
            "why: x\nsteps:\n  - provision: {{}}\n  - provision: {{ name: other }}\n  - {first}\n  - {}\n",
            verb.example
        );
        let read = crate::scenario::parse_one("a/b", Path::new("b.yaml"), &text);
        let scenario = read.unwrap_or_else(|problems| panic!("{verb}: {problems:?}"));
        assert_eq!(*scenario.steps[3].action.verb(), *verb);
    }
}

#[test]
fn every_description_says_something() {
    for verb in ALL {
        assert!(verb.what.ends_with('.'), "{verb}: {}", verb.what);
        assert!(!verb.surfaces.is_empty() && !verb.providers.is_empty());
        for key in verb.keys {
            assert!(key.what.ends_with('.'), "{verb} {}: {}", key.name, key.what);
            assert!(!key.example.is_empty(), "{verb} {}", key.name);
        }
        let known = |name: &&str| verb.key(name).is_some();
        assert!(verb.short.iter().chain(verb.one_of).all(known), "{verb}");
        for field in verb.fields {
            assert!(field.what.ends_with('.'), "{verb} {}", field.name);
        }
    }
}

#[test]
fn a_verb_is_found_and_told_by_its_name() {
    for (place, verb) in ALL.into_iter().enumerate() {
        assert_eq!(Verb::from_name(verb.name), Some(verb));
        assert_eq!((verb.position(), json!(verb)), (place, json!(verb.name)));
    }
    assert_eq!(Verb::from_name("exec"), None);
    let schema: Value = json!(schemars::schema_for!(Verb));
    assert_eq!(schema["enum"].as_array().unwrap().len(), ALL.len());
}

/// The calls of all steps of a scenario.
fn calls(steps: &str) -> Vec<Option<Result<ToolCall, ResolveError>>> {
    let text = format!("why: x\nmatrix: {{size: [2KiB]}}\nsteps:\n{steps}");
    let scenarios = load_embedded(&[("a/b", &text)]).unwrap();
    let bindings = Bindings::from([
        ("token".to_owned(), "t".to_owned()),
        ("matrix.size".to_owned(), "2KiB".to_owned()),
    ]);
    let steps = scenarios[0].steps.iter();
    steps
        .map(|step| match &step.action {
            Action::Call(call) => Some(call.resolve(&bindings)),
            Action::Harness(..) | Action::Parallel(_) => None,
        })
        .collect()
}

fn request(call: Option<&Option<Result<ToolCall, ResolveError>>>) -> &SandboxRequest {
    match call {
        Some(Some(Ok(ToolCall::Sandbox(call)))) => &call.request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn references_are_replaced_and_what_is_left_out_is_left_to_the_provider() {
    let calls = calls(
        "  - {execute: ls, capture: {token: stdout}}\n  - execute: {cmd: 'a ${{ token }}', env: {A: '${{ token }}'}, stdin: '${{ token }}'}\n  - write_file: {path: /a, data: {random: {seed: 1, size: '${{ matrix.size }}'}}}\n",
    );
    let first = calls[0].as_ref().unwrap().as_ref().unwrap();
    assert_eq!(first.sandbox_name(), Some("main"));
    assert!(matches!(
        request(calls.first()),
        SandboxRequest::Provision(_)
    ));
    let SandboxRequest::Execute(call) = request(calls.get(2)) else {
        panic!("{calls:?}");
    };
    assert_eq!((call.cmd.as_str(), call.env["A"].as_str()), ("a t", "t"));
    assert_eq!(call.timeout, None);
    assert_eq!(call.stdin.as_deref(), Some(&b"t"[..]));
    let SandboxRequest::WriteFile(call) = request(calls.get(3)) else {
        panic!("{calls:?}");
    };
    assert_eq!(call.data.len(), 2048);
}

#[test]
fn what_is_not_a_call_is_the_harness_s_own() {
    let calls = calls(
        "  - wait: 1\n  - {execute: ls, capture: {other: stdout}}\n  - execute: '${{ other }}'\n",
    );
    assert_eq!(calls[1], None);
    let unresolved = Unresolved("other".to_owned());
    assert_eq!(calls[3], Some(Err(ResolveError::Unresolved(unresolved))));
    let written = crate::scenario::verbs::Written::default();
    let verb = &WAIT;
    let absent = Call { verb, written }.resolve(&Bindings::new());
    let (verb, key) = ("wait", "process");
    assert_eq!(absent, Err(ResolveError::Absent { verb, key }));
}
