//! Every secret in every encoding, in every place that a run has.

use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Case;
use crate::encoders::all;
use crate::known::{SECRETS, TOKEN, sought};
use crate::place::{Place, Ran, Running, await_that, finish};
use crate::search::{found, found_below};

pub(crate) const CASES: &[Case] = &[
    ("runs::no_place_lets_a_secret_out", every_place),
    (
        "runs::found_later_it_is_withheld_and_never_forgotten",
        found_later,
    ),
    ("runs::a_killed_run_has_no_key_on_disk_and_goes_on", killed),
    ("runs::a_recording_is_compared_without_the_secret", recorded),
];

/// Every secret in every encoding, a line each as far as an encoding has lines.
fn payload() -> String {
    let mut text = String::new();
    for secret in &SECRETS {
        for (encoding, encode) in all() {
            text.push_str(&format!("{encoding}: {};\n", encode(secret.value)));
        }
    }
    text
}

/// The encodings that have one line, as half a secret is none that can be known.
fn one_line() -> String {
    let forms = SECRETS
        .iter()
        .flat_map(|secret| all().map(|(_, encode)| encode(secret.value)));
    let lines = forms.filter(|form| !form.contains('\n'));
    lines.map(|form| format!("{form}\n")).collect()
}

/// A text for YAML, whatever is in it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn assert_none(what: &str, text: &str) {
    let leaks = found(text.as_bytes(), &sought());
    let short: String = text.chars().take(2000).collect();
    assert!(leaks.is_empty(), "{what} says {leaks:?}:\n{short}");
}

