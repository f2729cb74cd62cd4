//! What a terminal would obey, or nobody would see, in every text that the program shows.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Case;
use crate::place::{Place, Ran};

pub(crate) const CASES: &[Case] = &[
    ("terminal::no_file_reaches_it_raw", files),
    ("terminal::no_journal_reaches_it_raw", journals),
    ("terminal::no_argument_reaches_it_raw", arguments),
    ("terminal::there_is_one_way_out", one_way_out),
];

/// Colours, a title, a link, C1, directions, what has no width, tags, variations, separators.
const HOSTILE: &str = "A\u{1b}[2J\u{1b}]0;t\u{7}\u{8}\r\u{9b}31m\u{90}x\u{9c}\u{85}\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}\u{ad}\u{e0041}\u{e0100}\u{fe0f}\u{2028}\u{2029}\u{61c}\u{3164}Z";

/// A text for YAML, which takes control characters as escapes only.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    let units = json.chars().map(|c| match c {
        ' '..='~' => c.to_string(),
        c => format!("\\U{:08x}", c as u32),
    });
    units.collect()
}

fn assert_harmless(what: &str, ran: &Ran) {
    let raw: Vec<String> = ran
        .text
        .chars()
        .filter(|c| {
            HOSTILE.contains(*c) && !c.is_ascii_graphic() || c.is_control() && !"\n\t".contains(*c)
        })
        .map(|c| c.escape_unicode().to_string())
        .collect();
    assert!(
        raw.is_empty(),
        "{what}: {raw:?}\n{}",
        ran.text.escape_debug()
    );
}

/// The text itself is somewhere in it, spelt out.
fn assert_shown(what: &str, ran: &Ran) {
    assert_harmless(what, ran);
    let shown = ran.text.contains("\\u{202e}") && ran.text.contains("\\u{1b}");
    assert!(shown, "{what}: {}", ran.text);
}

fn files() {
    let place = Place::new();
    let hostile = quoted(HOSTILE);
    place.write(
        "scenarios/x/a.yaml",
        &format!(
            "why: {hostile}\nsurfaces: [provider]\nsteps:\n  - {{ id: one, execute: {hostile} }}\n"
        ),
    );
    place.write(
        "scenarios/quirks.yaml",
        &format!(
            "format: cutover.quirks/1\nquirks:\n  - id: Q900\n    title: {hostile}\n    \
             kind: divergence\n    cause: provider\n    effect: change\n    gate: allow\n    shapes:\n      \
             - {{ case: provider/x/a, step: one, field: $.output, from: {{ side: e2b, equals: {hostile} }}, \
             to: {{ side: daytona, equals: b }} }}\n    reason: {hostile}\n    fix: {hostile}\n    \
             link: https://example.com/\n    owner: {hostile}\n    expires: 2099-01-01\n"
        ),
    );
    for args in [&["list"][..], &["explain"], &["explain", "Q900"]] {
        let ran = place.run(args);
        assert_eq!(ran.code, Some(0), "{}", ran.text);
        assert_shown(args[0], &ran);
    }
    let plan = place.run(&["run", "--plan"]);
    assert_eq!(plan.code, Some(0), "{}", plan.text);
    assert_harmless("plan", &plan);
    place.write(
        "scenarios/x/b.yaml",
        &format!("why: x\ntags: [{hostile}]\n{hostile}: 1\nsteps:\n  - {{ {hostile}: 1 }}\n"),
    );
    let name = format!("scenarios/x/{}.yaml", HOSTILE.replace('/', "_"));
    place.write(
        &name,
        &format!("why: x\nsteps: [{{ execute: ls, {hostile}: 2 }}]\n"),
    );
    fs::write(
        place.path().join("scenarios/x/c.yaml"),
        b"why: \xff\x9b2J\x1b\n",
    )
    .unwrap();
    for command in ["check", "run"] {
        let ran = place.run(&[command]);
        assert_eq!(ran.code, Some(2), "{}", ran.text);
        assert_shown(command, &ran);
    }
    let ran = place.run(&["list", &name]);
    assert_harmless("list of a file", &ran);
    place.write("cutover.yaml", &format!("format: {hostile}\n"));
    for command in ["check", "run", "doctor", "reap"] {
        let ran = place.run(&[command]);
        assert!(ran.text.contains("cutover.yaml:1:9"), "{}", ran.text);
        assert_harmless(command, &ran);
    }
}

