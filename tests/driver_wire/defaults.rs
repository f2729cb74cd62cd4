//! What a call leaves out is what the provider's official SDK would send.

use std::io::Write as _;
use std::time::Duration;

use cutover::call::FailureClass;
use cutover::call::sandbox_call::{AtExpiry, Execute, Provision, StartBackground};
use cutover::driver::{DriverError, Labels};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use serde_json::{Value, json};

use super::server::{Step, answer, json as json_answer};
use super::setup::{failed, text};
use super::{daytona, e2b};

fn execute(timeout: Option<u64>) -> Execute {
    Execute {
        cmd: "x".to_owned(),
        timeout: timeout.map(Duration::from_secs),
        ..Execute::default()
    }
}

fn start(timeout: Option<u64>) -> StartBackground {
    StartBackground {
        cmd: "x".to_owned(),
        timeout: timeout.map(Duration::from_secs),
        ..StartBackground::default()
    }
}

fn started() -> Step {
    let end = r#"{"event":{"end":{"exited":true,"status":"exit status 0"}}}"#;
    let body = e2b::stream(&[e2b::STARTED, end], Some("{}"));
    answer(e2b::START, 200, e2b::STREAM, body)
}

/// The body of a request.
fn body(request: &str) -> Value {
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn e2b_ends_a_command_after_a_minute_in_the_background_too() {
    for (given, sent) in [
        (None, Some("connect-timeout-ms: 60000")),
        (Some(600), Some("connect-timeout-ms: 600000")),
        (Some(0), None),
    ] {
        let (script, t) = e2b::scripted(vec![started(), started()]).await;
        let s = e2b::sandbox();
        t.driver.execute(&s, &execute(given), &t.cx).await.unwrap();
        let process = t.driver.start_background(&s, &start(given), &t.cx).await;
        let ended = t.driver.wait_process(&s, &process.unwrap(), &t.cx).await;
        assert_eq!(ended.unwrap().exit_code, Some(0));
        for request in script.requests() {
            let limit = request
                .lines()
                .find(|line| line.starts_with("connect-timeout-ms"));
            assert_eq!(limit, sent, "{given:?}");
        }
        script.done();
    }
}

#[tokio::test]
async fn daytona_ends_no_command() {
    for (given, sent) in [
        (None, json!({ "command": "x" })),
        (Some(600), json!({ "command": "x", "timeout": 600 })),
        (Some(0), json!({ "command": "x" })),
    ] {
        let answered = json_answer(daytona::EXECUTE, 200, r#"{"exitCode":0,"result":""}"#);
        let (script, t) = daytona::scripted(vec![answered]).await;
        let s = daytona::sandbox(&script);
        t.driver.execute(&s, &execute(given), &t.cx).await.unwrap();
        assert_eq!(body(&script.requests()[0]), sent);
    }
    let (script, t) = daytona::scripted(Vec::new()).await;
    let limited = t
        .driver
        .start_background(&daytona::sandbox(&script), &start(Some(600)), &t.cx)
        .await;
    assert!(matches!(limited, Err(DriverError::Unsupported(_))));
    assert!(script.requests().is_empty());
}

/// What a create with this end sends to E2B and to Daytona, without names and labels; or nothing,
/// where the provider has no such end.
async fn created(at_expiry: Option<AtExpiry>) -> [Option<Value>; 2] {
    let call = Provision {
        at_expiry,
        ..Provision::default()
    };
    let made = r#"{"sandboxID":"i1","envdVersion":"0.6.13"}"#;
    let (script, t) = e2b::scripted(vec![json_answer("POST /v2/sandboxes ", 201, made)]).await;
    let of_e2b = t.driver.create(&call, &Labels::new(), &t.cx).await;
    let of_e2b = sent(of_e2b.map(drop), &script.requests());
    let steps = vec![json_answer(
        "POST /api/sandbox ",
        200,
        daytona::dto("started"),
    )];
    let (script, t) = daytona::scripted(steps).await;
    let of_daytona = t.driver.create(&call, &Labels::new(), &t.cx).await;
    [of_e2b, sent(of_daytona.map(drop), &script.requests())]
}

fn sent(made: Result<(), DriverError>, requests: &[String]) -> Option<Value> {
    match made {
        Ok(()) => {
            let mut body = body(&requests[0]);
            for own in ["name", "metadata", "labels", "envVars", "env", "target"] {
                body.as_object_mut().unwrap().remove(own);
            }
            Some(body)
        }
        Err(DriverError::Unsupported(_)) => {
            assert!(requests.is_empty(), "{requests:?}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_sandbox_is_made_of_the_default_image_for_the_default_time() {
    let base = json!({ "templateID": "base" });
    let stays = json!({ "autoDeleteInterval": 60 });
    assert_eq!(created(None).await, [Some(base), Some(stays.clone())]);
    let kills = json!({ "templateID": "base", "autoPause": false });
    let ephemeral = json!({ "autoDeleteInterval": 0 });
    assert_eq!(
        created(Some(AtExpiry::Kill)).await,
        [Some(kills), Some(ephemeral)]
    );
    let pauses = json!({ "templateID": "base", "autoPause": true });
    assert_eq!(created(Some(AtExpiry::Pause)).await, [Some(pauses), None]);
    assert_eq!(created(Some(AtExpiry::Stop)).await, [None, Some(stays)]);
}

fn packed(content: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_file_is_asked_for_in_gzip_as_the_sdk_does() {
    const GET: &str = "GET /files?path=%2Fa ";
    const FILE: &str = "Content-Disposition: inline; filename=a\r\n";
    let gzip = format!("{FILE}Content-Encoding: gzip\r\n");
    let other = format!("{FILE}Content-Encoding: br\r\n");
    let whole = packed("Linux\n");
    let (script, t) = e2b::scripted(vec![
        answer(GET, 200, &gzip, &whole),
        answer(GET, 200, FILE, "as it is"),
        answer(GET, 200, &gzip, &whole[..whole.len() - 2]),
        answer(GET, 200, &other, "?"),
    ])
    .await;
    let read = || async { t.driver.read_file(&e2b::sandbox(), "/a", &t.cx).await };
    assert_eq!(text(&read().await.unwrap()), "Linux\n");
    assert_eq!(text(&read().await.unwrap()), "as it is");
    for words in ["gzip is broken", "encoded as `br`"] {
        let (class, message) = failed(read().await);
        assert_eq!(class, FailureClass::Internal);
        assert!(message.contains(words), "{message}");
    }
    assert!(script.requests()[0].contains("accept-encoding: gzip, deflate\r\n"));
    script.done();
}

/// Servers disagree on what deflate is: zlib's format or, without its frame, what is in it. The SDKs
/// take both.
#[tokio::test]
async fn a_file_may_come_in_deflate_as_well() {
    const GET: &str = "GET /files?path=%2Fa ";
    let deflate = "Content-Disposition: inline; filename=a\r\nContent-Encoding: deflate\r\n";
    let mut framed = ZlibEncoder::new(Vec::new(), Compression::fast());
    framed.write_all(b"Linux\n").unwrap();
    let framed = framed.finish().unwrap();
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
    bare.write_all(b"Linux\n").unwrap();
    let (script, t) = e2b::scripted(vec![
        answer(GET, 200, deflate, &framed),
        answer(GET, 200, deflate, bare.finish().unwrap()),
        answer(GET, 200, deflate, &framed[..framed.len() - 2]),
    ])
    .await;
    let read = || async { t.driver.read_file(&e2b::sandbox(), "/a", &t.cx).await };
    assert_eq!(text(&read().await.unwrap()), "Linux\n");
    assert_eq!(text(&read().await.unwrap()), "Linux\n");
    let (class, message) = failed(read().await);
    assert_eq!(class, FailureClass::Internal);
    assert!(message.contains("deflate is broken"), "{message}");
    script.done();
}

#[tokio::test]
async fn the_home_folder_is_asked_for() {
    let entry = r#"{"entry":{"name":"me","path":"/home/me","type":"FILE_TYPE_DIRECTORY"}}"#;
    let stat = "POST /filesystem.Filesystem/Stat ";
    let (script, t) = e2b::scripted(vec![json_answer(stat, 200, entry)]).await;
    let home = t.driver.home(&e2b::sandbox(), &t.cx).await;
    assert_eq!(home.unwrap(), "/home/me");
    assert_eq!(body(&script.requests()[0]), json!({ "path": "~" }));
    let dir = r#"{"dir":"/home/daytona"}"#;
    let steps = vec![json_answer("GET /toolbox/s1/user-home-dir ", 200, dir)];
    let (script, t) = daytona::scripted(steps).await;
    let home = t.driver.home(&daytona::sandbox(&script), &t.cx).await;
    assert_eq!(home.unwrap(), "/home/daytona");
}
