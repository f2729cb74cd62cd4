use std::sync::Arc;

use super::*;
use crate::call::Surface;
use crate::compare::samples::{scenario, step};
use crate::compare::verdict::{Effect, Gate};
use crate::scenario::model::Scenario;

const GOOD: &str = r#"format: cutover.quirks/1
quirks:
  - id: Q27
    title: On E2B a non-zero exit loses all output
    kind: divergence
    cause: platform
    effect: improvement
    gate: allow
    shapes:
      - { case: mcp/a/b, step: execute, field: $.text,
          from: { side: e2b/lap-337, equals: "execute failed: internal error" },
          to:   { side: daytona/lap-337, matches: "out\\nerr\\n\\n\\[exit code 3\\]" } }
    reason: the SDK throws on a non-zero exit and the platform turns any throw into a 500
    fix: return output and exit code instead of rethrowing
    link: https://github.com/BerriAI/litellm-agent-platform/pull/337
    owner: sandbox-platform
    expires: 2027-06-01
  - id: L-001
    title: Both say nothing of a background process
    kind: shared
    cause: provider
    effect: wording
    shapes:
      - { case: "provider/a/b/size=*", step: execute, field: output,
          both: { sides: [e2b, daytona/lap-337], equals: "" }, when: { lane: [standin], has: root } }
    reason: nothing is waited for
    link: https://example.org/
    owner: us
    expires: 2027-06-01
"#;

fn problems(text: &str) -> Vec<String> {
    match read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text,
    }]) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .into_iter()
            .map(|problem| format!("{}: {}", problem.line, problem.message))
            .collect(),
    }
}

fn check_bad(from: &str, to: &str, wanted: &str) {
    assert!(GOOD.contains(from), "{from}");
    let found = problems(&GOOD.replacen(from, to, 1));
    assert!(
        found.iter().any(|problem| problem.contains(wanted)),
        "{to}: {found:?}"
    );
}

#[test]
fn a_good_ledger_reads() {
    let ledger = read_ledger(&[LedgerText {
        file: "quirks.yaml",
        text: GOOD,
    }])
    .unwrap();
    let q27 = ledger.get("Q27").unwrap();
    assert_eq!(
        (q27.effect, q27.gate, q27.line),
        (Effect::Improvement, Some(Gate::Allow), 3)
    );
    assert_eq!(q27.shapes[0].line, 10);
    let own = ledger.get("L-001").unwrap();
    assert_eq!(own.kind, EntryKind::Shared);
    assert_eq!(own.shapes[0].field.text, "$.output");
    assert_eq!(own.shapes[0].when.has, ["root"]);
    assert_eq!(
        ledger.titled("Q27"),
        "On E2B a non-zero exit loses all output (Q27)"
    );
}

#[test]
fn every_mistake_has_its_place() {
    for (from, to, wanted) in [
        (
            "cutover.quirks/1",
            "cutover.quirks/2",
            "1: `format` must be `cutover.quirks/1`",
        ),
        ("id: Q27", "id: X27", "3: an id is `Q` and digits"),
        (
            "kind: divergence",
            "kind: differs",
            "5: `kind` is one of divergence, shared, standing",
        ),
        ("cause: platform", "cause: lap", "`cause` is one of"),
        (
            "effect: improvement\n    gate: allow",
            "effect: change",
            "the effect `change` has no default gate",
        ),
        (
            "    owner: sandbox-platform\n",
            "",
            "an entry needs `owner`",
        ),
        (
            "expires: 2027-06-01",
            "expires: soon",
            "`expires` is a date",
        ),
        ("link: https://github", "link: github", "`link` is a URL"),
        ("mcp/a/b", "a/b", "is not a case"),
        (
            "field: $.text",
            "field: $.output",
            "surface mcp has no field `output`",
        ),
        ("e2b/lap-337", "modal", "unknown provider `modal`"),
        ("e2b/lap-337", "e2b/lap-336", "unknown stack `lap-336`"),
        (
            "matches: \"out",
            "matchs: \"out",
            "unknown matcher `matchs`",
        ),
        (
            "    reason: the SDK",
            "    reasons: the SDK",
            "unknown key `reasons`",
        ),
        ("id: L-001", "id: Q27", "`Q27` stands already in line 3"),
        ("both: {", "from: {", "has `both`"),
        ("lane: [standin]", "lane: [moon]", "`lane` is one of"),
        ("has: root", "has: wings", "unknown capability `wings`"),
        ("has: root", "version: new", "`version` is written like"),
        (
            "sides: [e2b, daytona/lap-337], equals: \"\"",
            "sides: [e2b], any: true",
            "says nothing of a shared",
        ),
    ] {
        check_bad(from, to, wanted);
    }
    assert_eq!(problems("quirks: 3").len(), 2, "no format, and no list");
    assert!(problems("a: [").len() == 1 && problems("").len() == 1);
    // All of them at once.
    let text = GOOD
        .replace("id: Q27", "id: X")
        .replace("owner: us", "owner: ''");
    assert_eq!(problems(&text).len(), 2);
}

