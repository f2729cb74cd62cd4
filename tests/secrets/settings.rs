//! Secrets of the user's own: declared in the settings, taken from the environment by name.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::json;

use crate::Case;
use crate::known::TOKEN;
use crate::place::{Place, Ran, finish};

pub(crate) const CASES: &[Case] = &[
    (
        "settings::what_is_unset_or_short_is_named_with_all_others",
        unset,
    ),
    (
        "settings::a_mistake_in_the_file_stops_every_command_that_reads_it",
        mistaken,
    ),
    (
        "settings::a_mistake_in_the_file_keeps_no_sandbox_from_being_deleted",
        reaped,
    ),
    (
        "settings::a_name_that_is_not_declared_is_a_mistake_with_its_place",
        undeclared,
    ),
    (
        "settings::a_secret_where_it_cannot_be_hidden_is_refused",
        refused,
    ),
    (
        "settings::credentials_of_base_urls_are_hidden_from_the_start",
        urls,
    ),
];

const USES: &str =
    "why: x\nsteps:\n  - execute: 'echo ${{ secrets.A_KEY }}'\nsurfaces: [provider]\n";

fn nothing_created(place: &Place, ran: &Ran) {
    assert_eq!(ran.code, Some(2), "{}", ran.text);
    assert!(!place.reports().exists(), "something was created");
}

fn unset() {
    let place = Place::new();
    place.write("scenarios/x/a.yaml", USES);
    place.write(
        "cutover.yaml",
        "format: cutover.settings/1\nsecrets: { A_KEY: { env: A_KEY }, other: { env: OTHER }, third: { env: THIRD } }\n",
    );
    let mut command = place.cutover(&["run"]);
    command.env("THIRD", "2short!");
    let ran = finish(command);
    nothing_created(&place, &ran);
    for part in [
        "the secret `A_KEY` of cutover.yaml is not set",
        "environment variable is `OTHER`",
        "the secret `third` of cutover.yaml is shorter than 8 characters",
    ] {
        assert!(ran.text.contains(part), "{part}: {}", ran.text);
    }
    assert!(!ran.text.contains("2short!"), "{}", ran.text);
    // Commands that only look need no values.
    assert_eq!(place.run(&["check"]).code, Some(0));
    assert_eq!(place.run(&["list"]).code, Some(0));
}

/// A key misspelt beside the secrets, and a text that is no YAML: of the former the secrets are known.
const MISTAKES: [(&str, [&str; 2]); 2] = [
    (
        "format: cutover.settings/1\nsecrets: [OWN_SECRET]\nguards: 3m\n",
        ["cutover.yaml:3:1", "did you mean `guard`?"],
    ),
    (
        "format: cutover.settings/1\nsecrets: [OWN_SECRET\n",
        ["cutover.yaml:", "error: "],
    ),
];

const OWN_SECRET: &str = "hunter2-hunter2-hunter2";

fn mistaken() {
    let place = Place::new();
    place.write(
        "scenarios/x/a.yaml",
        "why: x\nsurfaces: [provider]\nsteps:\n  - execute: ls\n",
    );
    for (text, told) in MISTAKES {
        place.write("cutover.yaml", text);
        for args in [
            &["run"][..],
            &["run", "--plan"],
            &["run", "--resume", "reports/latest"],
            &["try", "true"],
            &["check"],
            &["list"],
            &["explain"],
            &["show", "D-00000000"],
            &["report", "reports/latest"],
            &["gate", "reports/latest"],
            &["merge", "reports/latest"],
            &["selftest"],
            &["standin", "both", "--port", "0"],
            &["doctor"],
            &["run", "--no-such-option"],
        ] {
            let ran = place.run(args);
            nothing_created(&place, &ran);
            for part in told {
                assert!(ran.text.contains(part), "{args:?}: {part}: {}", ran.text);
            }
        }
        for args in [
            &["schema"][..],
            &["completions", "bash"],
            &["man"],
            &["--help"],
        ] {
            let ran = place.run(args);
            assert_eq!(ran.code, Some(0), "{}", ran.text);
            assert!(!ran.text.contains("cutover.yaml:"), "{}", ran.text);
        }
    }
    // What can be read is hidden, and the mistakes of other files are told with those of this one.
    place.write("cutover.yaml", MISTAKES[0].0);
    let text = format!("why: x\nsteps:\n  - exekute: {OWN_SECRET}\n");
    place.write("scenarios/x/a.yaml", &text);
    let mut check = place.cutover(&["check"]);
    check.env("OWN_SECRET", OWN_SECRET);
    let ran = finish(check);
    for part in ["cutover.yaml:3:1", "a.yaml:3:5", "<secret:OWN_SECRET>"] {
        assert!(ran.text.contains(part), "{part}: {}", ran.text);
    }
    assert!(!ran.text.contains(OWN_SECRET), "{}", ran.text);
}

/// A provider that deletes whatever it is asked to, and gives what it was asked.
fn deleting() -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        while !lines.next().unwrap().unwrap().is_empty() {}
        let answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
        stream.write_all(answer.as_bytes()).unwrap();
        first
    });
    (url, asked)
}

