//! Registrations against a provider of canned answers: each way in which it may fail.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::register::testing::{Canned, Provider, Told, Turns};
use crate::register::{BuildArguments, RegisterError};

fn planned(cpu: u32) -> (tempfile::TempDir, SnapshotPlan) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Dockerfile"), "FROM a:1\nCOPY f /f\n").unwrap();
    fs::write(dir.path().join("f"), "hello\n").unwrap();
    let settings = SnapshotSettings {
        name: "s".to_owned(),
        sizes: Sizes {
            cpu,
            memory: 8,
            disk: 10,
        },
        arguments: BuildArguments::default(),
        context_bytes_max: 1024,
    };
    let plan = plan(dir.path(), &settings).unwrap();
    (dir, plan)
}

fn snapshot(plan: &SnapshotPlan, state: &str) -> String {
    let hashes: Vec<&str> = plan.contexts.iter().map(|it| it.hash.as_str()).collect();
    json!({
        "id": "id-1", "name": "s", "state": state, "cpu": plan.sizes.cpu, "mem": 8, "disk": 10,
        "errorReason": "RUN false: exit 1",
        "buildInfo": { "dockerfileContent": plan.dockerfile_content, "contextHashes": hashes },
    })
    .to_string()
}

fn other(state: &str) -> String {
    json!({ "id": "old", "name": "s", "state": state, "buildInfo": { "dockerfileContent": "FROM b" } })
        .to_string()
}

fn access(base: &str) -> Canned {
    let access = json!({
        "accessKey": "k", "secret": "s3cr3t", "sessionToken": "t0ken", "storageUrl": base,
        "organizationId": "org", "bucket": "bucket", "region": "eu",
    });
    (200, access.to_string())
}

const NOT_FOUND: &str = r#"{"message":"Snapshot with name s not found"}"#;
const EXPIRED: &str = "<Error><Code>ExpiredToken</Code><Message>it has expired</Message></Error>";

