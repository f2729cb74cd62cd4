use std::sync::Arc;

use super::*;
use crate::compare::samples::{scenario, step};
use crate::scenario::model::Scenario;

/// An entry whose first shape is given.
fn entry(id: &str, shape: &str) -> String {
    format!(
        "  - id: {id}\n    title: t\n    kind: divergence\n    cause: provider\n    effect: wording\n    shapes:\n      - {{ {shape} }}\n    reason: r\n    link: https://example.org/\n    owner: us\n    expires: 2027-06-01\n"
    )
}

fn standing(id: &str, keys: &str) -> String {
    format!(
        "  - id: {id}\n    title: t\n    kind: standing\n    cause: provider\n    effect: wording\n    {keys}\n    reason: r\n    link: https://example.org/\n    owner: us\n    expires: 2027-06-01\n"
    )
}

fn text_of(entries: &[String]) -> String {
    format!("format: cutover.quirks/1\nquirks:\n{}", entries.concat())
}

fn read(text: &str) -> Result<Ledger, Vec<String>> {
    read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text,
    }])
    .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn checked(entries: &[String], scenarios: &[Arc<Scenario>]) -> Vec<String> {
    let text = text_of(entries);
    let texts = [LedgerText {
        file: "quirks.yaml",
        text: &text,
    }];
    let problems = check(&read(&text).unwrap(), scenarios, &texts);
    let told = |p: &crate::scenario::Problem| format!("{}:{}: {}", p.line, p.column, p.message);
    problems.iter().map(told).collect()
}

const PAIR: &str = "from: {side: e2b, equals: a}, to: {side: daytona, equals: b}";

#[test]
fn wide_shapes_read() {
    for shape in [
        format!("case: '**', step: '*', field: output, {PAIR}"),
        format!("case: provider/**, step: ls, field: output, {PAIR}"),
        format!("case: 'provider/t/*', step: ls, field: output, {PAIR}"),
        format!("case: provider/a/b, step: '*-x', field: output, {PAIR}"),
        format!("verb: execute, field: output, {PAIR}"),
        format!("verb: execute, case: 'provider/t/*', field: output, follows: true, {PAIR}"),
        "verb: execute, field: output, from: {side: e2b, inside: 'a (?<n>\\d)'}, to: {side: daytona, inside: 'b (?<n>\\d)'}, same: [n], moved: true".to_owned(),
        "verb: execute, field: output, from: {side: e2b, absent: true}, to: {side: daytona, inside: 'b'}".to_owned(),
        "verb: execute, field: output, from: {side: e2b, absent: true}, to: {side: daytona, equals: ''}".to_owned(),
    ] {
        let ledger = read(&text_of(&[entry("Q300", &shape)])).expect(&shape);
        assert!(ledger.entries[0].shapes[0].place.is_wide(), "{shape}");
    }
    let narrow = format!("case: 'provider/a/b/size=*', step: ls, field: output, {PAIR}");
    let ledger = read(&text_of(&[entry("Q300", &narrow)])).unwrap();
    assert!(!ledger.entries[0].shapes[0].place.is_wide());
}

