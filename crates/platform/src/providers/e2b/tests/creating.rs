//! Making and ending sandboxes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_base::fixes::Fixes;
use cutover_js::json;
use golden::Answer;

use super::fake::{Fake, json_answer, only};
use crate::inject::{ATTEMPT, CA_MERGE, CA_PATH, Environment};
use crate::model::Agent;
use crate::provider::{Class, Created, Effect, SandboxProvider, Thrown};

fn agent(sandbox_files: &str) -> Agent {
    Agent {
        sandbox_files: json::parse(sandbox_files.as_bytes()).unwrap(),
        ..Agent::new("a1".into())
    }
}

/// An agent whose sandboxes run a script.
fn scripted(script: &str) -> Agent {
    let script = STANDARD.encode(script);
    agent(&format!(
        r#"[{{"name":"other"}},{{"name":"setup.sh","content":"{script}"}}]"#
    ))
}

fn certified() -> Environment {
    Environment {
        ca_certificate: Some("CERT".to_owned()),
        ..Environment::default()
    }
}

async fn made(fake: &Fake, agent: &Agent, environment: &Environment) -> Result<Created, Thrown> {
    fake.e2b.create(&"s1".into(), agent, environment).await
}

#[tokio::test]
async fn a_sandbox_gets_environment_and_labels() {
    let fake = Fake::new(Fixes::none()).await;
    let mut environment = Environment::default();
    environment.variables.insert("B".into(), "1".into());
    let id = made(&fake, &agent("null"), &environment).await.unwrap().id;
    assert_eq!(id, "abc");
    let body = r#"{"autoPause":false,"templateID":"krrishdholakia/litellm-4gb","metadata":{"run":"r1"},"envVars":{"B":"1"},"timeout":3600,"allow_internet_access":true}"#;
    assert_eq!(fake.calls(), [format!("create {body}")]);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_put_there_is_no_failure_to_the_original() {
    let merge = format!("run -l -c {CA_MERGE}");
    let write = format!("write {CA_PATH}");
    for (fix, written, fails) in [
        ("none", true, false),
        ("none", false, false),
        ("Q75", false, false),
        ("Q76", false, true),
    ] {
        let fake = Fake::new(only(&[fix])).await;
        fake.state().scripted = Some((CA_MERGE, json_answer(500, "{}")));
        fake.state().unwritable = !written;
        let came = made(&fake, &agent("[]"), &certified()).await;
        assert_eq!(came.is_err(), fails, "{fix} {written}");
        let mut wanted = vec![write.clone()];
        if written {
            wanted.push(merge.clone());
        }
        if fails {
            wanted.push("kill".to_owned());
        }
        assert_eq!(fake.calls()[1..], wanted, "{fix} {written}");
    }
}

#[tokio::test]
async fn the_agents_script_runs_after_the_certificate() {
    let fake = Fake::new(Fixes::none()).await;
    fake.state().scripted = Some((
        "-l -c",
        super::fake::stream(&[
            super::fake::envelope(0, r#"{"event":{"end":{}}}"#),
            super::fake::envelope(2, "{}"),
        ]),
    ));
    let came = made(&fake, &scripted("echo é"), &certified()).await;
    came.unwrap();
    let merge = format!("run -l -c {CA_MERGE}");
    let wanted = [
        "write /tmp/vault-ca.crt",
        merge.as_str(),
        "write /lap/setup.sh",
        "run -l -c bash /lap/setup.sh",
        "read /tmp/lap_env",
    ];
    assert_eq!(fake.calls()[1..], wanted);
    assert_eq!(fake.state().files["/lap/setup.sh"].1, "echo é".as_bytes());
}

#[tokio::test]
async fn a_script_that_fails_ends_the_sandbox() {
    let fake = Fake::new(Fixes::none()).await;
    // There is no such file on this machine.
    let came = made(&fake, &scripted("x"), &Environment::default()).await;
    assert_eq!(came, Err(Thrown::new("exit status 127")));
    assert_eq!(fake.calls().last().unwrap(), "kill");
    let unreadable = agent(r#"[{"name":"setup.sh","content":5}]"#);
    made(&fake, &unreadable, &Environment::default())
        .await
        .unwrap_err();
    assert_eq!(fake.calls().last().unwrap(), "kill");
}

#[tokio::test]
async fn a_sandbox_that_nobody_is_told_of_does_not_stay() {
    for (fixes, stays) in [(Fixes::none(), true), (only(&["Q69"]), false)] {
        let fake = Fake::new(fixes).await;
        let came = made(&fake, &agent("[null]"), &Environment::default()).await;
        let words = "Cannot read properties of null (reading 'name')";
        assert_eq!(came, Err(Thrown::new(words)));
        assert_eq!(fake.calls().last().unwrap() != "kill", stays);
    }
}

#[tokio::test]
async fn a_sandbox_ends() {
    let fake = Fake::new(Fixes::all()).await;
    fake.e2b.terminate(&"abc".into()).await.unwrap();
    assert_eq!(fake.calls(), ["kill"]);
}

/// Q68
#[tokio::test]
async fn why_there_is_no_sandbox_is_told_with_names() {
    let missing = r#"{"code":404,"message":"template 'x' not found: sk-key"}"#;
    for (fix, told) in [
        (
            "Q69",
            Thrown::new("404: template 'x' not found: sk-key").with_status(Some(404)),
        ),
        (
            "Q68",
            Thrown::of(
                Class::NotMade,
                "e2b has no template 'krrishdholakia/litellm-4gb'; E2B_TEMPLATE names it",
            )
            .with_effect(Effect::None),
        ),
    ] {
        let fake = Fake::new(only(&[fix])).await;
        fake.state().created = json_answer(404, missing);
        let came = made(&fake, &agent("[]"), &Environment::default()).await;
        assert_eq!(came, Err(told), "{fix}");
    }
    let ended = |why: &str| {
        let words = format!("the new sandbox was ended, as {why}");
        Err(Thrown::of(Class::NotMade, words).with_effect(Effect::None))
    };
    let fake = Fake::new(Fixes::all()).await;
    let came = made(&fake, &scripted("x"), &Environment::default()).await;
    assert_eq!(came, ended("the agent's setup.sh failed in it"));
    assert_eq!(fake.calls().last().unwrap(), "kill");
    fake.state().unwritable = true;
    let came = made(&fake, &agent("[]"), &certified()).await;
    assert_eq!(
        came,
        ended("the vault's certificate could not be put into it")
    );
    assert_eq!(fake.calls().last().unwrap(), "kill");
}

#[tokio::test]
async fn a_sandbox_whose_answer_was_lost_is_found_by_its_label_and_ended() {
    let mut labelled = Environment::default();
    labelled.labels.insert(ATTEMPT.to_owned(), "a-1".to_owned());
    let cut = Answer::Cut {
        status: 201,
        headers: Vec::new(),
        body: b"{\"sandboxID\":".to_vec(),
    };
    let mixed = json_answer(200, r#"[{"sandboxID":"abc"},{}]"#);
    for (created, environment, found, effect, calls) in [
        (
            cut.clone(),
            &labelled,
            &mixed,
            Effect::None,
            &["list metadata=attempt%3Da-1", "kill"][..],
        ),
        (
            Answer::Dropped,
            &labelled,
            &mixed,
            Effect::None,
            &["list metadata=attempt%3Da-1", "kill"],
        ),
        (
            json_answer(201, "<html>"),
            &labelled,
            &mixed,
            Effect::None,
            &["list metadata=attempt%3Da-1", "kill"],
        ),
        // What was refused is not looked for.
        (json_answer(400, "{}"), &labelled, &mixed, Effect::None, &[]),
        // Without a label there is nothing to look for.
        (cut, &Environment::default(), &mixed, Effect::Unknown, &[]),
    ] {
        let fake = Fake::new(Fixes::all()).await;
        fake.state().created = created;
        fake.state().labelled = found.clone();
        let came = made(&fake, &agent("[]"), environment).await.unwrap_err();
        assert_eq!((came.class, came.effect), (Class::Other, effect));
        assert_eq!(fake.calls()[1..], *calls);
    }
}

#[tokio::test]
async fn a_sandbox_that_is_not_found_may_come_later() {
    let mut labelled = Environment::default();
    labelled.labels.insert(ATTEMPT.to_owned(), "a-1".to_owned());
    let fake = Fake::new(Fixes::all()).await;
    fake.state().created = Answer::Dropped;
    fake.state().labelled = json_answer(500, "<html>");
    let came = made(&fake, &agent("[]"), &labelled).await.unwrap_err();
    assert_eq!(came.effect, Effect::Unknown);
    assert_eq!(fake.calls()[1..], ["list metadata=attempt%3Da-1"; 3]);
}
