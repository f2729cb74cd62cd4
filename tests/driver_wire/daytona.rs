//! Daytona, by its wire.

use std::time::Duration;

use bytes::Bytes;
use cutover::call::sandbox_call::{Provision, StartBackground};
use cutover::call::{FailureClass, Provider};
use cutover::driver::{Destroyed, DriverError, Labels, SandboxHandle, Streams, Suspend};
use indexmap::IndexMap;
use serde_json::json;

use super::server::{Script, Step, answer, broken, json as json_answer, nothing};
use super::setup::{Setup, apart, command, failed, setup, text, write};

pub(crate) const EXECUTE: &str = "POST /toolbox/s1/process/execute ";
const DOWNLOAD: &str = "POST /toolbox/s1/files/bulk-download ";

pub(crate) async fn scripted(steps: Vec<Step>) -> (Script, Setup) {
    let script = Script::serve(steps).await;
    let url = format!("{}/api", script.url);
    let vars = [
        ("DAYTONA_API_KEY", "dtn_0123456789abcdef0123456789abcdef"),
        ("DAYTONA_API_URL", url.as_str()),
        ("DAYTONA_TARGET", "eu"),
    ];
    let setup = setup(Provider::Daytona, &vars);
    (script, setup)
}

pub(crate) fn sandbox(script: &Script) -> SandboxHandle {
    SandboxHandle {
        id: "s1".to_owned(),
        private: json!({ "toolbox": format!("{}/toolbox", script.url) }),
    }
}

pub(crate) fn dto(state: &str) -> String {
    json!({
        "id": "s1", "state": state, "target": "eu", "snapshot": "snap", "daemonVersion": "0.190.0",
        "toolboxProxyUrl": "http://127.0.0.1:1/toolbox"
    })
    .to_string()
}

