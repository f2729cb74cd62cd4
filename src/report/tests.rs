//! All reports of one hand-made run with hostile content.

use std::fs;

use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;
use serde_json::{Value, json};

use crate::call::Surface;
use crate::report::fixture::{conclusion, input, value};
use crate::report::terminal::TerminalOptions;
use crate::report::{divergence, html, json, junit, markdown, render, scan, terminal, withhold};
use crate::transcript::event::StoredScenario;

fn is_safe(text: &str) -> bool {
    text.chars()
        .all(|ch| ch == '\n' || (!ch.is_control() && ch != '\u{202e}'))
}

#[test]
fn the_terminal_report_is_as_it_was() {
    let conclusion = conclusion();
    let text = terminal::render(&input(&conclusion), TerminalOptions::default());
    assert!(is_safe(&text));
    insta::assert_snapshot!("terminal", text);
}

#[test]
fn colours_are_all_that_colour_adds() {
    let conclusion = conclusion();
    let plain = terminal::render(&input(&conclusion), TerminalOptions::default());
    let options = TerminalOptions {
        color: true,
        ..TerminalOptions::default()
    };
    let colored = terminal::render(&input(&conclusion), options);
    assert_ne!(plain, colored);
    let stripped = crate::report::escape::strip_ansi(&colored);
    let trimmed: Vec<_> = stripped.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
}

#[test]
fn one_divergence_is_shown_by_its_fingerprint() {
    let conclusion = conclusion();
    let input = input(&conclusion);
    let text = divergence(&input, "D-00000001", TerminalOptions::default()).unwrap();
    assert!(
        text.contains("Q27 \"On E2B a non-zero exit loses all output\""),
        "{text}"
    );
    assert!(
        text.contains("scenarios/execute/nonzero-exit.yaml:6"),
        "{text}"
    );
    assert!(divergence(&input, "D-ffffffff", TerminalOptions::default()).is_none());
}

#[test]
fn a_shown_divergence_has_the_call_the_line_and_both_outcomes_whole() {
    let mut conclusion = conclusion();
    let long = (0..500)
        .map(|n| format!("line {n}\n"))
        .collect::<Vec<_>>()
        .concat();
    let step = &mut conclusion.cases[2].steps[0];
    step.fields[0].values.source = value(&long).into();
    let stored = [StoredScenario {
        name: conclusion.cases[2].scenario.clone(),
        file: String::new(),
        sha256: String::new(),
        text: "why: x\n\n\n\n\n  - execute: the sixth line\n".to_owned(),
    }];
    let mut input = input(&conclusion);
    input.scenarios = &stored;
    let text = divergence(&input, "D-00000001", TerminalOptions::default()).unwrap();
    assert!(is_safe(&text));
    for words in [
        "  why    : Because of",
        "  call   : execute: echo",
        "  6 |   - execute: the sixth line",
        "what the source gave in step fails",
        "  source | line 499",
        "what the target gave in step fails",
        "  target | b",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn junit_is_as_it_was() {
    let conclusion = conclusion();
    let text = junit::render(&input(&conclusion)).unwrap();
    assert!(is_safe(&text));
    insta::assert_snapshot!("junit", text);
}

#[test]
fn the_summary_is_as_it_was() {
    let conclusion = conclusion();
    let text = markdown::render(&input(&conclusion), markdown::COMMENT_BYTES_MAX);
    assert!(is_safe(&text));
    insta::assert_snapshot!("markdown", text);
}

#[test]
fn the_summary_keeps_to_its_budget_and_counts_what_it_omits() {
    let mut conclusion = conclusion();
    let many = conclusion.cases[3].clone();
    for number in 0..2000 {
        let mut case = many.clone();
        case.case = format!("provider/many/{number}");
        conclusion.cases.push(case);
    }
    let input = input(&conclusion);
    for bytes_max in [
        markdown::COMMENT_BYTES_MAX,
        markdown::SUMMARY_BYTES_MAX,
        8 * 1024,
    ] {
        let text = markdown::render(&input, bytes_max);
        assert!(text.len() <= bytes_max, "{} > {bytes_max}", text.len());
        let omitted = text
            .lines()
            .find(|line| line.ends_with("more omitted_"))
            .unwrap();
        let count: usize = omitted
            .trim_matches('_')
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let shown = text.matches("- **new\\_divergence**").count();
        // Besides the 2001 new divergences there are an expectation, an error and noise.
        let others = text.matches("- **expectation\\_failed**").count()
            + text.matches("- **provider\\_error**").count()
            + text.matches("- **noise**").count();
        assert_eq!(count + shown + others, 2004);
    }
}

#[test]
fn the_page_has_no_script_and_nothing_unescaped() {
    let conclusion = conclusion();
    let page = html::render(&input(&conclusion)).unwrap();
    assert!(is_safe(&page));
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;"));
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("D-1a2b3c4d"));
    assert!(page.contains("On E2B a non-zero exit loses all output"));
}

#[test]
fn the_committed_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/report.schema.json");
    let text = serde_json::to_string_pretty(&json::schema()).unwrap() + "\n";
    if std::env::var_os("CUTOVER_UPDATE").is_some() {
        fs::write(path, &text).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap();
    assert!(
        committed == text,
        "{path} is stale: run this test with CUTOVER_UPDATE=1"
    );
}

#[test]
fn all_reports_are_written_and_the_json_fits_its_schema() {
    let dir = tempfile::tempdir().unwrap();
    let mut conclusion = conclusion();
    let long = "x".repeat(5000);
    conclusion.cases[0].steps[0].fields[0].values.source = value(&long).into();
    let input = input(&conclusion);
    let written = render::write_all(dir.path(), &input).unwrap();
    let names: Vec<_> = written
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    let expected = [
        "report.json",
        "decision.json",
        "junit.xml",
        "summary.md",
        "comment.md",
        "report.html",
    ];
    assert_eq!(names, expected);
    let report: Value = serde_json::from_slice(&fs::read(&written[0]).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&json::schema()).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&report)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let shown = &report["cases"][0]["steps"][0]["fields"][0]["source"]["values"][0];
    assert_eq!(shown["text"].as_str().unwrap().len(), 4096);
    let blob = dir
        .path()
        .join("blobs")
        .join(shown["blob"].as_str().unwrap());
    assert_eq!(fs::read_to_string(blob).unwrap(), long);
    assert_eq!(report["drift"]["exit_code"], 1);
    assert_eq!(
        report["divergences"][0]["title"],
        "On E2B a non-zero exit loses all output"
    );
    assert_eq!(report["totals"]["by_verdict"]["identical"], 2);
    assert_eq!(
        (
            &report["totals"]["fields"],
            &report["totals"]["fields_not_compared"]
        ),
        (&json!(5), &json!(1))
    );
    let decision: Value = serde_json::from_slice(&fs::read(&written[1]).unwrap()).unwrap();
    assert_eq!(decision["format"], "cutover.decision/1");
    assert_eq!(decision["decision"]["verdict"], "NO_GO");
    let left: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".writing"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let validator = jsonschema::validator_for(&json::schema()).unwrap();
    let conclusion = conclusion();
    let good = serde_json::to_value(json::build(&input(&conclusion), &mut |_, _| {})).unwrap();
    assert!(validator.is_valid(&good));
    let edits = [
        ("/cases/0/verdict", json!("fine")),
        ("/drift", json!(null)),
        ("/cases/0/id", json!(1)),
    ];
    for (path, wrong) in edits {
        let mut report = good.clone();
        *report.pointer_mut(path).unwrap() = wrong;
        assert!(!validator.is_valid(&report), "{path}");
    }
    let mut later = good;
    later["later"] = json!("a key of a later version");
    assert!(validator.is_valid(&later), "readers ignore unknown keys");
}