/// A journal that anybody could have written.
fn journals() {
    let place = Place::new();
    let dir = place.reports().join("20260101T000000Z-0000");
    fs::create_dir_all(&dir).unwrap();
    let subject =
        json!({"provider": "e2b", "lane": HOSTILE, "stack": HOSTILE, "endpoint": HOSTILE});
    let text = "why: x\nsteps:\n  - { id: one, execute: ls }\n";
    let started = json!({
        "run": HOSTILE, "version": HOSTILE, "args": [HOSTILE], "seed": 1, "replays": HOSTILE,
        "engine": HOSTILE, "capabilities": [HOSTILE], "source": subject, "target": subject,
        "scenarios": [{"name": HOSTILE, "file": HOSTILE, "sha256": "", "text": text}], "ledger": [],
    });
    let planned = json!({"scenario": HOSTILE, "surface": "provider", "required": true});
    let step = json!({"started": "2026-01-01T00:00:00Z", "duration_ms": 1, "attempts": 1,
        "result": {"provider_error": {"class": HOSTILE, "message": HOSTILE}}});
    let intent = json!({"provider": HOSTILE, "lane": HOSTILE, "name": HOSTILE, "labels": {}});
    let ended = json!({"started": "2026-01-01T00:00:00Z", "ending": "leaked", "literals": []});
    let mut lines = vec![json!({"format": "cutover.journal/1", "version": "0"})];
    let mut event = |side: Option<&str>, event: Value| {
        let mut line = json!({"seq": lines.len(), "at": "2026-01-01T00:00:00Z", "case": HOSTILE, "event": event});
        if let Some(side) = side {
            line["side"] = side.into();
            line["replay"] = 1.into();
            line["step"] = "one".into();
        }
        lines.push(line);
    };
    event(None, json!({ "run_started": started }));
    event(None, json!({ "case_planned": planned }));
    for side in ["source", "target"] {
        event(Some(side), json!({ "create_intent": intent }));
        event(Some(side), json!({"created": {"sandbox": HOSTILE}}));
        event(Some(side), json!({ "step": step }));
        event(
            Some(side),
            json!({"leaked": {"sandbox": HOSTILE, "why": HOSTILE}}),
        );
        event(Some(side), json!({ "side_ended": ended }));
    }
    let stopped = json!({"interrupted": null, "stopped": HOSTILE, "created": 2, "destroyed": 0});
    event(None, json!({ "run_ended": stopped }));
    let text: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(dir.join("events.ndjson"), text.concat()).unwrap();
    let run = dir.to_str().unwrap();
    for args in [
        &["report", run][..],
        &["gate", run],
        &["show", HOSTILE.trim_matches('\0'), run],
        &["merge", run, run],
        &["reap"],
        &["run", "--resume", run],
        &["run", "--rerun", run],
    ] {
        let ran = place.run(args);
        assert!(!ran.text.is_empty());
        assert_harmless(args[0], &ran);
    }
    let report = place.run(&["report", run]);
    assert_shown("report", &report);
    // Markdown and JUnit are shown by other programs, which obey other things.
    for file in ["summary.md", "comment.md", "junit.xml"] {
        let path = dir.join(file);
        if path.exists() {
            let text = fs::read_to_string(path).unwrap();
            assert_harmless(file, &Ran { code: None, text });
        }
    }
}

fn arguments() {
    let place = Place::new();
    place.write(
        "scenarios/x/a.yaml",
        "why: x\nsurfaces: [provider]\nsteps:\n  - execute: ls\n",
    );
    for args in [
        &["run", HOSTILE][..],
        &["run", "--engine", HOSTILE],
        &["run", "--source", HOSTILE],
        &["run", "--only", HOSTILE],
        &["run", "--fault", HOSTILE],
        &["run", "--out", HOSTILE, "--jobs", HOSTILE],
        &["explain", HOSTILE],
        &["schema", HOSTILE],
        &["standin", HOSTILE],
        &[HOSTILE],
    ] {
        let ran = place.run(args);
        assert_ne!(ran.code, Some(0), "{}", ran.text);
        assert_harmless(&args.join(" "), &ran);
    }
}

/// Nothing of the command line or the application writes to a terminal but `cli/output.rs`. Help is
/// clap's own text; whether there is a terminal is asked without writing.
fn one_way_out() {
    const PASSED_ON: &str = "(tokio::io::stdin(), tokio::io::stdout())";
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 100);
    let writes = [
        "println!",
        "eprintln!",
        "print!(",
        "stdout()",
        "stderr()",
        "/dev/tty",
    ];
    let is_allowed = |file: &Path, line: &str| {
        file.ends_with("cli/output.rs")
            || line.contains("is_terminal()")
            || line.contains("use_stderr()")
            || (file.ends_with("app/standin/log.rs") && line.contains("LogSink::stdout()"))
            // JSON for the program that started it, every control character escaped.
            || (file.ends_with("app/mcp.rs") && line.contains(PASSED_ON))
            // What an MCP server and its host say to each other, untouched.
            || (file.ends_with("app/record.rs") && line.contains(PASSED_ON))
    };
    let mut seen = 0;
    for file in &files {
        for line in fs::read_to_string(file).unwrap().lines() {
            if writes.iter().any(|word| line.contains(word)) && !line.trim_start().starts_with("//")
            {
                seen += 1;
                assert!(is_allowed(file, line), "{}: {line}", file.display());
            }
        }
    }
    assert!(seen >= 4, "the search finds nothing");
}
