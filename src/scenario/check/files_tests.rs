//! Mistakes of a whole file: its top, its syntax, many at once.

use crate::scenario::check::tests::{bad, parse};

#[test]
fn mistakes_at_the_top() {
    for (text, problem) in [
        ("", "1:1 the file is empty"),
        ("# nothing\n", "0:0 the file is empty"),
        (
            "- a\n",
            "1:1 the scenario must be a mapping, this is a list",
        ),
        ("why: x\n", "1:1 the scenario must have `steps`"),
        (
            "why: ' '\nsteps: [{execute: a}]",
            "1:6 `why` must not be empty",
        ),
        (
            "why: x\nwhy: y\nsteps: [{execute: a}]",
            "2:1 duplicate key `why` (it stands at line 1 already)",
        ),
        (
            "why: x\nstep: []\nsteps: [{execute: a}]",
            "2:1 unknown key in the scenario `step` (did you mean `steps`?)",
        ),
        (
            "why: x\nrequires: [pyton3]\nsteps: [{execute: a}]",
            "2:12 unknown capability `pyton3` (did you mean `python3`?)",
        ),
        (
            "why: x\nquirks: [27]\nsteps: [{execute: a}]",
            "2:10 an entry of `quirks` must be text, this is a number (quote it: \"27\")",
        ),
        (
            "why: x\noptional: yes\nsteps: [{execute: a}]",
            "2:11 `optional` must be `true` or `false`, this is text",
        ),
        (
            "why: x\nsurfaces: [mcp]\nsteps: [{make_dir: a}]",
            "3:10 verb `make_dir` does not exist at surface mcp",
        ),
        (
            "why: x\nsurfaces: [mcp]\nsteps: [{execute: {cmd: a, user: b}}]",
            "3:28 `user` of execute exists at surface provider only; the scenario names mcp too",
        ),
        (
            "why: x\nmatrix: {a: [[1]]}\nsteps: [{execute: a}]",
            "2:14 a point must be text, a number or a boolean, this is a list",
        ),
        (
            "why: x\nmatrix: {a: [1, 2KB]}\nsteps: [{write_file: {path: /a, data: {random: {seed: 1, size: '${{ matrix.a }}'}}}}]",
            "3:64 `2KB` is not a size; write bytes such as 4096, 64KiB or 1MiB",
        ),
        (
            "why: x\neffects: extern\nsteps: [{execute: a}]",
            "2:10 unknown effect `extern` (did you mean `external`?)",
        ),
        (
            "why: x\nprovision: {}\nsteps: [{execute: a}]",
            "2:12 at the top, `provision` knows `none` only (a sandbox with arguments is a step: `- provision: {name: main, ...}`)",
        ),
    ] {
        assert_eq!(bad(text), [problem], "{text}");
    }
}

#[test]
fn syntax_mistakes_have_their_place() {
    for (text, line, word) in [
        ("why: x\nsteps:\n\t- execute: ls\n", 3, "tab"),
        ("why: x\n---\nwhy: y\n", 2, "document"),
        ("why: 'x\n", 1, ""),
        ("why: x\nsteps: !run [a]\n", 2, "tag"),
    ] {
        let problems = parse(text).unwrap_err();
        assert!(problems[0].line >= line, "{problems:?}");
        assert!(problems[0].message.contains(word), "{problems:?}");
    }
}

#[test]
fn one_file_can_have_many_problems() {
    let found = bad(
        "tag: [a]\nsteps:\n  - exec: ls\n  - {read_file: 5, expect: {conten: a}}\n  - execute: {cmd: '${{ x }}', env: [a]}\n    compare: {stdout: fuzzy}\n",
    );
    let lines: Vec<&str> = found
        .iter()
        .map(|text| text.split(':').next().unwrap())
        .collect();
    assert_eq!(
        lines,
        ["1", "1", "3", "4", "4", "5", "5", "6"],
        "{found:#?}"
    );
}