fn reaped() {
    for (text, told) in MISTAKES {
        let place = Place::new();
        let subject = json!({"provider": "e2b", "lane": "live", "stack": "lap-337"});
        let started = json!({
            "run": "r", "version": "0", "args": [], "seed": 1, "replays": "auto", "engine": null,
            "capabilities": [], "source": subject, "target": subject, "scenarios": [], "ledger": [],
        });
        let intent = json!({"provider": "e2b", "lane": "live", "name": "default", "labels": {}});
        let line = |seq: u32, event| {
            json!({"seq": seq, "at": "2026-01-01T00:00:00Z", "case": "provider/x/a",
                "side": "source", "replay": 1, "event": event})
        };
        let lines = [
            json!({"format": "cutover.journal/1", "version": "0"}),
            json!({"seq": 1, "at": "2026-01-01T00:00:00Z", "event": {"run_started": started}}),
            line(2, json!({"create_intent": intent})),
            line(3, json!({"created": {"sandbox": "i0sandbox"}})),
        ];
        let lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
        place.write(
            "reports/20260101T000000Z-0000/events.ndjson",
            &lines.concat(),
        );
        place.write("cutover.yaml", text);
        let (url, asked) = deleting();
        let mut reap = place.cutover(&["reap"]);
        reap.env("E2B_API_KEY", TOKEN).env("E2B_API_URL", url);
        let ran = finish(reap);
        assert_eq!(ran.code, Some(0), "{}", ran.text);
        for part in told
            .iter()
            .chain(&["warning: ", "i0sandbox: destroyed now"])
        {
            assert!(ran.text.contains(part), "{part}: {}", ran.text);
        }
        let asked = asked.join().unwrap();
        assert!(asked.starts_with("DELETE /sandboxes/i0sandbox"), "{asked}");
    }
}

fn undeclared() {
    let place = Place::new();
    place.write("scenarios/x/a.yaml", USES);
    for (settings, help) in [
        (None, "add `A_KEY` to `secrets:` in cutover.yaml"),
        (Some("secrets: [B_KEY]"), "did you mean `secrets.B_KEY`?"),
    ] {
        if let Some(settings) = settings {
            let text = format!("format: cutover.settings/1\n{settings}\n");
            place.write("cutover.yaml", &text);
        }
        for command in ["check", "run"] {
            let ran = place.run(&[command]);
            nothing_created(&place, &ran);
            for part in [
                "a.yaml:3:14",
                "`${{ secrets.A_KEY }}` is not declared",
                help,
                "`$${{ secrets.A_KEY }}` for the text itself",
            ] {
                assert!(ran.text.contains(part), "{part}: {}", ran.text);
            }
        }
    }
    place.write("scenarios/x/a.yaml", &USES.replace("${{", "$${{"));
    assert_eq!(place.run(&["check"]).code, Some(0));
    place.write("cutover.yaml", "format: cutover.settings/1\nsecrets: 7\n");
    let ran = place.run(&["run"]);
    nothing_created(&place, &ran);
    assert!(ran.text.contains("cutover.yaml:2:10"), "{}", ran.text);
}

fn refused() {
    for (text, at) in [
        (format!("matrix: {{ key: [{TOKEN}] }}"), "a.yaml: a secret"),
        (format!("tags: [{TOKEN}]"), "a.yaml:2: a secret"),
        (
            "tags: [dGVzdFNlY3JldA-AbCd]".to_owned(),
            "a.yaml:2: a secret",
        ),
    ] {
        let place = Place::new();
        let text = format!("why: x\n{text}\nsurfaces: [provider]\nsteps:\n  - execute: ls\n");
        place.write("scenarios/x/a.yaml", &text);
        let mut command = place.cutover(&["run"]);
        command.env("E2B_ACCESS_TOKEN", "dGVzdFNlY3JldA-AbCd");
        let ran = finish(command);
        nothing_created(&place, &ran);
        for part in [at, "declare it under `secrets:`"] {
            assert!(ran.text.contains(part), "{part}: {}", ran.text);
        }
        assert!(!ran.text.contains(TOKEN), "{}", ran.text);
    }
}

fn urls() {
    let place = Place::new();
    place.write(
        "scenarios/x/a.yaml",
        "why: x\nsurfaces: [provider]\nsteps:\n  - execute: ls\n",
    );
    let (password, token) = ("Pa%24%24-w0rd-of-url", "q-t0ken-0123456789");
    let url = |host: &str| format!("https://svc:{password}@{host}/api?token={token}");
    for (variable, value, args) in [
        (
            "E2B_API_URL",
            url("host"),
            vec!["run", "--source", "e2b@live", "--plan"],
        ),
        (
            "E2B_API_URL",
            url("[broken"),
            vec!["run", "--source", "e2b@live", "--plan"],
        ),
        (
            "E2B_SANDBOX_URL",
            url("host").replace("https", "ftp"),
            vec!["run", "--source", "e2b@live"],
        ),
        ("DAYTONA_API_URL", url("127.0.0.1:1"), vec!["doctor"]),
    ] {
        let mut command = place.cutover(&args);
        command
            .env(variable, &value)
            .env("E2B_API_KEY", TOKEN)
            .env("DAYTONA_API_KEY", "dtn_key-of-nobody");
        let ran = finish(command);
        for part in [password, token, "Pa$$-w0rd-of-url", TOKEN, "key-of-nobody"] {
            assert!(!ran.text.contains(part), "{variable}: {}", ran.text);
        }
    }
    let mut short = place.cutover(&["run"]);
    short.env("E2B_API_URL", "https://svc:pw1@host/?access_token=abc");
    let ran = finish(short);
    nothing_created(&place, &ran);
    assert!(
        ran.text.contains("E2B_API_URL: the password is shorter"),
        "{}",
        ran.text
    );
    assert!(
        ran.text
            .contains("E2B_API_URL: a token in the query is shorter"),
        "{}",
        ran.text
    );
    assert!(!ran.text.contains("pw1"), "{}", ran.text);
    assert!(fs::read_dir(place.path()).unwrap().count() == 1);
}
