//! Where a scenario runs, and what is only at surfaces mcp and platform.

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::json;

use crate::call::sandbox_call::{Owner, SandboxCall, SessionId};
use crate::call::tool_call::{Auth, CallTool, HttpBody, SessionCall};
use crate::call::{Surface, ToolCall};
use crate::scenario::check::tests::{bad, parse};
use crate::scenario::model::{Action, Scenario};
use crate::scenario::template::Bindings;
use crate::scenario::verbs::{HarnessAction, Restart};

const STACK: [Surface; 2] = [Surface::Mcp, Surface::Platform];

fn good(steps: &str) -> Scenario {
    let text = format!("why: x\nsteps:\n  - {steps}\n");
    parse(&text).unwrap_or_else(|problems| panic!("{}", crate::scenario::render(&problems)))
}

fn bindings() -> Bindings {
    Bindings::from([("session".to_owned(), "s1".to_owned())])
}

/// What the last step sends.
fn sent(steps: &str) -> ToolCall {
    match &good(steps).steps.last().unwrap().action {
        Action::Call(call) => call.resolve(&bindings()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_scenario_runs_where_all_of_it_exists() {
    let all = Surface::ALL.as_slice();
    for (steps, surfaces) in [
        ("execute: ls", all),
        ("read_file: /a", all),
        ("provision: {}", all),
        ("wait: 1", all),
        ("parallel: [{execute: a}, {read_file: b}]", all),
        ("at_provider: kill", all),
        ("advance: 1h", all),
        ("fault: 503", all),
        ("provision: {env: {A: b}}", &[Surface::Provider]),
        ("provision: {timeout: 2m}", &[Surface::Provider]),
        (
            "parallel: [{execute: {cmd: a, user: b}}]",
            &[Surface::Provider],
        ),
        ("stat_file: /a", &[Surface::Provider]),
        ("provision: {session_id: null}", &STACK),
        ("provision: {project_id: p}", &STACK),
        ("upload_artifact: a", &STACK),
        ("create_session: {as: b}", &STACK),
        ("delete_session: main", &STACK),
        ("restart_platform: {}", &STACK),
        ("switch: {}", &STACK),
        ("execute: 'echo ${{ session }}'", &STACK),
        ("restart_mcp: {}", &[Surface::Mcp]),
        ("call_tool: {name: execute}", &[Surface::Mcp]),
        ("http: {method: GET, path: /}", &[Surface::Platform]),
    ] {
        assert_eq!(good(steps).surfaces, surfaces, "{steps}");
    }
}

#[test]
fn what_a_named_surface_lacks_is_a_mistake() {
    for (surfaces, step, told) in [
        (
            "provider",
            "provision: {session_id: a}",
            "4:17 `session_id` of provision exists at surfaces mcp and platform only; the scenario names provider too",
        ),
        (
            "mcp, platform",
            "provision: {env: {A: b}}",
            "4:17 `env` of provision exists at surface provider only; the scenario names mcp too",
        ),
        (
            "mcp, provider",
            "execute: 'a ${{ session }}'",
            "4:14 `${{ session }}` exists at surfaces mcp and platform only; the scenario names provider too",
        ),
        (
            "mcp",
            "http: {method: GET, path: /}",
            "4:5 verb `http` does not exist at surface mcp",
        ),
        (
            "platform",
            "restart_mcp: {}",
            "4:5 verb `restart_mcp` does not exist at surface platform",
        ),
    ] {
        let text = format!("why: x\nsurfaces: [{surfaces}]\nsteps:\n  - {step}\n");
        assert_eq!(bad(&text), [told], "{step}");
    }
    let never = bad("why: x\nsteps:\n  - call_tool: {name: a}\n  - http: {method: GET, path: /}\n");
    assert_eq!(
        never,
        ["1:1 no surface has all the verbs and arguments of this scenario"]
    );
}

#[test]
fn a_sandbox_is_made_first_where_nothing_else_may_make_one() {
    for (steps, first) in [
        ("execute: ls", "00-provision"),
        ("upload_artifact: a", "00-provision"),
        ("delete_session: main", "00-provision"),
        ("provision: other", "01-provision"),
        ("create_session: {as: b}", "01-create_session"),
        ("call_tool: {name: a}", "01-call_tool"),
        ("http: {method: GET, path: /}", "01-http"),
        ("parallel: [{call_tool: {name: a}}]", "01-parallel"),
    ] {
        assert_eq!(good(steps).steps[0].id, first, "{steps}");
    }
}

#[test]
fn a_session_that_is_null_is_not_one_that_is_not_said() {
    for (written, session) in [
        ("", SessionId::Current),
        ("session_id: null", SessionId::LeftOut),
        ("session_id: ''", SessionId::Given(String::new())),
        (
            "session_id: 'x${{ session }}'",
            SessionId::Given("xs1".to_owned()),
        ),
    ] {
        let ToolCall::Sandbox(SandboxCall { owner, .. }) =
            sent(&format!("provision: {{{written}}}"))
        else {
            panic!("{written}");
        };
        let wanted = Owner {
            session: session.clone(),
            project: None,
        };
        assert_eq!(owner, wanted, "{written}");
        let separator = if written.is_empty() { "" } else { ", " };
        let ToolCall::Artifact(artifact) =
            sent(&format!("upload_artifact: {{path: a{separator}{written}}}"))
        else {
            panic!("{written}");
        };
        assert_eq!(artifact.session, session, "{written}");
    }
}

#[test]
fn bodies_are_json_or_as_they_stand_and_arguments_may_be_left_out() {
    for (written, body) in [
        ("", HttpBody::None),
        (", body: null", HttpBody::Json(json!(null))),
        (
            ", body: [1, '${{ session }}']",
            HttpBody::Json(json!([1, "s1"])),
        ),
        (", raw: '{\"cmd\":'", HttpBody::Raw("{\"cmd\":".into())),
        (
            ", raw: {base64: /w==}",
            HttpBody::Raw(b"\xff".as_slice().into()),
        ),
    ] {
        let step =
            format!("http: {{method: POST, path: '/s/${{{{ session }}}}', auth: none{written}}}");
        let ToolCall::Http(request) = sent(&step) else {
            panic!("{step}");
        };
        assert_eq!(request.body, body, "{step}");
        assert_eq!(
            (request.path.as_str(), &request.auth),
            ("/s/s1", &Auth::None)
        );
    }
    for (written, arguments) in [
        ("", None),
        (", arguments: null", Some(json!(null))),
        (", arguments: {cmd: 7}", Some(json!({"cmd": 7}))),
    ] {
        let name = "execute".to_owned();
        let wanted = ToolCall::Tool(CallTool { name, arguments });
        assert_eq!(
            sent(&format!("call_tool: {{name: execute{written}}}")),
            wanted
        );
    }
    let both = bad("why: x\nsteps:\n  - http: {method: A, path: /, body: 1, raw: b}\n");
    assert_eq!(both, ["3:41 `http` has `body` or `raw`, not both"]);
}

#[test]
fn sessions_are_made_before_they_are_used() {
    let used = "create_session: {as: second, status: ready, agent: {id: a1}}\n  - use_session: second\n  - use_session: main";
    let main = "main".to_owned();
    assert_eq!(
        sent(used),
        ToolCall::Session(SessionCall::Use { name: main })
    );
    for (steps, told) in [
        (
            "use_session: secnd\n  - create_session: {as: second}",
            "3:18 no earlier step makes the session `secnd` (make it with `create_session: {as: NAME}`)",
        ),
        (
            "create_session: {as: second}\n  - delete_session: secnd",
            "4:21 no earlier step makes the session `secnd` (did you mean `second`?)",
        ),
        (
            "create_session: {as: a}\n  - create_session: {as: a}",
            "4:26 session `a` stands twice (it stands at line 3 already)",
        ),
    ] {
        assert_eq!(bad(&format!("why: x\nsteps:\n  - {steps}\n")), [told]);
    }
    let taken = bad("why: x\nsteps:\n  - create_session: {as: main}\n");
    assert_eq!(
        taken,
        ["3:26 session `main` is the one that a case begins with"]
    );
}

#[test]
fn a_restart_sets_and_unsets_variables() {
    let read = good("restart_mcp: {env: {SESSION_ID: '${{ session }}', LAP_BASE_URL: null}}");
    let Action::Harness(_, HarnessAction::Restart(restart)) = &read.steps[1].action else {
        panic!("{:?}", read.steps);
    };
    let env = IndexMap::from([
        ("SESSION_ID".to_owned(), Some("s1".to_owned())),
        ("LAP_BASE_URL".to_owned(), None),
    ]);
    assert_eq!(restart.resolve(&bindings()), Ok(Restart::Mcp { env }));
    assert!(restart.resolve(&Bindings::new()).is_err());
    for (step, told) in [
        (
            "restart_platform: {env: {A: 1}}",
            "3:33 the variable `A` must be text, this is a number (quote it: \"1\")",
        ),
        (
            "restart_platform: {env: {'': a}}",
            "3:30 a variable's name is not empty and holds no `=`",
        ),
        (
            "{switch: {}, expect: {status: 200}}",
            "3:18 `switch` has no outcome, so `expect` has no meaning here",
        ),
    ] {
        assert_eq!(bad(&format!("why: x\nsteps:\n  - {step}\n")), [told]);
    }
}

#[test]
fn the_stack_is_set_up_before_the_first_step() {
    let text = "why: x\nplatform: { env: { A: b, C: null }, execute_timeout: 5s }\nmcp: { env: { D: '$${{ e }}' } }\nsteps: [{execute: ls}]\n";
    let read = parse(text).unwrap();
    let env = |pairs: &[(&str, Option<&str>)]| -> IndexMap<String, Option<String>> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
            .collect()
    };
    assert_eq!(read.platform.env, env(&[("A", Some("b")), ("C", None)]));
    assert_eq!(read.platform.execute_timeout, Some(Duration::from_secs(5)));
    assert_eq!(read.mcp.env, env(&[("D", Some("${{ e }}"))]));
    for (top, told) in [
        (
            "platform: {env: {A=: b}}",
            "2:18 a variable's name is not empty and holds no `=`",
        ),
        (
            "platform: {env: {A: 1}}",
            "2:21 the variable `A` must be text, this is a number (quote it: \"1\")",
        ),
        (
            "platform: {execute_timeout: soon}",
            "2:29 `execute_timeout` is not a duration (write `500ms`, `2s`, `1m`, `1h` or a number of seconds)",
        ),
        (
            "platform: {execute_timeout: 0}",
            "2:29 `execute_timeout` must be from 1ms to 86400s",
        ),
        (
            "mcp: {execute_timeout: 1}",
            "2:7 unknown key in the `mcp` `execute_timeout` (known: env)",
        ),
        (
            "mcp: {env: {A: '${{ session }}'}}",
            "2:16 the variable `A` cannot refer to a value: it is set before the first step (`restart_mcp` and `restart_platform` set variables later)",
        ),
    ] {
        let text = format!("why: x\n{top}\nsurfaces: [mcp]\nsteps: [{{execute: ls}}]\n");
        assert_eq!(bad(&text), [told], "{top}");
    }
}

#[test]
fn failures_beneath_the_stack_are_expected_by_the_classes_of_errors() {
    let told = "at surfaces mcp and platform `failure` is expected by a `class` that means that the provider did not do its work (quota, rate_limited, unauthorized, unavailable, internal; what a tool reports stands in `text` or `body`)";
    for (surfaces, expect, place) in [
        ("mcp", "failure.class: not_found", Some("4:28")),
        ("platform", "failure.message: no", Some("4:28")),
        ("mcp, provider", "mcp: {failure.class: gone}", None),
        ("mcp, provider", "failure.class: not_found", None),
        ("mcp", "failure.class: unavailable", None),
        (
            "platform",
            "failure.class: {one_of: [internal, quota]}",
            None,
        ),
    ] {
        let text = format!(
            "why: x\nsurfaces: [{surfaces}]\nsteps:\n  - {{execute: ls, expect: {{{expect}}}}}\n"
        );
        match place {
            Some(place) => assert_eq!(bad(&text), [format!("{place} {told}")], "{expect}"),
            None if expect.contains("gone") => assert_eq!(bad(&text).len(), 2, "{expect}"),
            None => assert!(parse(&text).is_ok(), "{expect}"),
        }
    }
}

#[test]
fn a_raw_call_may_make_the_sandbox_whose_id_is_used() {
    let text = |surface: &str| {
        format!("why: x\nsurfaces: [{surface}]\nsteps: [{{execute: '${{{{ sandbox.b }}}}'}}]\n")
    };
    assert!(parse(&text("mcp")).is_ok());
    assert_eq!(bad(&text("provider")).len(), 1);
}
