//! Registrations against a provider of canned answers: each way in which it may fail.

use std::fs;
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::*;
use crate::register::RegisterError;
use crate::register::testing::{Canned, Provider, Told, Turns};

fn planned(tags: &[&str]) -> (tempfile::TempDir, TemplatePlan) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("Dockerfile"),
        "FROM a:1\nCOPY f /f\nRUN true\n",
    )
    .unwrap();
    fs::write(dir.path().join("f"), "hello\n").unwrap();
    fs::write(
        dir.path().join("e2b.toml"),
        "template_name = \"t\"\nstart_cmd = \"/start\"\nready_cmd = \"true\"\ncpu_count = 2\nmemory_mb = 512\n",
    )
    .unwrap();
    let settings = TemplateSettings {
        tags: tags.iter().map(|it| (*it).to_owned()).collect(),
        context_bytes_max: 1024,
        ..TemplateSettings::default()
    };
    let plan = plan(dir.path(), &settings).unwrap();
    (dir, plan)
}

fn status(status: &str, logs: &[&str]) -> String {
    let entries: Vec<Value> = logs
        .iter()
        .map(|it| json!({ "timestamp": "2026-01-01T00:00:00Z", "level": "info", "message": it }))
        .collect();
    json!({
        "templateID": "tid", "buildID": "bid", "status": status, "logs": [], "logEntries": entries,
        "reason": { "message": "exit status 1", "step": "3" },
    })
    .to_string()
}