#[test]
fn mistakes_of_wide_shapes_have_their_place() {
    for (shape, wanted) in [
        (format!("verb: exeute, field: output, {PAIR}"), "did you mean `execute`?"),
        (format!("verb: parallel, field: output, {PAIR}"), "no call has the verb `parallel`"),
        (format!("verb: execute, step: x, field: output, {PAIR}"), "a `step` or a `verb`, not both"),
        (format!("verb: execute, field: entries, {PAIR}"), "`execute` gives no field `entries`"),
        (format!("case: '*', step: x, field: output, {PAIR}"), "`*` is not a case"),
        (format!("case: '**', field: output, {PAIR}"), "a shape needs `step`"),
        (format!("case: '**', step: x, field: outptu, {PAIR}"), "no surface has a field `outptu`"),
        (
            "verb: execute, field: output, from: {side: e2b, any: true}, to: {side: daytona, equals: b}".to_owned(),
            "may not use `any`",
        ),
        (
            "case: '**', step: x, field: output, from: {side: e2b, equals: ''}, to: {side: daytona, equals: b}".to_owned(),
            "may not expect the empty text",
        ),
        (
            "verb: execute, field: output, from: {side: e2b, matches: '(?s).+'}, to: {side: daytona, equals: b}".to_owned(),
            "fits an empty line",
        ),
        (
            "verb: execute, field: output, from: {side: e2b, inside: '.*'}, to: {side: daytona, inside: b}".to_owned(),
            "fits the empty line",
        ),
        (
            "verb: execute, field: output, from: {side: e2b, inside: '('}, to: {side: daytona, inside: b}".to_owned(),
            "`inside` not a regular expression",
        ),
        (
            "verb: execute, field: output, from: {side: e2b, inside: a}, to: {side: daytona, equals: b}".to_owned(),
            "`inside` stands on both sides",
        ),
        (
            "verb: execute, field: output, from: {side: e2b, inside: a, equals: a}, to: {side: daytona, inside: b}".to_owned(),
            "`inside` stands alone",
        ),
        (
            "verb: execute, field: output, from: {side: e2b, inside: '(?<n>a)'}, to: {side: daytona, inside: b}, same: [n]".to_owned(),
            "no group `n` on both sides",
        ),
        (format!("verb: execute, field: output, {PAIR}, same: [n]"), "`same` is about lines"),
        (format!("verb: execute, field: output, {PAIR}, moved: true"), "`moved` is about lines"),
        (
            format!("verb: execute, field: output, {PAIR}, moved: 1"),
            "`moved` is `true` (lines that match) or `stderr`",
        ),
        (format!("verb: execute, field: output, {PAIR}, follows: 1"), "`follows` is `true` or `false`"),
    ] {
        let problems = read(&text_of(&[entry("Q300", &shape)])).expect_err(&shape);
        let found = problems.iter().find(|problem| problem.contains(wanted));
        let found = found.unwrap_or_else(|| panic!("{shape}: {problems:?}"));
        assert!(found.contains("quirks.yaml:9:"), "{found}");
    }
    // All of them at once.
    let bad = [
        entry("Q300", &format!("verb: exeute, field: output, {PAIR}")),
        entry(
            "Q301",
            &format!("case: '*', step: x, field: output, {PAIR}"),
        ),
    ];
    assert_eq!(read(&text_of(&bad)).unwrap_err().len(), 2);
}

#[test]
fn a_shared_entry_names_one_place() {
    let shape = "verb: execute, field: output, both: {sides: [e2b, daytona], equals: a}";
    let text = entry("Q300", shape).replace("kind: divergence", "kind: shared");
    let problems = read(&text_of(&[text])).unwrap_err();
    assert!(
        problems[0].contains("names one case and one step"),
        "{problems:?}"
    );
}

#[test]
fn standing_entries_read_and_have_their_mistakes() {
    let good = "verb: execute\n    field: $.stderr\n    from: {side: e2b, any: true}\n    to: {side: daytona, absent: true}";
    let ledger = read(&text_of(&[standing("Q300", good)])).unwrap();
    assert_eq!(ledger.entries[0].kind, EntryKind::Standing);
    for (from, to, wanted) in [
        ("verb: execute", "verb: exec", "no call has the verb `exec`"),
        ("verb: execute\n    ", "", "a standing entry needs `verb`"),
        (
            "$.stderr",
            "$.entries",
            "`execute` gives no field `entries`",
        ),
        (
            "to: {side: daytona, absent: true}",
            "case: provider/a/b",
            "no `case`",
        ),
        (
            "to: {side: daytona, absent: true}",
            "",
            "has `from` and `to`",
        ),
        ("any: true", "inside: x", "whole values, not lines"),
    ] {
        let bad = standing("Q300", &good.replacen(from, to, 1));
        let problems = read(&text_of(&[bad])).expect_err(to);
        assert!(
            problems.iter().any(|p| p.contains(wanted)),
            "{to}: {problems:?}"
        );
    }
    // Keys of a standing entry mean nothing on another one.
    let stray = entry("Q300", &format!("verb: execute, field: output, {PAIR}"))
        .replace("    shapes:", "    verb: execute\n    shapes:");
    let problems = read(&text_of(&[stray])).unwrap_err();
    assert!(
        problems[0].contains("`verb` stands in a shape"),
        "{problems:?}"
    );
}