#[test]
fn no_shape_fits_the_empty_text_by_accident() {
    for bad in [
        "matches: '.*'",
        "matches: '(?s).*'",
        "contains: ''",
        "starts_with: ''",
        "one_of: ['', a]",
        "absent: false",
        "matches: 'a?'",
        "sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ] {
        check_bad(
            "equals: \"execute failed: internal error\"",
            bad,
            "fits the empty text",
        );
    }
    for good in [
        "equals: ''",
        "absent: true",
        "matches: 'a+'",
        "any: true",
        "min: 0",
    ] {
        let text = GOOD.replacen("equals: \"execute failed: internal error\"", good, 1);
        assert_eq!(problems(&text), Vec::<String>::new(), "{good}");
    }
    let both_any = GOOD
        .replacen("equals: \"execute failed: internal error\"", "any: true", 1)
        .replacen(
            "matches: \"out\\\\nerr\\\\n\\\\n\\\\[exit code 3\\\\]\"",
            "any: true",
            1,
        );
    assert!(
        problems(&both_any)
            .iter()
            .any(|problem| problem.contains("one side only")),
        "{both_any}"
    );
}

#[test]
fn a_later_file_overrides_by_id() {
    let own = GOOD.replace("title: On E2B", "title: Ours, on E2B");
    let files = [
        LedgerText {
            file: "quirks.yaml",
            text: GOOD,
        },
        LedgerText {
            file: "cutover-quirks.yaml",
            text: &own,
        },
    ];
    let ledger = read_ledger(&files).unwrap();
    assert_eq!(ledger.entries.len(), 2);
    assert!(ledger.get("Q27").unwrap().title.starts_with("Ours"));
    assert_eq!(ledger.get("Q27").unwrap().file, "cutover-quirks.yaml");
}

fn named(name: &str, quirks: &[&str]) -> Arc<Scenario> {
    let mut scenario = scenario(name, vec![step("execute: x")]);
    scenario.quirks = quirks.iter().map(|id| ((*id).to_owned(), 2)).collect();
    Arc::new(scenario)
}

#[test]
fn scenarios_and_ledger_are_checked_both_ways() {
    let texts = [LedgerText {
        file: "quirks.yaml",
        text: GOOD,
    }];
    let messages = |text: &str, scenarios: &[Arc<Scenario>]| -> Vec<String> {
        let texts = [LedgerText {
            file: "quirks.yaml",
            text,
        }];
        let ledger = read_ledger(&texts).unwrap();
        check(&ledger, scenarios, &texts)
            .into_iter()
            .map(|p| p.message)
            .collect()
    };
    let good = [named("a/b", &["Q27", "L-001"])];
    assert_eq!(messages(texts[0].text, &good), Vec::<String>::new());
    let found = messages(GOOD, &[named("a/b", &["Q27", "Q99"])]);
    assert_eq!(found[0], "`Q99` is not in the ledger");
    assert_eq!(
        found.len(),
        1,
        "an entry of the user's own is named nowhere"
    );
    let found = messages(GOOD, &[named("a/b", &["L-001"])]);
    assert_eq!(found, ["scenario `a/b` does not name Q27 under `quirks`"]);
    let found = messages(
        GOOD,
        &[named("a/b", &["Q27", "L-001"]), named("c", &["Q27"])],
    );
    assert_eq!(
        found,
        ["no shape of On E2B a non-zero exit loses all output (Q27) is about this scenario"]
    );
    let mut beneath = scenario("a/b", vec![step("execute: x")]);
    beneath.surfaces = vec![Surface::Provider];
    beneath.quirks = vec![("Q27".to_owned(), 2)];
    let found = messages(GOOD, &[Arc::new(beneath)]);
    assert_eq!(
        found,
        [
            "no shape of On E2B a non-zero exit loses all output (Q27) is about this scenario",
            "no scenario has the case `mcp/a/b`"
        ]
    );
    let found = messages(&GOOD.replacen("step: execute", "step: fails", 1), &good);
    assert_eq!(found, ["no step `fails` in `mcp/a/b`"]);
    let found = messages(&GOOD.replacen("field: output", "field: duration", 1), &good);
    assert!(
        found[0].contains("does not compare `$.duration`; it compares $.exit_code"),
        "{found:?}"
    );
    let ledger = read_ledger(&texts).unwrap();
    assert_eq!(orphans(&ledger, &good), []);
    let gone = ledger.against(&[named("x", &[])]).orphans;
    assert_eq!(gone.len(), 2);
    assert_eq!(
        gone[0],
        (
            "Q27".to_owned(),
            "no scenario has the case `mcp/a/b`".to_owned()
        )
    );
}
