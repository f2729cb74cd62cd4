//! The stand-ins' log, and a base URL with credentials in a run.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::Case;
use crate::encoders::all;
use crate::known::{SECRETS, sought};
use crate::place::{Place, Running, await_that, finish};
use crate::search::{found, found_below};

pub(crate) const CASES: &[Case] = &[
    ("standin::its_log_has_no_secret", log),
    (
        "standin::a_base_url_with_credentials_is_shown_without",
        base_url,
    ),
];

/// A stand-in for E2B, and its settings.
fn standin(place: &Place, args: &[&str]) -> (Running, Vec<(String, String)>) {
    let all = [&["standin", "e2b"], args].concat();
    let mut running = Running::start(place.knowing(&all));
    let out = running.0.stdout.take().unwrap();
    let mut settings = Vec::new();
    for line in BufReader::new(out).lines() {
        let line = line.unwrap();
        if line.starts_with('#') {
            break;
        }
        let (name, value) = line.split_once('=').unwrap();
        settings.push((name.to_owned(), value.to_owned()));
    }
    (running, settings)
}

fn setting<'s>(settings: &'s [(String, String)], name: &str) -> &'s str {
    let found = settings.iter().find(|(key, _)| key == name);
    &found
        .unwrap_or_else(|| panic!("no {name} in {settings:?}"))
        .1
}

fn log() {
    let place = Place::new();
    place.declare();
    let (_running, settings) = standin(&place, &["--log", "requests.log"]);
    let address = setting(&settings, "E2B_API_URL").trim_start_matches("http://");
    let mut sent = 0;
    for secret in &SECRETS {
        for (_, encode) in all() {
            let form = encode(secret.value);
            let path: String = form
                .bytes()
                .map(|byte| match byte {
                    b'!'..=b'~' if byte != b'#' => char::from(byte).to_string(),
                    _ => format!("%{byte:02X}"),
                })
                .collect();
            let is_plain = form.chars().all(|c| (' '..='~').contains(&c));
            let agent = if is_plain { form } else { "test".to_owned() };
            let mut stream = TcpStream::connect(address).unwrap();
            let request = format!(
                "GET /marker/{path}?x={path} HTTP/1.1\r\nHost: x\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).unwrap();
            // What it answers is of no interest; a path that is none is refused.
            let mut answer = Vec::new();
            drop(stream.read_to_end(&mut answer));
            sent += 1;
        }
    }
    let log = place.path().join("requests.log");
    await_that("a line for most requests", || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.matches("/marker/").count() > sent / 2
    });
    for line in fs::read_to_string(&log).unwrap().lines() {
        let leaks = found(line.as_bytes(), &sought());
        assert!(leaks.is_empty(), "{leaks:?}: {line}");
    }
}

fn base_url() {
    let place = Place::new();
    place.write(
        "scenarios/x/a.yaml",
        "why: x\nsurfaces: [provider]\nsteps:\n  - execute: echo hello\n",
    );
    let (_running, settings) = standin(&place, &[]);
    let (password, token) = ("Pa55-w0rd-zq7x-url", "q-t0ken-0123456789");
    let with = |url: &str| {
        let host = url.trim_start_matches("http://");
        format!("http://svc:{password}@{host}/?token={token}")
    };
    let mut command = place.cutover(&["run", "--source", "e2b@live"]);
    let api = setting(&settings, "E2B_API_URL");
    command
        .env("E2B_API_KEY", setting(&settings, "E2B_API_KEY"))
        .env("E2B_API_URL", with(api))
        .env(
            "E2B_SANDBOX_URL",
            with(setting(&settings, "E2B_SANDBOX_URL")),
        );
    let ran = finish(command);
    let secrets = [password, token, setting(&settings, "E2B_API_KEY")];
    assert!(
        found(ran.text.as_bytes(), &secrets).is_empty(),
        "{}",
        ran.text
    );
    let leaks = found_below(&place.reports(), &secrets);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    let report = fs::read(place.run_folder().join("report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let endpoint = report["subjects"]["source"]["endpoint"].as_str().unwrap();
    assert_eq!(endpoint, format!("{api}/"));
    assert!(
        place.journal().contains("<secret:E2B_API_URL>@"),
        "the exchanges have the URL"
    );
}
