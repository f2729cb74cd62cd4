//! Secrets of the user's own: declared in the settings, taken from the environment by name.

use std::fs;

use crate::Case;
use crate::known::TOKEN;
use crate::place::{Place, Ran, finish};

pub(crate) const CASES: &[Case] = &[
    (
        "settings::what_is_unset_or_short_is_named_with_all_others",
        unset,
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

const USES: &str = "why: x\nsteps:\n  - execute: 'echo ${{ secrets.A_KEY }}'\n";

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
        let text = format!("why: x\n{text}\nsteps:\n  - execute: ls\n");
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
    place.write("scenarios/x/a.yaml", "why: x\nsteps:\n  - execute: ls\n");
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
