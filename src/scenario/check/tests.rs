//! Each row of these tables is a text and what the check says of it.

use std::path::Path;
use std::time::Duration;

use crate::call::sandbox_call::WriteFile;
use crate::call::{SandboxRequest, Surface, ToolCall};
use crate::scenario::load::parse_one;
use crate::scenario::model::{Action, CompareKind, Scenario, Step};
use crate::scenario::problem::Problem;
use crate::scenario::template::Bindings;

pub(super) fn parse(text: &str) -> Result<Scenario, Vec<Problem>> {
    parse_one("execute/a", Path::new("/nonexistent/a.yaml"), text)
}

fn good(text: &str) -> Scenario {
    parse(text).unwrap_or_else(|problems| panic!("{}", crate::scenario::render(&problems)))
}

fn steps(text: &str) -> Vec<Step> {
    good(&format!("why: x\nsteps:\n{text}")).steps
}

/// The problems of a text as `line:column message`.
pub(super) fn bad(text: &str) -> Vec<String> {
    parse(text)
        .expect_err(text)
        .into_iter()
        .map(|problem| {
            let help = problem.help.map(|help| format!(" ({help})"));
            let (line, column) = (problem.line, problem.column);
            format!(
                "{line}:{column} {}{}",
                problem.message,
                help.unwrap_or_default()
            )
        })
        .collect()
}

/// One problem in a step list that begins at line 3.
fn check(step: &str, problem: &str) {
    let found = bad(&format!("why: x\nsteps:\n{step}"));
    assert_eq!(found, [problem], "{step}");
}

/// A scenario in which every verb and key stands.
pub(crate) const EXAMPLE: &str = r#"# yaml-language-server: $schema=../scenario.schema.json
why: A failing command must tell the agent the same thing on both providers.
tags: [core, execute]
quirks: [Q27, Q29]
requires: [python3]
matrix: { size: [4096, 64KiB], eol: [lf, crlf] }
effects: network
platform: { env: { A: b, C: null }, execute_timeout: 5s }
mcp: { env: { A: b } }
steps:
  - id: fails
    execute: "echo out; echo err >&2; exit 3"
    expect: { exit_code: 3, provider: { target: { failure.class: { absent: true } } } }
    capture: { line: stdout, word: { field: $.stderr, pattern: '(\w+)' } }
  - read_file: /nope
  - write_file: { path: "/tmp/${{ word }}", data: { random: { seed: 1, size: "${{ matrix.size }}" } } }
    compare:
      failure.message: { ignore: wording }
      provider: { duration: { within: 5x }, stdout: { lines: any_order } }
    normalise:
      - { field: stdout, pattern: 'pid (\d+)', as: pid, why: a pid }
  - start_background: { as: server, cmd: sleep 100, env: { A: "1" } }
  - parallel:
      - execute: { cmd: "true", timeout: 2s, stdin: abc, user: root, cwd: /tmp }
      - { id: sig, send_signal: { process: server, signal: SIGTERM } }
  - wait: { process: server }
    until: { that: { exit_code: { one_of: [0, 1] } }, every: 500ms, for: 10 }
  - wait: 0.5
  - send_stdin: { process: server, data: { base64: AAEC }, close: true }
  - list_files: { path: /tmp, depth: 2 }
  - stat_file: /tmp
  - move_file: { from: /a, to: /b }
  - make_dir: /c
  - remove_file: { path: /c, recursive: true }
  - advance: 1h
  - fault: 503:10%
  - fault: { spec: 503, side: target }
  - at_provider: { do: kill }
  - { terminate: {}, defer: true }
parity: [Q33]
"#;

#[test]
fn the_example_of_everything_reads() {
    let scenario = good(EXAMPLE);
    assert_eq!(scenario.surfaces, [Surface::Provider]);
    assert_eq!(
        scenario.quirks,
        [("Q27".to_owned(), 4), ("Q29".to_owned(), 4)]
    );
    assert_eq!(scenario.parity, [("Q33".to_owned(), 40)]);
    assert_eq!(scenario.requires, ["python3", "clock", "fault"]);
    let ids: Vec<&str> = scenario.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(
        ids[..4],
        ["00-provision", "fails", "02-read_file", "03-write_file"]
    );
    assert_eq!(scenario.steps[0].line, 0);
    assert_eq!(scenario.steps[1].line, 11);
    let expect = &scenario.steps[1].expect;
    assert_eq!(expect.len(), 2);
    assert_eq!(
        (expect[1].surface, expect[1].line),
        (Some(Surface::Provider), 13)
    );
    let kinds: Vec<&CompareKind> = scenario.steps[3]
        .compare
        .iter()
        .map(|rule| &rule.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            &CompareKind::Ignore("wording".to_owned()),
            &CompareKind::Within(5.0),
            &CompareKind::LinesAnyOrder
        ]
    );
    let Action::Parallel(children) = &scenario.steps[5].action else {
        panic!("not parallel");
    };
    let ids: Vec<&str> = children.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["05-parallel/01-execute", "05-parallel/sig"]);
    let until = scenario.steps[6].until.as_ref().unwrap();
    assert_eq!(until.budget, Duration::from_secs(10));
}

