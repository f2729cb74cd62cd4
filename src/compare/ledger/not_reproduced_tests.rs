use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::scenario::parse_one;

const GOOD: &str = "format: cutover.not-reproduced/1
quirks:
  - { id: Q72, title: A header, reason: it is not sent, checked_by: reading }
  - id: Q73
    title: Three names
    reason: one version is run
    checked_by: reading
";

fn read(text: &str) -> Result<Vec<NotReproduced>, Vec<String>> {
    let file = LedgerText {
        file: "not-reproduced.yaml",
        text,
    };
    let told = |problem: crate::scenario::Problem| {
        format!("{}:{} {}", problem.line, problem.column, problem.message)
    };
    read_not_reproduced(&file).map_err(|problems| problems.into_iter().map(told).collect())
}

#[test]
fn the_file_is_read_with_the_care_of_the_ledger() {
    let found = read(GOOD).unwrap();
    let ids: Vec<(&str, usize)> = found.iter().map(|one| (&*one.id, one.line)).collect();
    assert_eq!(ids, [("Q72", 3), ("Q73", 4)]);
    assert_eq!(found[1].reason, "one version is run");
    assert_eq!(
        read("format: cutover.not-reproduced/1\nquirks: []\n"),
        Ok(vec![])
    );
    for (from, to, wanted) in [
        ("id: Q73", "id: Q72", "4:9 `Q72` stands already in line 3"),
        ("id: Q73", "id: 73", "4:9 `id` is text, not a number"),
        (
            "id: Q73",
            "id: QX",
            "4:9 an id is `Q` and digits, or `L-` and digits for entries of your own",
        ),
        (
            "    title: Three names\n",
            "",
            "4:5 a quirk that is not reproduced needs `title`",
        ),
        (
            "reason: one version is run",
            "reason: ' '",
            "6:13 `reason` is empty",
        ),
        (
            "    checked_by",
            "    checkedby",
            "7:5 unknown key `checkedby` in a quirk that is not reproduced",
        ),
        (
            "    checked_by: reading\n",
            "",
            "4:5 a quirk that is not reproduced needs `checked_by`",
        ),
        (
            "    title: Three names",
            "    title: A\n    title: B",
            "6:5 duplicate key `title`",
        ),
        (
            "reproduced/1",
            "reproduced/2",
            "1:9 `format` must be `cutover.not-reproduced/1`",
        ),
        (
            "quirks:",
            "quirk:",
            "2:1 unknown key `quirk` in the list of what is not reproduced",
        ),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let problems = read(&GOOD.replacen(from, to, 1)).unwrap_err();
        assert!(
            problems.iter().any(|one| one == wanted),
            "{to}: {problems:?}"
        );
    }
    for text in [
        "",
        "[]",
        "a: [",
        "format: cutover.not-reproduced/1\nquirks: {}\n",
        "\u{0}",
    ] {
        assert!(read(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_quirk_is_known_in_one_way() {
    let ledger = read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text: &format!("format: cutover.quirks/1\nquirks:\n  - {{ id: Q72, title: A header, kind: standing, cause: provider, effect: wording, verb: execute, field: $.stderr, from: {{ side: e2b, any: true }}, to: {{ side: daytona, absent: true }}, reason: so, link: {LINK}, owner: us, expires: 2027-06-01 }}\n"),
    }])
    .unwrap();
    let scenario = |parity: &str| {
        let text = format!("why: x\nparity: [{parity}]\nsteps:\n  - execute: ls\n");
        Arc::new(parse_one("a/b", Path::new("a/b.yaml"), &text).unwrap())
    };
    let told = |ledger: &Ledger, text: &str, parity: &str| -> Vec<String> {
        let unshown = read(text).unwrap();
        let problems = in_two_places(ledger, &unshown, &[scenario(parity)], text);
        let told = problems.into_iter();
        told.map(|one| format!("{}:{} {}", one.file, one.line, one.message))
            .collect()
    };
    let none = Ledger::default();
    assert_eq!(told(&none, GOOD, "Q33"), [""; 0]);
    assert_eq!(
        told(&none, GOOD, "Q33, Q73"),
        ["not-reproduced.yaml:4 scenario `a/b` checks `Q73` under `parity`, so a run shows it"]
    );
    assert_eq!(
        told(&ledger, GOOD, "Q72"),
        [
            "a/b.yaml:2 A header (Q72) is in the ledger, so it stands under `quirks` and not under `parity`",
            "not-reproduced.yaml:3 A header (Q72) is in the ledger, so a run shows it",
        ]
    );
}

const LINK: &str = "https://example.org/";