#[test]
fn a_folder_that_takes_no_report_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let conclusion = conclusion();
    let error = render::write_all(&dir.path().join("gone"), &input(&conclusion)).unwrap_err();
    assert!(error.to_string().contains("gone/report.json"), "{error}");
}

#[test]
fn a_case_below_the_surface_is_marked() {
    let mut conclusion = conclusion();
    let mut outer = conclusion.cases[2].clone();
    outer.case = "mcp/execute/nonzero-exit".to_owned();
    outer.surface = Surface::Mcp;
    conclusion.cases.push(outer);
    let report = json::build(&input(&conclusion), &mut |_, _| {});
    let below: Vec<_> = report
        .cases
        .iter()
        .filter(|c| c.below_surface)
        .map(|c| &c.id)
        .collect();
    assert_eq!(below, ["provider/execute/nonzero-exit"]);
}

#[test]
fn artefacts_without_a_secret_have_no_findings() {
    let dir = tempfile::tempdir().unwrap();
    let conclusion = conclusion();
    render::write_all(dir.path(), &input(&conclusion)).unwrap();
    fs::create_dir_all(dir.path().join("blobs")).unwrap();
    fs::write(dir.path().join("blobs/large"), vec![0xf0; 300_000]).unwrap();
    assert_eq!(scan(dir.path(), &Redactor::noop()).unwrap(), []);
}

#[test]
fn a_secret_in_any_artefact_is_found_and_withheld() {
    let secret = "correct horse/battery";
    let redactor = Redactor::new(vec![Secret::new("KEY", secret)]);
    let padding = "x".repeat(64 * 1024 - 5);
    let plants = [
        ("raw", format!("before {secret} after")),
        ("over-a-border", format!("{padding}{secret}")),
        ("json", r#"{"a":"correct horse\/battery"}"#.to_owned()),
        ("url", "http://h/correct%20horse%2Fbattery".to_owned()),
        ("base64", "Y29ycmVjdCBob3JzZS9iYXR0ZXJ5".to_owned()),
        ("token", format!("key e2b_{}", "0123456789".repeat(4))),
    ];
    for (name, text) in plants {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("blobs").join(name);
        fs::create_dir(dir.path().join("blobs")).unwrap();
        fs::write(dir.path().join("summary.md"), "nothing here").unwrap();
        fs::write(&file, &text).unwrap();
        let findings = scan(dir.path(), &redactor).unwrap();
        assert_eq!(findings.len(), 1, "{name}");
        assert_eq!(findings[0].file, file);
        assert!(findings[0].offset < text.len() as u64);
        withhold(&findings, &redactor).unwrap();
        assert_eq!(scan(dir.path(), &redactor).unwrap(), [], "{name}");
        assert!(
            fs::read_to_string(&file).unwrap().contains("<secret:"),
            "{name}"
        );
    }
}