/// What a step without references sends.
fn sent(step: &Step) -> ToolCall {
    let Action::Call(call) = &step.action else {
        panic!("not a call: {step:?}");
    };
    call.resolve(&Bindings::new()).unwrap()
}

#[test]
fn short_forms_and_defaults() {
    let all = steps("  - provision: {}\n  - provision: other\n  - terminate:\n");
    assert_eq!(
        all.len(),
        3,
        "a scenario that provisions gets no sandbox besides"
    );
    let ended = ToolCall::sandbox("main", SandboxRequest::Terminate);
    assert_eq!(sent(&all[2]), ended);
    let none = good("why: x\nprovision: none\nsurfaces: [mcp]\nsteps: [{execute: ls}]\n");
    assert_eq!(none.steps.len(), 1);
    let portable = good("why: x\nsteps: [{execute: ls}]\n");
    assert_eq!(
        portable.surfaces,
        [Surface::Mcp, Surface::Platform, Surface::Provider]
    );
    let all = steps("  - write_file: {path: /a, data: {text: 'a $${{ b }}'}}\n");
    let written = WriteFile {
        path: "/a".to_owned(),
        data: "a ${{ b }}".into(),
    };
    let request = SandboxRequest::WriteFile(written);
    assert_eq!(sent(&all[1]), ToolCall::sandbox("main", request));
    good("\u{feff}why: x\r\nsteps:\r\n  - execute: ls\r\n");
}

#[test]
fn mistakes_in_verbs_and_keys() {
    check(
        "  - exectue: ls",
        "3:5 unknown key in the step `exectue` (did you mean `execute`?)",
    );
    check(
        "  - execute: ls\n    read_file: /a",
        "4:5 a step has one verb, this has `execute` and `read_file`",
    );
    check(
        "  - id: a",
        "3:5 the step has no verb (such as `execute: \"...\"` or `read_file: /path`)",
    );
    check(
        "  - terminate",
        "3:5 the step must be a mapping, this is text (write `terminate: {}`)",
    );
    check(
        "  - execute: true",
        "3:14 `cmd` must be text, this is a boolean (quote it: \"true\")",
    );
    check(
        "  - execute: {cmd: ls, tmeout: 1}",
        "3:24 unknown key in the arguments of execute `tmeout` (did you mean `timeout`?)",
    );
    check("  - execute: {cwd: /}", "3:14 `execute` must have `cmd`");
    check(
        "  - execute: ls\n    execute: ls",
        "4:5 duplicate key `execute` (it stands at line 3 already)",
    );
    check(
        "  - execute: {cmd: ls, timeout: soon}",
        "3:33 `timeout` is not a duration (write `500ms`, `2s`, `1m`, `1h` or a number of seconds)",
    );
    check(
        "  - {id: a, execute: ls}\n  - {id: a, execute: ls}",
        "4:10 step id `a` stands twice (it stands at line 3 already)",
    );
}

#[test]
fn mistakes_in_arguments() {
    check(
        "  - at_provider: {do: kil}",
        "3:23 unknown event `kil` (did you mean `kill`?)",
    );
    check(
        "  - {start_background: {as: p, cmd: a}}\n  - send_signal: {process: p, signal: TREM}",
        "4:39 no provider sends the signal `TREM` (did you mean `TERM`?)",
    );
    check("  - wait: 1h", "3:11 `seconds` must be from 0ns to 120s");
    check(
        "  - parallel: [{parallel: [{execute: a}]}]",
        "3:27 a `parallel` cannot stand in another",
    );
    check(
        "  - {wait: 1, expect: {exit_code: 0}}",
        "3:15 `wait` has no outcome, so `expect` has no meaning here",
    );
    check(
        "  - fault: 304",
        "3:12 unknown fault `304`; a status from 400 to 599, latency:50ms, reset, truncate, slow or death, each with an optional share such as `:10%`",
    );
    check(
        "  - fault: \"503:1e1%\"",
        "3:12 `1e1%` is no share; over 0% and at most 100%, e.g. `10%`",
    );
    check(
        "  - fault: \"slow, latency:50 ms\"",
        "3:12 `50 ms` is no latency; a whole number with a unit up to 600 s, e.g. `latency:50ms` or `latency:2s`",
    );
    check(
        "  - write_file: {path: /a, data: {text: a, base64: AA==}}",
        "3:34 data must have exactly one of text, base64, file, random",
    );
    check(
        "  - write_file: {path: /a, data: {random: {seed: 1, size: 1TB}}}",
        "3:59 `1TB` is not a size; write bytes such as 4096, 64KiB or 1MiB",
    );
}

