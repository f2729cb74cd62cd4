//! Hostile things inside a sandbox: it suffers, and nobody else.

use std::fs;

use serde_json::Value;

use crate::Case;
use crate::place::{DEADLINE, PLAIN, Place, Ran, await_within};

/// What the program may need at most, in KiB. One line of 100 MB must not be held whole.
const MEMORY_KIB_MAX: u64 = 300 * 1024;

pub(crate) const CASES: &[Case] = &[
    ("hostile::a_line_of_100_mb", long_line),
    ("hostile::fork_bomb", || {
        let (place, ran) = judged(
            "why: x\nsteps:\n  - id: bomb\n    execute: { cmd: ':(){ :|:& };:; wait', timeout: 2s }\n",
        );
        neighbour(&place, &ran);
    }),
    ("hostile::full_disk", || {
        let (place, ran) = judged(
            "why: x\nsteps:\n  - id: fill\n    execute: { cmd: 'head -c 2G /dev/zero > f', timeout: 60s }\n    \
             expect: { exit_code: { min: 1 }, output: { contains: 'No space left' } }\n  \
             - execute: 'rm f && echo again > f && cat f'\n    expect: { output: \"again\\n\" }\n",
        );
        assert_eq!(place.case("case1")["verdict"], "identical", "{}", ran.text);
        neighbour(&place, &ran);
    }),
    ("hostile::links_to_the_host", links),
    ("hostile::signals_ignored", || {
        let (place, ran) = judged(
            "why: x\nsteps:\n  - id: deaf\n    \
             execute: { cmd: \"trap '' TERM INT HUP; echo deaf; while :; do sleep 1; done\", timeout: 1s }\n    \
             expect: { failure.class: timeout }\n",
        );
        neighbour(&place, &ran);
    }),
    ("hostile::escapes_and_markup", markup),
];

/// Runs the hostile case beside a plain one.
fn judged(hostile: &str) -> (Place, Ran) {
    let place = Place::with(&[hostile, PLAIN]);
    let running = place.start(place.cutover(&["run"]));
    let ran = running.finish();
    assess(&place, &ran);
    (place, ran)
}

fn assess(place: &Place, ran: &Ran) {
    let case = place.case("case1");
    let word = case["verdict"].as_str().unwrap().to_owned();
    let words = [
        "identical",
        "equivalent",
        "known_divergence",
        "new_divergence",
        "expectation_failed",
    ];
    assert!(words.contains(&word.as_str()), "{word}\n{}", ran.text);
    assert_eq!(case["errors"], Value::Array(Vec::new()), "{}", ran.text);
    assert!(!ran.text.contains("panicked"), "{}", ran.text);
    place.assert_destroyed();
    place.assert_clean();
}

/// The case beside it, and one that comes after, are as if nothing had happened.
fn neighbour(place: &Place, ran: &Ran) {
    assert_eq!(place.case("case2")["verdict"], "identical", "{}", ran.text);
}

