//! Shows that the judges of the suites judge: every planted fault is named, and order is passed.

use std::collections::BTreeSet;

use libtest_mimic::Failed;

use crate::{coverage, suite};

/// What a suite with the checks `a.x` and `b.y` says on an engine that has `root`, and what must
/// be said of it (empty: nothing).
const SAID: &[(&str, &str)] = &[
    ("ok a.x\nok b.y\n", ""),
    ("ok a.x\nskip b.y: needs git\n", ""),
    ("ok a.x\nskip b.y: needs root, git\n", ""),
    ("ok a.x\nskip b.y: needs root\n", "but the engine has that"),
    ("ok a.x\nskip b.y: not today\n", "but the engine has that"),
    ("ok a.x\nskip b.y\n", "but the engine has that"),
    ("ok a.x\nFAIL b.y: 1 is not 2\n", "FAIL b.y: 1 is not 2"),
    ("ok a.x\n", "b.y was listed and not run"),
    ("ok a.x\nok b.y\nok c.z\n", "c.z was run and not listed"),
    ("ok a.x\nok a.x\nok b.y\n", "a.x was told twice"),
    ("ok a.x\nok b.y\nTraceback\n", "not a line of the protocol"),
    (
        "skip a.x: needs git\nskip b.y: needs git\n",
        "no check passed",
    ),
    ("", "no check passed"),
];

/// A table for an SDK with the operations `A.b` and `c`, and what must be said of it.
const TABLES: &[(&str, &str)] = &[
    ("A.b: { checks: [a.x] }\nc: { local: why }\n", ""),
    (
        "A.b: { unsupported: why, check: b.y }\nc: { checks: [a.x, b.y] }\n",
        "",
    ),
    (
        "A.b: { checks: [a.x] }\n",
        "c: a public operation without a row",
    ),
    (
        "A.b: { checks: [a.x] }\nc: { local: why }\nd: { local: why }\n",
        "d: the SDK has no such operation",
    ),
    (
        "A.b: { checks: [a.z] }\nc: { local: why }\n",
        "A.b: the suite has no check `a.z`",
    ),
    (
        "A.b: { unsupported: why, check: a.z }\nc: { local: why }\n",
        "A.b: the suite has no check `a.z`",
    ),
    (
        "A.b: { unsupported: why }\nc: { local: why }\n",
        "A.b: want `checks`",
    ),
    (
        "A.b: { checks: [] }\nc: { local: why }\n",
        "A.b: want `checks`",
    ),
    (
        "A.b: { local: ' ' }\nc: { local: why }\n",
        "A.b: want `checks`",
    ),
    (
        "A.b: { checks: [a.x], local: why }\nc: { local: why }\n",
        "A.b: want `checks`",
    ),
    (
        "A.b: { tested: true }\nc: { local: why }\n",
        "unknown field",
    ),
    ("c: { local: why }\nc: { local: why }\n", "duplicate"),
];

/// Plants faults in what a suite says.
pub(crate) fn protocol() -> Result<(), Failed> {
    let checks = set(&["a.x", "b.y"]);
    for (said, expected) in SAID {
        let problems = suite::problems(said, &checks, &["root".to_owned()]);
        compare(said, &problems, expected)?;
    }
    Ok(())
}

/// Plants faults in a table.
pub(crate) fn tables() -> Result<(), Failed> {
    let (surface, checks) = (set(&["A.b", "c"]), set(&["a.x", "b.y"]));
    for (text, expected) in TABLES {
        let problems = match coverage::parse(text) {
            Ok(table) => coverage::problems(&table, &surface, &checks),
            Err(problem) => vec![problem],
        };
        compare(text, &problems, expected)?;
    }
    Ok(())
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn compare(planted: &str, problems: &[String], expected: &str) -> Result<(), Failed> {
    let found = problems.join("\n");
    if found.is_empty() == expected.is_empty() && found.contains(expected) {
        return Ok(());
    }
    Err(format!("of {planted:?} was said {found:?}, not {expected:?}").into())
}