#[test]
fn mistakes_in_conditions() {
    check(
        "  - {execute: ls, expect: {exitcode: 0}}",
        "3:28 unknown field at surface mcp, platform, provider: `exitcode` (did you mean `exit_code`?)",
    );
    check(
        "  - {execute: ls, expect: {mcp: {exit_code: 0}}}",
        "3:34 unknown field at surface mcp: `exit_code` (known: text, is_error, rpc_error, failure, duration, entries)",
    );
    check(
        "  - {stat_file: /, expect: {mcp: {text: a}}}",
        "3:35 this scenario does not run at surface mcp",
    );
    check(
        "  - {execute: ls, expect: {stdout: {contain: a}}}",
        "3:37 unknown matcher `contain`; did you mean `contains`?",
    );
    check(
        "  - {execute: ls, expect: {stdout: 5}}",
        "3:36 `$.stdout` is text, this is 5 (quote it: \"5\")",
    );
    check(
        "  - {execute: ls, expect: {failure.class: not_fund}}",
        "3:43 unknown class of failure `not_fund` (did you mean `not_found`?)",
    );
    check(
        "  - {execute: ls, expect: {'$.stdout[0]': a}}",
        "3:28 `stdout` is text or bytes; nothing is below it",
    );
    check(
        "  - {execute: ls, compare: {stdout: ignore}}",
        "3:37 `ignore` needs a why: write `{ignore: why}`",
    );
    check(
        "  - {execute: ls, compare: {stdout: byte}}",
        "3:37 unknown kind of comparison `byte` (did you mean `bytes`?)",
    );
    check(
        "  - {execute: ls, compare: {stdout: {within: 0.5x}}}",
        "3:46 `within` takes a factor of at least 1, such as `5x`",
    );
    check(
        "  - {execute: ls, normalise: [{field: stdout, pattern: 'a(', as: x, why: y}]}",
        "3:56 `pattern` is not a regular expression: unclosed group",
    );
    check(
        "  - {execute: ls, normalise: [{field: stdout, pattern: 'a', as: x}]}",
        "3:31 the normalisation must have `why`",
    );
    check(
        "  - {execute: ls, capture: {a: {field: stdout, pattern: 'a'}}}",
        "3:57 `pattern` needs a group: what it catches is captured",
    );
    check(
        "  - {execute: ls, until: {every: 1}}",
        "3:26 the `until` must have `that`",
    );
}

#[test]
fn mistakes_in_names() {
    check(
        "  - execute: echo ${{ tokn }}\n  - {execute: ls, capture: {other: stdout}}",
        "3:14 `${{ tokn }}` is not defined (defined: other, session, run, home)",
    );
    check(
        "  - execute: echo ${{ token }}\n  - {execute: ls, capture: {token: stdout}}",
        "3:14 `${{ token }}` is captured later, at line 4",
    );
    check(
        "  - execute: echo ${{ matrix.size }}",
        "3:14 unknown matrix axis `size` (known: )",
    );
    check(
        "  - execute: echo ${{ sandbox.b }}",
        "3:14 no step provisions the sandbox `b`",
    );
    check(
        "  - execute: echo ${{ a",
        "3:14 `${{` without `}}` behind it; write `$${{` for the text itself",
    );
    check(
        "  - execute: {sandbox_name: mian, cmd: ls}",
        "3:29 no step provisions the sandbox `mian` (did you mean `main`?)",
    );
    check(
        "  - {provision: b}\n  - execute: ls",
        "4:14 no step provisions the sandbox `main` (provisioned: b)",
    );
    check(
        "  - wait: {process: p}",
        "3:21 no earlier step starts the process `p` (start it with `start_background: {as: NAME, cmd: ...}`)",
    );
    steps("  - {execute: 'echo ${{ t }}', defer: true}\n  - {execute: ls, capture: {t: stdout}}\n");
}