fn links() {
    let place = Place::new();
    // A file of the host that everybody may read, so that nothing but the sandbox hides it.
    let secret = place.path().join("secret");
    fs::write(&secret, "host-only-words").unwrap();
    let secret = secret.display();
    let tries: Vec<String> = ["s", "r", "c", "p", "l", "u"]
        .iter()
        .map(|name| {
            format!(
                "  - read_file: /home/user/{name}\n  - execute: 'cat {name} 2>&1 | cut -c1-80'\n"
            )
        })
        .collect();
    let tries = tries.concat();
    let direct = format!(
        "  - read_file: {secret}\n  - read_file: /proc/1/root{secret}\n  - read_file: /proc/self/root{secret}\n  \
         - execute: 'cat {secret} /proc/1/root{secret} /proc/*/root{secret} /proc/*/cwd{secret}; ls /proc/1/root/ | sort | head -3; ls /proc | grep -c \"^[0-9]*$\" | grep -v \"^[0-9]$\"; true'\n"
    );
    let links = format!(
        "why: x\nsurfaces: [provider]\nsteps:\n  - execute: 'ln -s /etc/shadow l; ln -s /proc/1/root/etc/shadow p; ln -s ../../../../../../etc/shadow u; ln -s {secret} s; ln -s /proc/1/root{secret} r; ln -s /proc/1/cwd{secret} c; true'\n{tries}{direct}"
    );
    place.write("scenarios/x/case1.yaml", &links);
    place.write("scenarios/x/case2.yaml", PLAIN);
    let ran = place.run(&["run"]);
    assess(&place, &ran);
    neighbour(&place, &ran);
    let shadow = fs::read_to_string("/etc/shadow").unwrap_or_default();
    let hosts_line = shadow.lines().find(|line| line.starts_with("root:"));
    for file in files(&place.run_folder().unwrap()) {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains("host-only-words"), "in {}", file.display());
        if let Some(line) = hosts_line {
            assert!(!text.contains(line), "shadow in {}", file.display());
        }
    }
}

/// Every file below a folder.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

fn long_line() {
    let place = Place::with(&[
        "why: x\nsteps:\n  - execute: { cmd: \"head -c 100000000 /dev/zero | tr '\\\\0' x\", timeout: 200s }\n",
        PLAIN,
    ]);
    let mut running = place.start(place.cutover(&["run"]));
    let mut peak = 0;
    // Much is hashed and searched for secrets, which takes its time in a build without optimising.
    await_within(DEADLINE * 8, "the end of the run", || {
        peak = running.peak_kib().unwrap_or(0).max(peak);
        running.ended()
    });
    println!("most memory: {peak} KiB");
    let ran = running.finish();
    assess(&place, &ran);
    neighbour(&place, &ran);
    assert!(peak > 0, "no memory was measured");
    assert!(peak < MEMORY_KIB_MAX, "{peak} KiB\n{}", ran.text);
}

fn markup() {
    // The expectation fails on both sides, so that every report shows what was printed.
    let (place, ran) = judged(
        "why: x\nsurfaces: [provider]\nsteps:\n  - id: shout\n    execute: \"printf '\\\\033]0;owned\\\\007\\\\033[2J\\\\033[31m</testcase><failure>]]>&lt;\\\\001\\\\342\\\\200\\\\256 <script>alert(1)</script> ```\\\\n'\"\n    \
         expect: { output: something else }\n",
    );
    neighbour(&place, &ran);
    assert_eq!(place.case("case1")["verdict"], "expectation_failed");
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    let folder = place.run_folder().unwrap();
    let junit = fs::read_to_string(folder.join("junit.xml")).unwrap();
    let parsed = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    let cases: usize = parsed
        .test_suites
        .iter()
        .map(|suite| suite.test_cases.len())
        .sum();
    assert_eq!(cases, 2, "{junit}");
    let shown = [
        ("the terminal", ran.text.clone()),
        ("junit.xml", junit),
        (
            "summary.md",
            fs::read_to_string(folder.join("summary.md")).unwrap(),
        ),
        (
            "comment.md",
            fs::read_to_string(folder.join("comment.md")).unwrap(),
        ),
        (
            "report.html",
            fs::read_to_string(folder.join("report.html")).unwrap(),
        ),
        (
            "report.json",
            fs::read_to_string(folder.join("report.json")).unwrap(),
        ),
    ];
    for (name, text) in shown {
        // JSON is data, in which a mark of direction stands as it came; the others are looked at.
        let marks = name != "report.json";
        let raw =
            |c: char| (c.is_control() && c != '\n' && c != '\t') || (marks && c == '\u{202e}');
        let bad = text.chars().find(|c| raw(*c));
        assert_eq!(bad, None, "{name} holds a raw control character\n{text}");
        if name == "report.html" {
            assert!(!text.contains("<script>alert"), "{name} holds markup");
        }
    }
}