#[test]
fn an_entry_of_ones_own_needs_no_link_and_no_naming() {
    let own = entry(
        "L-1",
        &format!("case: provider/a/b, step: execute, field: output, {PAIR}"),
    )
    .replace("    link: https://example.org/\n", "");
    let scenarios = [Arc::new(scenario("a/b", vec![step("execute: x")]))];
    assert_eq!(
        checked(std::slice::from_ref(&own), &scenarios),
        Vec::<String>::new()
    );
    let shipped = own.replace("L-1", "Q300");
    let problems = read(&text_of(&[shipped])).unwrap_err();
    assert!(
        problems[0].contains("an entry needs `link`"),
        "{problems:?}"
    );
}

#[test]
fn patterns_that_name_nothing_are_told_and_never_orphans() {
    let scenarios = [Arc::new(scenario("t/a", vec![step("execute: x")]))];
    for (place, wanted) in [
        ("case: '**', step: '*'", None),
        ("case: 'provider/t/*', step: execute", None),
        ("case: provider/**, step: nosuch", None),
        ("case: 'provider/t/*', step: 'ex*'", None),
        ("verb: execute", None),
        (
            "case: 'provider/u/*', step: execute",
            Some("9:9: no scenario has the case `provider/u/*`"),
        ),
        (
            "case: 'provider/t/*', step: nosuch",
            Some("9:9: no step `nosuch` in `provider/t/*`"),
        ),
    ] {
        let shape = format!("{place}, field: output, {PAIR}");
        let entries = [entry("Q300", &shape)];
        let found = checked(&entries, &scenarios);
        assert_eq!(found.first().map(String::as_str), wanted, "{place}");
        let ledger = read(&text_of(&entries)).unwrap();
        assert_eq!(orphans(&ledger, &scenarios), [], "{place}");
    }
}

#[test]
fn a_tie_is_told_at_the_later_shape() {
    let scenarios = ["t/a", "u/b"].map(|name| Arc::new(scenario(name, vec![step("execute: x")])));
    let shape = |place: &str, value: &str| {
        format!(
            "{place}, field: output, from: {{side: e2b, equals: {value}}}, to: {{side: daytona, equals: bb}}"
        )
    };
    for (first, second, tie) in [
        (
            shape("verb: execute", "aa"),
            shape("verb: execute", "xx"),
            true,
        ),
        (
            shape("verb: execute", "aa"),
            shape("verb: execute", "xxx"),
            false,
        ),
        (
            shape("verb: execute", "aa"),
            shape("verb: read_file", "xx").replace("output", "content"),
            false,
        ),
        (
            shape("case: '**', step: '*'", "aa"),
            shape("verb: execute", "xx"),
            false,
        ),
        (
            shape("case: 'provider/*/a', step: '*'", "aa"),
            shape("case: 'provider/t/*', step: '*'", "xx"),
            true,
        ),
        (
            shape("case: 'provider/*/b', step: '*'", "aa"),
            shape("case: 'provider/t/*', step: '*'", "xx"),
            false,
        ),
        (
            shape("case: 'provider/t/*', step: execute", "aa"),
            shape("case: 'provider/t/*', step: '*'", "xx"),
            false,
        ),
    ] {
        let found = checked(&[entry("Q300", &first), entry("Q301", &second)], &scenarios);
        assert_eq!(
            found.len(),
            usize::from(tie),
            "{first} | {second}: {found:?}"
        );
        for told in &found {
            assert!(
                told.starts_with("20:9: ") && told.contains("the shape of Q300 in line 9"),
                "{told}"
            );
        }
        // The user's own goes before a shipped one.
        let own = checked(&[entry("Q300", &first), entry("L-1", &second)], &scenarios);
        assert_eq!(own, Vec::<String>::new());
    }
}

#[test]
fn a_foreign_ledger_keeps_what_is_about_every_call() {
    let mut ledger = read(&text_of(&[
        entry("Q300", &format!("case: provider/a/b, step: x, field: output, {PAIR} }}\n      - {{ verb: execute, field: output, {PAIR}")),
        entry("Q301", &format!("case: provider/a/b, step: x, field: output, {PAIR}")),
        standing("Q302", "verb: execute\n    field: $.stderr\n    from: {side: e2b, any: true}\n    to: {side: daytona, absent: true}"),
    ]))
    .unwrap();
    ledger.keep_wide_of("other.yaml");
    assert_eq!(ledger.entries.len(), 3);
    ledger.keep_wide_of("quirks.yaml");
    let kept: Vec<_> = ledger
        .entries
        .iter()
        .map(|e| (e.id.as_str(), e.shapes.len()))
        .collect();
    assert_eq!(kept, [("Q300", 1), ("Q302", 1)]);
}