/// A provider that builds without trouble, but for what `trouble` answers otherwise.
async fn provider(trouble: impl Fn(&str) -> Option<Canned> + Send + Sync + 'static) -> Provider {
    let pages = [
        status("waiting", &[]),
        status("building", &["one\ntwo"]),
        status("ready", &["three"]),
        status("ready", &[]),
    ];
    let pages = Turns::of([
        (200, pages[0].as_str()),
        (200, &pages[1]),
        (200, &pages[2]),
        (200, &pages[3]),
    ]);
    Provider::start(|base| {
        let upload = json!({ "present": false, "url": format!("{base}/put?sig=s3cr3t"), "headers": { "x-a": "b" } });
        move |line: &str, _: &[u8]| {
            if let Some(answer) = trouble(line) {
                return answer;
            }
            match line.split('?').next().unwrap_or_default() {
                "GET /templates/aliases/t" => (404, "{}".to_owned()),
                "POST /v3/templates" => (
                    202,
                    r#"{"templateID":"tid","buildID":"bid","public":false,"names":[],"tags":[],"aliases":[]}"#.to_owned(),
                ),
                line if line.starts_with("GET /templates/tid/files/") => (201, upload.to_string()),
                "PUT /put" => (200, String::new()),
                "POST /v2/templates/tid/builds/bid" => (202, String::new()),
                "GET /templates/tid/builds/bid/status" => pages.next(),
                "POST /templates/tags" => (201, r#"{"tags":[],"buildID":"bid"}"#.to_owned()),
                _ => (404, r#"{"code":404,"message":"no such route"}"#.to_owned()),
            }
        }
    })
    .await
}

async fn run(
    plan: &TemplatePlan,
    force: bool,
    provider: &Provider,
) -> (Result<RegisteredTemplate, RegisterError>, String, String) {
    let told = Told::default();
    let progress = told.progress();
    let work = register(plan, force, &provider.connection, &progress);
    let done = tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .unwrap();
    (done, told.all(), progress.stands())
}

fn json_of(provider: &Provider, begin: &str) -> Value {
    serde_json::from_slice(&provider.body_of(begin)).unwrap()
}

#[tokio::test]
async fn a_new_template_is_uploaded_built_and_noted() {
    let (_dir, plan) = planned(&["v1"]);
    let provider = provider(|_| None).await;
    let (done, told, _) = run(&plan, false, &provider).await;
    assert!(done.as_ref().is_ok_and(|it| it.is_new), "{done:?} {told}");
    assert_eq!(
        json_of(&provider, "POST /v3/templates"),
        json!({ "name": "t", "tags": ["v1"], "cpuCount": 2, "memoryMB": 512 })
    );
    let hash = &plan.contexts[0].hash;
    assert_eq!(
        json_of(&provider, "POST /v2/templates"),
        json!({
            "fromImage": "a:1", "force": false, "startCmd": "/start", "readyCmd": "true",
            "steps": [
                { "type": "USER", "args": ["root"], "force": false },
                { "type": "WORKDIR", "args": ["/"], "force": false },
                { "type": "COPY", "args": ["f", "/f", "", ""], "force": false, "filesHash": hash },
                { "type": "RUN", "args": ["true"], "force": false },
                { "type": "USER", "args": ["user"], "force": false },
                { "type": "WORKDIR", "args": ["/home/user"], "force": false },
            ],
        })
    );
    let tag = format!("cutover-{}", &plan.content_hash[..32]);
    assert_eq!(
        json_of(&provider, "POST /templates/tags"),
        json!({ "target": "t:v1", "tags": [tag] })
    );
    let tar = provider.body_of("PUT /put");
    let mut tar = tar::Archive::new(GzDecoder::new(&tar[..]));
    let paths: Vec<String> = tar
        .entries()
        .unwrap()
        .map(|it| it.unwrap().path().unwrap().display().to_string())
        .collect();
    assert_eq!(paths, ["f"]);
    for line in ["log one", "log two", "log three"] {
        assert_eq!(told.matches(line).count(), 1, "{told}");
    }
    assert!(!told.contains("s3cr3t"));
}

/// A provider that has a template with these tags.
async fn known(tags: Value) -> Provider {
    provider(move |line| match line {
        "GET /templates/aliases/t" => {
            Some((200, r#"{"templateID":"tid","public":false}"#.to_owned()))
        }
        "GET /templates/tid/tags" => Some((200, tags.to_string())),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn the_same_template_is_left_as_it_is_unless_forced() {
    let (_dir, plan) = planned(&[]);
    let tag = |tag: &str, build: &str| json!({ "tag": tag, "buildID": build, "createdAt": "x" });
    let note = plan.note();
    let same = known(json!([tag(&note, "b1"), tag("default", "b1")])).await;
    let (done, ..) = run(&plan, false, &same).await;
    let done = done.unwrap();
    assert_eq!((done.build_id.as_str(), done.is_new), ("b1", false));
    assert_eq!(
        same.asked(),
        ["GET /templates/aliases/t", "GET /templates/tid/tags"]
    );
    let (done, ..) = run(&plan, true, &same).await;
    assert!(done.unwrap().is_new);
    assert_eq!(json_of(&same, "POST /v2/templates")["force"], true);
    // Another build has the tag by now: it is moved back, and nothing is built.
    let moved = known(json!([tag(&note, "b1"), tag("default", "b2")])).await;
    assert!(!run(&plan, false, &moved).await.0.unwrap().is_new);
    assert_eq!(
        json_of(&moved, "POST /templates/tags"),
        json!({ "target": format!("t:{note}"), "tags": ["default"] })
    );
    let changed = known(json!([tag("cutover-other", "b1"), tag("default", "b1")])).await;
    assert!(run(&plan, false, &changed).await.0.unwrap().is_new);
}

#[tokio::test]
async fn a_build_that_fails_is_a_failure_with_its_step_and_what_is_left() {
    let (_dir, plan) = planned(&[]);
    let pages = [status("error", &["last words"]), status("error", &[])];
    let pages = Turns::of([(200, pages[0].as_str()), (200, &pages[1])]);
    let provider = provider(move |line| line.contains("/status").then(|| pages.next())).await;
    let (done, told, stands) = run(&plan, false, &provider).await;
    let Err(RegisterError::Failed(why)) = done else {
        panic!("{done:?}");
    };
    assert_eq!(why, "the build of t failed: exit status 1 (step 3)");
    assert!(told.contains("log last words"), "{told}");
    assert!(
        stands.contains("curl -X DELETE") && stands.contains("/templates/tid"),
        "{stands}"
    );
    assert!(
        !provider
            .asked()
            .contains(&"POST /templates/tags".to_owned())
    );
}

#[tokio::test]
async fn an_address_that_has_expired_is_asked_for_once_more() {
    let (_dir, plan) = planned(&[]);
    let expired = "<Error><Code>ExpiredToken</Code><Message>old</Message></Error>";
    let puts = Turns::of([(403, expired), (200, "")]);
    let once = provider(move |line| line.starts_with("PUT ").then(|| puts.next())).await;
    assert!(run(&plan, false, &once).await.0.is_ok());
    let always =
        provider(move |line| line.starts_with("PUT ").then(|| (403, expired.to_owned()))).await;
    let (done, told, stands) = run(&plan, false, &always).await;
    assert_eq!(
        done.unwrap_err().to_string(),
        "upload of f: HTTP 403: ExpiredToken: old",
        "{told}"
    );
    assert!(stands.contains("waits for its start"), "{stands}");
}

#[tokio::test]
async fn what_is_refused_is_told_in_e2b_s_words() {
    let (_dir, plan) = planned(&[]);
    let foreign = provider(|line| {
        (line == "GET /templates/aliases/t")
            .then(|| (403, r#"{"code":403,"message":"not yours"}"#.to_owned()))
    })
    .await;
    let (done, ..) = run(&plan, false, &foreign).await;
    assert!(
        matches!(done, Err(RegisterError::Refused(why)) if why.contains("another team's (not yours)"))
    );
    let busy = provider(|line| {
        let message = r#"{"code":400,"message":"CPU count can't be higher than 8"}"#;
        (line == "POST /v3/templates").then(|| (400, message.to_owned()))
    })
    .await;
    let (done, _, stands) = run(&plan, false, &busy).await;
    assert_eq!(
        done.unwrap_err().to_string(),
        "template t: HTTP 400: CPU count can't be higher than 8"
    );
    assert_eq!(stands, "Nothing was made.");
}

#[tokio::test]
async fn a_note_that_cannot_be_made_is_a_warning() {
    let (_dir, plan) = planned(&[]);
    let provider =
        provider(|line| (line == "POST /templates/tags").then(|| (501, "{}".to_owned()))).await;
    let (done, told, _) = run(&plan, false, &provider).await;
    assert!(done.unwrap().is_new);
    assert!(told.contains("the next call builds it again"), "{told}");
}