#[tokio::test]
async fn a_sandbox_is_created_polled_listed_and_deleted() {
    let (script, t) = scripted(vec![
        answer("POST /api/sandbox ", 429, "Retry-After-sandbox-create: 0\r\n", "{}"),
        answer(
            "POST /api/sandbox ",
            200,
            "Content-Type: application/json\r\nX-Daytona-Api-Version: 0.190.0\r\n",
            dto("creating"),
        ),
        json_answer("GET /api/sandbox/s1 ", 200, dto("starting")),
        json_answer("GET /api/sandbox/s1 ", 200, dto("started")),
        json_answer(
            "GET /api/sandbox?limit=200&labels=%7B%22run%22%3A%221%22%7D ",
            200,
            r#"{"items":[{"id":"s1","state":"started"},{"id":"s2","state":"destroying"}],"nextCursor":null}"#,
        ),
        json_answer("DELETE /api/sandbox/s1 ", 409, r#"{"statusCode":409,"message":"Sandbox state change in progress"}"#),
        json_answer("GET /api/sandbox/s1 ", 200, dto("destroying")),
        json_answer("DELETE /api/sandbox/s1 ", 404, r#"{"statusCode":404,"message":"Sandbox with ID or name s1 not found"}"#),
    ])
    .await;
    let labels = IndexMap::from([("run".to_owned(), "1".to_owned())]);
    let call = Provision {
        timeout: Some(Duration::from_secs(61)),
        ..Provision::default()
    };
    let made = t.driver.create(&call, &labels, &t.cx).await.unwrap();
    assert_eq!(made.id, "s1");
    assert_eq!(t.driver.list(&labels, &t.cx).await.unwrap(), ["s1"]);
    assert_eq!(
        t.driver.destroy(&made, &t.cx).await.unwrap(),
        Destroyed::Now
    );
    assert_eq!(
        t.driver.destroy(&made, &t.cx).await.unwrap(),
        Destroyed::AlreadyGone
    );
    script.done();
    let sent = script.requests().remove(1);
    for part in [
        "authorization: Bearer dtn_",
        "x-daytona-sdk-version: 0.190.0",
        r#""autoDeleteInterval":60"#,
        r#""target":"eu""#,
        r#""autoStopInterval":2"#,
        r#""labels":{"run":"1"}"#,
    ] {
        assert!(sent.contains(part), "{part} in {sent}");
    }
    let facts = t.driver.facts();
    assert_eq!(facts.api.as_deref(), Some("0.190.0"));
    assert_eq!(
        (facts.image.as_deref(), facts.region.as_deref()),
        (Some("snap"), Some("eu"))
    );
    let kept = format!("{:?}", t.kept.0.lock().unwrap());
    assert!(!kept.contains("0123456789abcdef"), "{kept}");
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_leaks_nothing() {
    let (script, t) = scripted(vec![
        nothing("POST /api/sandbox "),
        json_answer(
            "POST /api/sandbox ",
            409,
            r#"{"statusCode":409,"message":"Sandbox with name n already exists"}"#,
        ),
        json_answer("GET /api/sandbox/cutover-", 200, dto("started")),
    ])
    .await;
    let made = t
        .driver
        .create(&Provision::default(), &Labels::new(), &t.cx)
        .await
        .unwrap();
    assert_eq!(made.id, "s1");
    script.done();
}

#[tokio::test]
async fn a_sandbox_that_does_not_start_is_deleted() {
    let failed_dto = r#"{"id":"s1","state":"error","errorReason":"no image"}"#;
    let (script, t) = scripted(vec![
        json_answer("POST /api/sandbox ", 200, failed_dto),
        json_answer("DELETE /api/sandbox/s1 ", 200, dto("destroying")),
    ])
    .await;
    let (class, words) = failed(
        t.driver
            .create(&Provision::default(), &Labels::new(), &t.cx)
            .await,
    );
    assert_eq!(class, FailureClass::Unavailable);
    assert!(words.contains("no image"), "{words}");
    script.done();
}

#[tokio::test]
async fn a_command_gives_its_one_string_and_its_exit() {
    let (script, t) = scripted(vec![json_answer(
        EXECUTE,
        200,
        r#"{"exitCode":3,"result":"o1\ne1\n\u003c\u0000\ud83d\ude00"}"#,
    )])
    .await;
    let reply = t
        .driver
        .execute(&sandbox(&script), &command("x"), &t.cx)
        .await
        .unwrap();
    assert_eq!((reply.exit_code, reply.signal), (Some(3), None));
    let Streams::Merged { output } = reply.streams else {
        panic!("apart");
    };
    assert_eq!(text(&output), "o1\ne1\n<\0😀");
    assert!(script.requests()[0].ends_with(r#"{"command":"x","timeout":5}"#));
}

async fn execute_fails(steps: Vec<Step>, class: FailureClass, words: &str) {
    let (script, t) = scripted(steps).await;
    let result = t
        .driver
        .execute(&sandbox(&script), &command("x"), &t.cx)
        .await;
    let (got, message) = failed(result);
    assert_eq!(got, class, "{message}");
    assert!(message.contains(words), "{message}");
    script.done();
}

#[tokio::test]
async fn a_time_limit_is_a_timeout() {
    let body = r#"{"statusCode":408,"message":"request timeout: command execution timeout","code":"REQUEST_TIMEOUT"}"#;
    let steps = vec![json_answer(EXECUTE, 408, body)];
    execute_fails(steps, FailureClass::Timeout, "command execution timeout").await;
}

#[tokio::test]
async fn the_control_plane_says_whether_a_sandbox_is_dead() {
    const GET: &str = "GET /api/sandbox/s1 ";
    let token = r#"{"statusCode":401,"message":"unauthorized: authentication failed: Bearer token is invalid"}"#;
    let no = r#"{"statusCode":404,"message":"Sandbox with ID or name s1 not found"}"#;
    let resting = r#"{"statusCode":400,"message":"bad request: failed to resolve container IP after 3 attempts: no IP address found. Is the Sandbox started?"}"#;
    let case = |status: u16, body: &str, get: Step| vec![json_answer(EXECUTE, status, body), get];
    let found = |state: &str| json_answer(GET, 200, dto(state));
    execute_fails(
        case(401, token, json_answer(GET, 404, no)),
        FailureClass::SandboxGone,
        "s1 not found",
    )
    .await;
    execute_fails(
        case(401, token, found("started")),
        FailureClass::Unauthorized,
        "Bearer",
    )
    .await;
    execute_fails(
        case(502, "", found("destroyed")),
        FailureClass::SandboxGone,
        "destroyed",
    )
    .await;
    execute_fails(
        case(502, "", found("started")),
        FailureClass::Unavailable,
        "502",
    )
    .await;
    execute_fails(
        case(400, resting, found("stopped")),
        FailureClass::SandboxStopped,
        "is stopped",
    )
    .await;
    execute_fails(
        case(400, resting, found("started")),
        FailureClass::Unavailable,
        "Is the Sandbox",
    )
    .await;
    let lost = vec![nothing(EXECUTE), found("started")];
    execute_fails(lost, FailureClass::Unavailable, "gave no answer").await;
}

#[tokio::test]
async fn what_is_not_of_the_contract_is_an_error() {
    let page = vec![json_answer(EXECUTE, 200, "<html></html>")];
    execute_fails(page, FailureClass::Internal, "not a JSON object").await;
    let cut = vec![
        broken(
            EXECUTE,
            "application/json",
            r#"{"exitCode":0,"result":"abc"#,
        ),
        json_answer("GET /api/sandbox/s1 ", 200, dto("started")),
    ];
    execute_fails(cut, FailureClass::Unavailable, "broke off").await;
    let no_result = vec![json_answer(EXECUTE, 200, r#"{"exitCode":0}"#)];
    execute_fails(no_result, FailureClass::Internal, "`result`").await;
}

#[tokio::test]
async fn what_daytona_does_not_have_is_unsupported() {
    let (script, t) = scripted(Vec::new()).await;
    let mut request = command("x");
    request.user = Some("root".to_owned());
    let unsupported = |error: DriverError| assert!(matches!(error, DriverError::Unsupported(_)));
    let s = sandbox(&script);
    unsupported(t.driver.execute(&s, &request, &t.cx).await.unwrap_err());
    request.user = None;
    request.stdin = Some(Bytes::from_static(b"x"));
    unsupported(t.driver.execute(&s, &request, &t.cx).await.unwrap_err());
    unsupported(
        t.driver
            .suspend(&s, Suspend::Pause, &t.cx)
            .await
            .unwrap_err(),
    );
    assert!(script.requests().is_empty());
}

fn multipart(name: &str, body: &str) -> Vec<u8> {
    format!(
        "--DAYTONA-FILE-BOUNDARY\r\nContent-Disposition: form-data; name=\"{name}\"; \
         filename=\"/x\"\r\nContent-Type: application/octet-stream\r\n\r\n{body}\r\n\
         --DAYTONA-FILE-BOUNDARY--\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn files_come_and_go() {
    const TYPE: &str = "Content-Type: multipart/form-data; boundary=DAYTONA-FILE-BOUNDARY\r\n";
    let missing = r#"{"statusCode":404,"message":"file not found: /x","code":"FILE_NOT_FOUND"}"#;
    let folder = r#"{"statusCode":400,"message":"invalid file path: path points to a directory: /x","code":"INVALID_FILE_PATH"}"#;
    let whole = multipart("file", "content");
    let (script, t) = scripted(vec![
        json_answer(
            "POST /toolbox/s1/files/bulk-upload ",
            200,
            r#"{"files":[{"path":"/x","bytes":2}]}"#,
        ),
        answer(DOWNLOAD, 200, TYPE, &whole),
        answer(DOWNLOAD, 200, TYPE, multipart("error", missing)),
        answer(DOWNLOAD, 200, TYPE, multipart("error", folder)),
        answer(DOWNLOAD, 200, TYPE, &whole[..whole.len() - 6]),
        json_answer("GET /api/sandbox/s1 ", 200, dto("started")),
        answer("GET /toolbox/s1/files/info?path=%2Fx ", 404, "", ""),
        json_answer("GET /api/sandbox/s1 ", 200, dto("started")),
        json_answer(
            "POST /toolbox/s1/files/bulk-upload ",
            400,
            r#"{"errors":["/p: create: open /p: permission denied"],"files":null}"#,
        ),
    ])
    .await;
    let (d, cx, s) = (&t.driver, &t.cx, &sandbox(&script));
    d.write_file(s, &write("/x", "hi"), cx).await.unwrap();
    assert_eq!(text(&d.read_file(s, "/x", cx).await.unwrap()), "content");
    assert_eq!(
        failed(d.read_file(s, "/x", cx).await),
        (FailureClass::NotFound, "file not found: /x".to_owned())
    );
    assert_eq!(
        failed(d.read_file(s, "/x", cx).await).0,
        FailureClass::IsDirectory
    );
    assert_eq!(
        failed(d.read_file(s, "/x", cx).await).0,
        FailureClass::Unavailable
    );
    assert_eq!(
        failed(d.stat_file(s, "/x", cx).await).0,
        FailureClass::NotFound
    );
    let (class, words) = failed(d.write_file(s, &write("/p", ""), cx).await);
    assert_eq!(
        (class, words.as_str()),
        (
            FailureClass::Permission,
            "/p: create: open /p: permission denied"
        )
    );
    script.done();
    let upload = script.requests().remove(0);
    let path = upload.find(r#"name="files[0].path""#).unwrap();
    let file = upload
        .find(r#"name="files[0].file"; filename="content""#)
        .unwrap();
    assert!(path < file, "{upload}");
}

#[tokio::test]
async fn background_commands_run_in_a_session() {
    let (script, t) = scripted(vec![
        answer("POST /toolbox/s1/process/session ", 201, "", ""),
        json_answer(
            "POST /toolbox/s1/process/session/cutover-",
            202,
            r#"{"cmdId":"c1"}"#,
        ),
        json_answer(
            "GET /toolbox/s1/process/session/cutover-",
            200,
            r#"{"id":"c1","command":"x"}"#,
        ),
        json_answer(
            "GET /toolbox/s1/process/session/cutover-",
            200,
            r#"{"id":"c1","command":"x","exitCode":2}"#,
        ),
        json_answer(
            "GET /toolbox/s1/process/session/cutover-",
            200,
            r#"{"output":"\u0001\u0001\u0001o\n","stdout":"o\n","stderr":"e\n"}"#,
        ),
    ])
    .await;
    let s = sandbox(&script);
    let request = StartBackground {
        cmd: "x".to_owned(),
        ..StartBackground::default()
    };
    let process = t
        .driver
        .start_background(&s, &request, &t.cx)
        .await
        .unwrap();
    assert_eq!(process.id, "c1");
    let reply = t.driver.wait_process(&s, &process, &t.cx).await.unwrap();
    assert_eq!(reply.exit_code, Some(2));
    assert_eq!(
        apart(&reply),
        ("o\n".to_owned(), "e\n".to_owned(), "o\ne\n".to_owned())
    );
    script.done();
}