/// A provider that builds without trouble, but for what `trouble` answers otherwise.
async fn provider(
    plan: &SnapshotPlan,
    trouble: impl Fn(&str) -> Option<Canned> + Send + Sync + 'static,
) -> Provider {
    let states = ["pending", "building", "building", "active"].map(|it| snapshot(plan, it));
    let [pending, building, again, active] = &states;
    let follow = Turns::of([(200, building.as_str()), (200, again), (200, active)]);
    let pending = pending.clone();
    Provider::start(|base| {
        let base = base.to_owned();
        move |line: &str, _: &[u8]| {
            if let Some(answer) = trouble(line) {
                return answer;
            }
            match line.split('?').next().unwrap_or_default() {
                "GET /snapshots/s" => (404, NOT_FOUND.to_owned()),
                "GET /object-storage/push-access" => access(&base),
                "GET /snapshots/id-1" => follow.next(),
                "POST /snapshots" => (200, pending.clone()),
                "GET /snapshots/id-1/build-logs-url" => {
                    (200, json!({ "url": format!("{base}/log") }).to_string())
                }
                "GET /log" => (200, "Step 1\n\u{1b}[31mStep 2".to_owned()),
                line if line.starts_with("HEAD /bucket/org/") => (404, String::new()),
                line if line.starts_with("PUT /bucket/org/") => (200, String::new()),
                _ => (403, r#"{"message":"Access denied"}"#.to_owned()),
            }
        }
    })
    .await
}

async fn run(
    plan: &SnapshotPlan,
    replace: bool,
    provider: &Provider,
) -> (Result<RegisteredSnapshot, RegisterError>, String, String) {
    let told = Told::default();
    let progress = told.progress();
    let options = SnapshotOptions {
        replace,
        ..SnapshotOptions::default()
    };
    let work = register(plan, &options, &provider.connection, &progress);
    let done = tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .unwrap();
    (done, told.all(), progress.stands())
}

#[tokio::test]
async fn a_new_snapshot_is_uploaded_built_and_followed() {
    let (_dir, plan) = planned(2);
    let provider = provider(&plan, |_| None).await;
    let (done, told, _) = run(&plan, false, &provider).await;
    let expected = RegisteredSnapshot {
        id: "id-1".to_owned(),
        is_new: true,
    };
    assert_eq!(done, Ok(expected), "{told}");
    let hash = &plan.contexts[0].hash;
    let key = format!("/bucket/org/{hash}/context.tar");
    let asked = provider.asked();
    let expected = [
        "GET /snapshots/s".to_owned(),
        "GET /object-storage/push-access".to_owned(),
        "GET /organizations/org".to_owned(),
        format!("HEAD {key}"),
        format!("PUT {key}"),
        "POST /snapshots".to_owned(),
    ];
    assert_eq!(asked[..6], expected);
    let body: Value = serde_json::from_slice(&provider.body_of("POST /snapshots")).unwrap();
    assert_eq!(
        body,
        json!({
            "name": "s", "cpu": 2, "memory": 8, "disk": 10,
            "buildInfo": { "dockerfileContent": "FROM a:1\nCOPY f /f\n", "contextHashes": [hash] },
        })
    );
    let tar = provider.body_of("PUT ");
    let mut tar = tar::Archive::new(&tar[..]);
    let paths: Vec<_> = tar
        .entries()
        .unwrap()
        .map(|it| it.unwrap().path().unwrap().display().to_string())
        .collect();
    assert_eq!(paths, ["f"]);
    assert!(
        told.contains("log Step 1") && told.contains("Step 2"),
        "{told}"
    );
    assert!(told.contains("step snapshot s: building"), "{told}");
    assert!(!told.contains("s3cr3t") && !told.contains("t0ken"));
}

#[tokio::test]
async fn the_same_snapshot_is_left_as_it_is() {
    let (_dir, plan) = planned(2);
    let active = snapshot(&plan, "active");
    let provider = provider(&plan, move |line| {
        (line == "GET /snapshots/s").then(|| (200, active.clone()))
    })
    .await;
    let (done, ..) = run(&plan, true, &provider).await;
    assert!(!done.unwrap().is_new);
    assert_eq!(provider.asked(), ["GET /snapshots/s"]);
}

#[tokio::test]
async fn the_same_snapshot_that_is_being_built_is_followed() {
    let (_dir, plan) = planned(2);
    let building = snapshot(&plan, "building");
    let provider = provider(&plan, move |line| {
        (line == "GET /snapshots/s").then(|| (200, building.clone()))
    })
    .await;
    let (done, told, _) = run(&plan, false, &provider).await;
    assert!(done.unwrap().is_new, "{told}");
    assert!(!provider.asked().contains(&"POST /snapshots".to_owned()));
}

#[tokio::test]
async fn another_snapshot_of_the_name_is_refused_or_replaced() {
    let (_dir, plan) = planned(2);
    let taken = provider(&plan, |line| {
        (line == "GET /snapshots/s").then(|| (200, other("active")))
    })
    .await;
    let (done, ..) = run(&plan, false, &taken).await;
    let Err(RegisterError::Refused(why)) = done else {
        panic!("{done:?}");
    };
    assert!(
        why.contains("--replace") && why.contains("another Dockerfile"),
        "{why}"
    );
    let left = Turns::of([(200, r#"{"id":"old","state":"removing"}"#), (404, "{}")]);
    let replaced = provider(&plan, move |line| match line {
        "GET /snapshots/s" => Some((200, other("active"))),
        "GET /snapshots/old" => Some(left.next()),
        "DELETE /snapshots/old" => Some((200, String::new())),
        _ => None,
    })
    .await;
    let (done, told, _) = run(&plan, true, &replaced).await;
    assert!(done.unwrap().is_new, "{told}");
    let asked = replaced.asked();
    let at = |what: &str| asked.iter().position(|it| it.starts_with(what)).unwrap();
    assert!(
        at("PUT ") < at("DELETE ") && at("DELETE ") < at("POST "),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_name_taken_meanwhile_is_told() {
    let (_dir, plan) = planned(2);
    let provider = provider(&plan, |line| {
        let message =
            r#"{"message":"Snapshot with name \"s\" already exists for this organization"}"#;
        (line == "POST /snapshots").then(|| (409, message.to_owned()))
    })
    .await;
    let (done, _, stands) = run(&plan, false, &provider).await;
    let why = done.unwrap_err().to_string();
    assert!(
        why.contains("already exists for this organization"),
        "{why}"
    );
    assert!(stands.starts_with("No snapshot was made"), "{stands}");
}

#[tokio::test]
async fn a_build_that_fails_is_a_failure_with_its_reason_and_what_is_left() {
    let (_dir, plan) = planned(2);
    let failed = snapshot(&plan, "build_failed");
    let provider = provider(&plan, move |line| {
        (line == "GET /snapshots/id-1").then(|| (200, failed.clone()))
    })
    .await;
    let (done, told, stands) = run(&plan, false, &provider).await;
    let Err(RegisterError::Failed(why)) = done else {
        panic!("{done:?}");
    };
    assert!(why.contains("build_failed: RUN false: exit 1"), "{why}");
    assert!(
        stands.contains("--replace") && stands.contains("/snapshots/id-1"),
        "{stands}"
    );
    assert!(told.contains("log Step 1"), "the log says why: {told}");
}

#[tokio::test]
async fn credentials_that_expire_are_fetched_anew_once() {
    let (_dir, plan) = planned(2);
    let puts = Turns::of([(403, EXPIRED), (200, "")]);
    let once = provider(&plan, move |line| {
        line.starts_with("PUT ").then(|| puts.next())
    })
    .await;
    let (done, told, _) = run(&plan, false, &once).await;
    assert!(done.is_ok(), "{told}");
    let count = |asked: Vec<String>| {
        asked
            .iter()
            .filter(|it| it.ends_with("/push-access"))
            .count()
    };
    assert_eq!(count(once.asked()), 2);
    let always = provider(&plan, |line| {
        line.starts_with("PUT ").then(|| (400, EXPIRED.to_owned()))
    })
    .await;
    let (done, _, stands) = run(&plan, false, &always).await;
    let why = done.unwrap_err().to_string();
    assert!(why.contains("is the clock of this machine right?"), "{why}");
    assert_eq!(count(always.asked()), 2);
    assert_eq!(stands, "Nothing was made.");
}

#[tokio::test]
async fn a_store_that_refuses_is_told_in_its_words() {
    let (_dir, plan) = planned(2);
    let denied = "<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>";
    let provider = provider(&plan, move |line| {
        line.starts_with("PUT ").then(|| (403, denied.to_owned()))
    })
    .await;
    let (done, ..) = run(&plan, false, &provider).await;
    let why = done.unwrap_err().to_string();
    assert_eq!(why, "upload of f: HTTP 403: AccessDenied: not yours");
}

#[tokio::test]
async fn a_log_that_breaks_off_or_is_not_there_ends_nothing() {
    let (_dir, plan) = planned(2);
    for (answer, expected) in [
        ((200, "CUT Step 1\nStep"), "the build's log broke off"),
        (
            (404, "build logs not found"),
            "the build's log cannot be had (HTTP 404)",
        ),
    ] {
        let answer = (answer.0, answer.1.to_owned());
        let provider = provider(&plan, move |line| {
            line.starts_with("GET /log").then(|| answer.clone())
        })
        .await;
        let (done, told, _) = run(&plan, false, &provider).await;
        assert!(done.unwrap().is_new, "{told}");
        assert!(told.contains(expected), "{told}");
    }
}

#[tokio::test]
async fn sizes_above_the_caps_are_refused_before_anything_is_sent() {
    let (_dir, plan) = planned(8);
    let usual = provider(&plan, |_| None).await;
    let (done, ..) = run(&plan, false, &usual).await;
    let why = done.unwrap_err().to_string();
    assert!(
        why.starts_with("CPU request 8 exceeds maximum allowed per sandbox (4).\nNeed"),
        "{why}"
    );
    assert!(why.contains("--no-preflight"), "{why}");
    assert!(!usual.asked().iter().any(|it| it.starts_with("PUT ")));
    let own = provider(&plan, |line| {
        let caps = r#"{"maxCpuPerSandbox":16,"maxMemoryPerSandbox":8,"maxDiskPerSandbox":10}"#;
        (line == "GET /organizations/org").then(|| (200, caps.to_owned()))
    })
    .await;
    let (done, told, _) = run(&plan, false, &own).await;
    assert!(done.is_ok(), "{told}");
}

#[tokio::test]
async fn a_passing_failure_is_asked_again_and_a_lasting_one_told() {
    let (_dir, plan) = planned(2);
    let first = Turns::of([(503, "{}"), (429, "{}"), (404, NOT_FOUND)]);
    let passing = provider(&plan, move |line| {
        (line == "GET /snapshots/s").then(|| first.next())
    })
    .await;
    assert!(run(&plan, false, &passing).await.0.is_ok());
    let lasting = provider(&plan, |line| {
        (line == "GET /snapshots/s")
            .then(|| (401, r#"{"message":"Invalid credentials"}"#.to_owned()))
    })
    .await;
    let why = run(&plan, false, &lasting).await.0.unwrap_err().to_string();
    assert_eq!(why, "snapshot s: HTTP 401: Invalid credentials");
}

#[tokio::test]
async fn what_stands_is_known_when_it_is_cut_short() {
    let (_dir, plan) = planned(2);
    let building = snapshot(&plan, "building");
    let provider = provider(&plan, move |line| {
        (line == "GET /snapshots/id-1").then(|| (200, building.clone()))
    })
    .await;
    let told = Told::default();
    let progress = told.progress();
    let options = SnapshotOptions::default();
    let work = register(&plan, &options, &provider.connection, &progress);
    let is_building = async {
        while !told.all().contains("building") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        done = work => panic!("it never ends: {done:?}"),
        () = is_building => {}
    }
    let stands = progress.stands();
    assert!(
        stands.contains("goes on without us") && stands.contains("curl -X DELETE"),
        "{stands}"
    );
}