fn assert_none_below(place: &Place) {
    let leaks = found_below(&place.reports(), &sought());
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// What stands in YAML as it is: a comment, a reason, a tag, an environment, a command.
fn scenario() -> String {
    let comments = SECRETS.iter().map(|secret| {
        let one_line = secret.value.replace('\n', " ");
        format!("# {one_line}\n")
    });
    let words: Vec<&str> = SECRETS.iter().map(|secret| secret.value).collect();
    format!(
        "{comments}why: {why}\ntags: [core]\nquirks: [Q900]\nsteps:\n  \
         - provision: {{ env: {{ GIVEN: {given}, OWN: \"${{{{ secrets.plain }}}}\" }} }}\n  \
         - write_file: {{ path: /tmp/one-line, data: {{ file: one-line.txt }} }}\n  \
         - write_file: {{ path: /tmp/payload, data: {{ file: payload.txt }} }}\n  \
         - {{ id: out, execute: cat /tmp/payload }}\n  \
         - {{ id: err, execute: 'cat /tmp/payload >&2; cat /tmp/one-line; exit 3' }}\n  \
         - {{ id: large, execute: 'cat /tmp/payload /tmp/payload /tmp/payload >&2; cat /tmp/payload' }}\n  \
         - read_file: /tmp/payload\n  \
         - id: names\n    execute: 'mkdir /tmp/names; cd /tmp/names; while IFS= read -r line; do \
         case $line in */*) ;; *) : > \"$line\" ;; esac; done < /tmp/one-line; ls'\n  \
         - list_files: /tmp/names\n  \
         - {{ id: missing, read_file: {missing} }}\n  \
         - {{ id: refused, execute: {command} }}\n  \
         - start_background: {{ as: bg, cmd: cat /tmp/payload }}\n  \
         - wait: {{ process: bg }}\n  \
         - id: got\n    execute: 'printf %s \"$GIVEN\"'\n    capture: {{ got: $.output }}\n  \
         - {{ id: later, execute: \"echo '${{{{ got }}}}'\" }}\n  \
         - id: own\n    execute: 'printf %s \"$OWN\" | sha256sum'\n    \
         expect: {{ output: {{ starts_with: {own} }} }}\n  \
         - id: typed\n    execute: {typed}\n    expect: {{ output: {{ starts_with: {token} }} }}\n  \
         - id: shown\n    execute: 'printf %s \"${{{{ secrets.head }}}}\"'\n    \
         expect: {{ output: '<secret:head>' }}\n  \
         - {{ id: literal, execute: \"echo '$${{{{ secrets.none }}}}'\" }}\n",
        comments = comments.collect::<String>(),
        why = quoted(&format!("It holds {}.", words.join(" and "))),
        given = quoted(SECRETS[4].value),
        missing = quoted(&format!("/nope/{TOKEN}")),
        command = quoted(&format!("{} {}", SECRETS[2].value, SECRETS[6].value)),
        own = sha256(SECRETS[3].value),
        typed = quoted(&format!("printf %s {TOKEN} | sha256sum")),
        token = sha256(TOKEN),
    )
}

fn ledger() -> String {
    let words = quoted(&format!(
        "holds {} and {}",
        SECRETS[3].value, SECRETS[1].value
    ));
    format!(
        "format: cutover.quirks/1\nquirks:\n  - id: Q900\n    title: {words}\n    kind: divergence\n    \
         cause: provider\n    effect: change\n    gate: allow\n    shapes:\n      \
         - {{ case: provider/x/all, step: out, field: $.exit_code, from: {{ side: e2b, equals: 7 }}, \
         to: {{ side: daytona, equals: 8 }} }}\n    \
         reason: {words}\n    link: https://example.com/\n    owner: {words}\n    \
         expires: 2099-01-01\n"
    )
}

fn every_place() {
    let place = Place::new();
    place.declare();
    place.write("scenarios/x/all.yaml", &scenario());
    place.write("scenarios/x/payload.txt", &payload());
    place.write("scenarios/x/one-line.txt", &one_line());
    place.write("scenarios/quirks.yaml", &ledger());
    let checked = place.run_knowing(&["check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.text);
    let skip = format!("other-{TOKEN}");
    let ran = place.run_knowing(&["run", "--skip", &skip, "--replays", "2"]);
    assert_none("run", &ran.text);
    // Nothing shows what the ledger's own entry says.
    assert_eq!(ran.code, Some(5), "{}", ran.text);
    assert_none_below(&place);
    let journal = place.journal();
    for name in ["plain", "unicode", "head", "longer", "pem", "E2B_API_KEY"] {
        assert!(journal.contains(&format!("<secret:{name}>")), "{name}");
    }
    let report = fs::read(place.run_folder().join("report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    // What was sent had the secrets: the sandboxes saw them, on both sides.
    let steps = report["cases"][0]["steps"].as_array().unwrap();
    for id in ["own", "typed", "shown", "literal"] {
        let step = steps.iter().find(|step| step["id"] == id).unwrap();
        assert_eq!(step["verdict"], "identical", "{step}");
    }
    let fingerprint = report["divergences"][0]["fingerprint"].as_str().unwrap();
    let said: Vec<(&str, Vec<&str>)> = vec![
        ("list", vec!["list"]),
        ("explain", vec!["explain", "Q900"]),
        ("plan", vec!["run", "--plan"]),
        ("show", vec!["show", fingerprint, "reports/latest"]),
        ("gate", vec!["gate", "reports/latest", "--rehearsal"]),
        ("report", vec!["report", "reports/latest"]),
        ("doctor", vec!["doctor"]),
        ("usage", vec!["run", "--no-such", TOKEN]),
        ("unknown", vec!["explain", TOKEN]),
        ("merge", vec!["merge", "reports/latest", TOKEN]),
        (
            "try",
            vec![
                "try",
                "cat /proc/self/environ; echo 'samehead-0123456789' | base64",
            ],
        ),
    ];
    for (what, args) in said {
        let Ran { text, .. } = place.run_knowing(&args);
        assert!(!text.is_empty(), "{what}");
        assert_none(what, &text);
    }
    assert_none_below(&place);
}

/// A run that did not know the secrets has them, which shows that the search can find; one who
/// knows them takes them out, and nobody forgets it.
fn found_later() {
    let place = Place::new();
    place.write(
        "scenarios/x/all.yaml",
        "why: it shows what it has\nsurfaces: [provider]\nsteps:\n  \
         - write_file: { path: /tmp/payload, data: { file: payload.txt } }\n  \
         - execute: cat /tmp/payload\n  \
         - execute: cat /tmp/payload /tmp/payload /tmp/payload /tmp/payload\n",
    );
    place.write("scenarios/x/payload.txt", &payload());
    let ran = place.run(&["run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    let leaks = found_below(&place.run_folder(), &sought());
    for file in ["events.ndjson", "report.html", "report.json"] {
        for secret in sought() {
            let leak = format!("{secret:?} in ");
            let file = format!("/{file}: ");
            let is_it = |line: &&String| line.starts_with(&leak) && line.contains(&file);
            // Reports cut long values.
            let is_cut = file != "events.ndjson";
            assert!(
                is_cut || leaks.iter().any(|line| is_it(&line)),
                "{secret} {file}"
            );
        }
    }
    assert!(
        leaks.iter().any(|line| line.contains("/blobs/")),
        "{leaks:?}"
    );
    let gate = |place: &Place| place.run(&["gate", "reports/latest", "--rehearsal"]);
    assert_eq!(gate(&place).code, Some(0));

    place.declare();
    let told = place.run_knowing(&["report", "reports/latest"]);
    assert_eq!(told.code, Some(8), "{}", told.text);
    assert!(
        told.text.contains("events.ndjson` and taken out"),
        "{}",
        told.text
    );
    assert_none_below(&place);
    for _ in 0..2 {
        let later = gate(&place);
        assert_eq!(later.code, Some(3), "{}", later.text);
        assert!(
            later.text.contains("a secret was found in an artefact"),
            "{}",
            later.text
        );
        let again = place.run(&["report", "reports/latest"]);
        assert!(
            again.text.contains("drift secret_found (exit 8)"),
            "{}",
            again.text
        );
        assert!(
            again.text.contains("decision INCONCLUSIVE"),
            "{}",
            again.text
        );
    }
    assert_none_below(&place);
}

fn killed() {
    let place = Place::new();
    let text = format!(
        "why: it sends {TOKEN}\nsurfaces: [provider]\nsteps:\n  - {{ id: ready, execute: 'echo ready' }}\n  \
         - {{ id: slow, execute: sleep 3 }}\n  - id: typed\n    \
         execute: 'printf %s {TOKEN} | sha256sum'\n    \
         expect: {{ output: {{ starts_with: {} }} }}\n",
        sha256(TOKEN)
    );
    place.write("scenarios/x/all.yaml", &text);
    let mut running = Running::start(place.cutover(&["run"]));
    await_that("a step in the journal", || {
        place.reports().join("latest").exists()
            && fs::read_to_string(place.reports().join("latest/events.ndjson"))
                .is_ok_and(|text| text.contains("\"step\":\"ready\""))
    });
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    assert!(place.journal().contains("<secret:token>"));
    assert_none_below(&place);

    place.write("scenarios/x/all.yaml", &text.replace("sleep 3", "sleep 2"));
    let refused = place.run(&["run", "--resume", "reports/latest"]);
    assert_eq!(refused.code, Some(2), "{}", refused.text);
    assert!(
        refused
            .text
            .contains("held a secret, which the journal does not keep"),
        "{}",
        refused.text
    );
    place.write("scenarios/x/all.yaml", &text);
    let resumed = place.run(&["run", "--resume", "reports/latest"]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.text);
    assert_none("resume", &resumed.text);
    assert_none_below(&place);
}

/// A recorded side is compared by what was asked, which the journal has without the secret.
fn recorded() {
    let place = Place::new();
    place.declare();
    let text = format!(
        "why: x\nsurfaces: [provider]\nsteps:\n  - execute: 'test {TOKEN} = \"${{{{ secrets.head }}}}\" || echo differs'\n"
    );
    place.write("scenarios/x/all.yaml", &text);
    let ran = place.run_knowing(&["run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    let folder = place.run_folder();
    let source = format!("e2b@recording={}", folder.display());
    let again = place.run_knowing(&["run", "--source", &source]);
    assert_eq!(again.code, Some(0), "{}", again.text);
    let report = fs::read_to_string(place.run_folder().join("report.json")).unwrap();
    assert!(!report.contains("not_recorded"), "{report}");
    assert_none_below(&place);
    // Another call is another call.
    place.write("scenarios/x/all.yaml", &text.replace("differs", "is other"));
    let mut command = place.knowing(&["run", "--source", &source]);
    let changed = finish({
        command.env("NO_COLOR", "1");
        command
    });
    assert!(changed.text.contains("not_recorded"), "{}", changed.text);
}
