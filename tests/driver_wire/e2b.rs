//! E2B, by its wire.

use cutover::call::sandbox_call::Provision;
use cutover::call::{FailureClass, Provider};
use cutover::driver::{Destroyed, Labels, SandboxHandle, Suspend};
use indexmap::IndexMap;
use serde_json::json;

use super::server::{Script, Step, answer, broken, json as json_answer, nothing};
use super::setup::{Setup, apart, command, failed, list, setup, text, write};

pub(crate) const START: &str = "POST /process.Process/Start ";
pub(crate) const STREAM: &str = "Content-Type: application/connect+json\r\n";
const NO_SANDBOX: &str =
    r#"{"code":404,"message":"Sandbox \"i1\" doesn't exist or you don't have access to it"}"#;
const GONE: &str = r#"{"sandboxId":"i1","message":"The sandbox was not found","code":502}"#;

pub(crate) async fn scripted(steps: Vec<Step>) -> (Script, Setup) {
    let script = Script::serve(steps).await;
    let vars = [
        (
            "E2B_API_KEY",
            "e2b_0123456789abcdef0123456789abcdef01234567",
        ),
        ("E2B_API_URL", script.url.as_str()),
        ("E2B_SANDBOX_URL", script.url.as_str()),
    ];
    let setup = setup(Provider::E2b, &vars);
    (script, setup)
}

pub(crate) fn sandbox() -> SandboxHandle {
    SandboxHandle {
        id: "i1".to_owned(),
        private: json!({ "token": "t0ken", "envd": "0.6.13" }),
    }
}

/// Envelopes of a stream: messages, then a trailer.
pub(crate) fn stream(messages: &[&str], trailer: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    let messages = messages.iter().map(|message| (0_u8, *message));
    for (flags, text) in messages.chain(trailer.map(|text| (2, text))) {
        out.push(flags);
        out.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out
}

pub(crate) const STARTED: &str = r#"{"event":{"start":{"pid":7}}}"#;

#[tokio::test]
async fn a_sandbox_is_created_found_and_killed() {
    let created = r#"{"templateID":"base","sandboxID":"i1","clientID":"c","envdVersion":"0.6.13","envdAccessToken":"t0ken","domain":null}"#;
    let (script, t) = scripted(vec![
        json_answer(
            "POST /v2/sandboxes ",
            503,
            r#"{"code":503,"message":"busy"}"#,
        ),
        json_answer("POST /v2/sandboxes ", 201, created),
        answer(
            "GET /v2/sandboxes?limit=100&metadata=a%252520b%3D1 ",
            200,
            "X-Next-Token: n\r\nContent-Type: application/json\r\n",
            r#"[{"sandboxID":"i1"}]"#,
        ),
        json_answer(
            "GET /v2/sandboxes?limit=100&metadata=a%252520b%3D1&nextToken=n ",
            200,
            "[]",
        ),
        answer("DELETE /sandboxes/i1 ", 204, "", ""),
        json_answer("DELETE /sandboxes/i1 ", 404, NO_SANDBOX),
    ])
    .await;
    let labels = IndexMap::from([("a b".to_owned(), "1".to_owned())]);
    let call = Provision {
        timeout: Some(std::time::Duration::from_millis(59_500)),
        ..Provision::default()
    };
    let made = t.driver.create(&call, &labels, &t.cx).await.unwrap();
    assert_eq!(made.id, "i1");
    assert_eq!(t.driver.list(&labels, &t.cx).await.unwrap(), ["i1"]);
    assert_eq!(
        t.driver.destroy(&made, &t.cx).await.unwrap(),
        Destroyed::Now
    );
    assert_eq!(
        t.driver.destroy(&made, &t.cx).await.unwrap(),
        Destroyed::AlreadyGone
    );
    script.done();

    let requests = script.requests();
    let key = |request: &str| {
        let line = request
            .lines()
            .find(|line| line.starts_with("idempotency-key"));
        line.unwrap().to_owned()
    };
    assert_eq!(key(&requests[0]), key(&requests[1]));
    assert!(
        requests[1]
            .ends_with(r#"{"templateID":"base","metadata":{"a b":"1"},"envVars":{},"timeout":60}"#)
    );
    assert_eq!(t.driver.facts().daemon.as_deref(), Some("0.6.13"));
    // The key and the token are in no evidence.
    let kept = format!("{:?}", t.kept.0.lock().unwrap());
    assert!(
        !kept.contains("0123456789abcdef") && !kept.contains("t0ken"),
        "{kept}"
    );
    assert!(
        kept.contains("attempt: 2") && kept.contains("busy"),
        "{kept}"
    );
}

#[tokio::test]
async fn a_command_gives_its_streams_and_its_exit() {
    let events = [
        STARTED,
        r#"{"event":{"data":{"stdout":"bzEK"}}}"#,
        r#"{"event":{"keepalive":{}}}"#,
        r#"{"event":{"data":{"stderr":"ZTEK"}}}"#,
        r#"{"event":{"data":{"stdout":"bzIK"}}}"#,
        r#"{"event":{"end":{"exitCode":3,"exited":true,"status":"exit status 3","error":"exit status 3"}}}"#,
    ];
    let (script, t) = scripted(vec![answer(
        START,
        200,
        STREAM,
        stream(&events, Some("{}")),
    )])
    .await;
    let mut request = command("x");
    request.user = Some("root".to_owned());
    request.cwd = Some("/tmp".to_owned());
    let reply = t.driver.execute(&sandbox(), &request, &t.cx).await.unwrap();
    assert_eq!((reply.exit_code, reply.signal.as_deref()), (Some(3), None));
    let (stdout, stderr, output) = apart(&reply);
    assert_eq!(
        (stdout.as_str(), stderr.as_str(), output.as_str()),
        ("o1\no2\n", "e1\n", "o1\no2\ne1\n")
    );
    let sent = script.requests().remove(0);
    for line in [
        "connect-timeout-ms: 5000",
        "connect-protocol-version: 1",
        "keepalive-ping-interval: 50",
        "e2b-sandbox-id: i1",
        "e2b-sandbox-port: 49983",
        "x-access-token: t0ken",
        "authorization: Basic cm9vdDo=",
        "content-type: application/connect+json",
    ] {
        assert!(sent.contains(line), "{line} in {sent}");
    }
    assert!(sent.contains(
        r#""process":{"cmd":"/bin/bash","args":["-l","-c","x"],"cwd":"/tmp"},"stdin":false"#
    ));
}

#[tokio::test]
async fn a_signal_is_told_as_it_was_told() {
    let end =
        r#"{"event":{"end":{"exitCode":-1,"status":"signal: killed","error":"signal: killed"}}}"#;
    let body = stream(&[STARTED, end], Some("{}"));
    let (_script, t) = scripted(vec![answer(START, 200, STREAM, body)]).await;
    let reply = t
        .driver
        .execute(&sandbox(), &command("x"), &t.cx)
        .await
        .unwrap();
    assert_eq!(
        (reply.exit_code, reply.signal.as_deref()),
        (Some(-1), Some("KILL"))
    );
}

async fn execute_fails(steps: Vec<Step>, class: FailureClass, words: &str) {
    let (script, t) = scripted(steps).await;
    let (got, message) = failed(t.driver.execute(&sandbox(), &command("x"), &t.cx).await);
    assert_eq!(got, class, "{message}");
    assert!(message.contains(words), "{message}");
    script.done();
}

#[tokio::test]
async fn a_time_limit_is_a_timeout() {
    let trailer = r#"{"error":{"code":"deadline_exceeded","message":"context deadline exceeded"}}"#;
    let body = stream(&[STARTED], Some(trailer));
    let steps = vec![answer(START, 200, STREAM, body)];
    execute_fails(steps, FailureClass::Timeout, "context deadline exceeded").await;
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_looked_into() {
    let cut = stream(&[STARTED], None);
    let steps = vec![
        broken(START, "application/connect+json", &cut),
        json_answer("GET /health ", 502, GONE),
        json_answer("GET /sandboxes/i1 ", 404, NO_SANDBOX),
    ];
    execute_fails(
        steps,
        FailureClass::SandboxGone,
        "The sandbox was not found",
    )
    .await;
    // The proxy says the same of a sandbox that is paused.
    let paused = r#"{"sandboxID":"i1","state":"paused"}"#;
    let steps = vec![
        broken(START, "application/connect+json", &cut),
        json_answer("GET /health ", 502, GONE),
        json_answer("GET /sandboxes/i1 ", 200, paused),
    ];
    execute_fails(
        steps,
        FailureClass::SandboxStopped,
        "The sandbox was not found",
    )
    .await;
    let steps = vec![
        answer(START, 200, STREAM, &cut),
        answer("GET /health ", 204, "", ""),
    ];
    execute_fails(steps, FailureClass::Unavailable, "without its trailer").await;
}

#[tokio::test]
async fn what_may_have_started_is_sent_once() {
    let busy = vec![json_answer(
        START,
        503,
        r#"{"code":"unavailable","message":"busy"}"#,
    )];
    execute_fails(busy, FailureClass::Unavailable, "busy").await;
    let lost = vec![nothing(START), answer("GET /health ", 204, "", "")];
    execute_fails(lost, FailureClass::Unavailable, "gave no answer").await;
}

#[tokio::test]
async fn what_is_not_of_the_contract_is_an_error() {
    let page = "<html>hello</html>";
    let html = vec![answer(START, 200, "Content-Type: text/html\r\n", page)];
    execute_fails(html, FailureClass::Internal, "text/html").await;
    let not_json = stream(&["<html>"], None);
    let steps = vec![answer(START, 200, STREAM, not_json)];
    execute_fails(steps, FailureClass::Internal, "not JSON").await;
    let huge = [0, 0xff, 0xff, 0xff, 0xff];
    let steps = vec![answer(START, 200, STREAM, huge)];
    execute_fails(steps, FailureClass::Internal, "4294967295 bytes").await;
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let vars = [("E2B_API_KEY", "k"), ("E2B_API_URL", "http://127.0.0.1:1")];
    let t = setup(Provider::E2b, &vars);
    let (class, words) = failed(
        t.driver
            .create(&Provision::default(), &Labels::new(), &t.cx)
            .await,
    );
    assert_eq!(class, FailureClass::Unavailable);
    assert!(words.contains("127.0.0.1:1"), "{words}");
    assert_eq!(t.kept.0.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn html_where_json_was_due_is_told() {
    let (script, t) = scripted(vec![answer(
        "POST /v2/sandboxes ",
        201,
        "Content-Type: text/html\r\n",
        "<!doctype html><title>hi</title>",
    )])
    .await;
    let (class, words) = failed(
        t.driver
            .create(&Provision::default(), &Labels::new(), &t.cx)
            .await,
    );
    assert_eq!(class, FailureClass::Internal);
    assert!(
        words.contains("an HTML page came where JSON was due"),
        "{words}"
    );
    script.done();
}

#[tokio::test]
async fn files_come_and_go() {
    let (script, t) = scripted(vec![
        json_answer("POST /files?path=%2Ftmp%2Fa+b ", 200, r#"[{"path":"/tmp/a b","name":"a b","type":"file"}]"#),
        answer(
            "GET /files?path=%2Ftmp%2Fa+b ",
            200,
            "Content-Disposition: inline; filename=\"a b\"\r\n",
            "content",
        ),
        json_answer("GET /files?path=%2Fx ", 404, r#"{"code":404,"message":"path '/x' does not exist"}"#),
        json_answer("GET /files?path=%2Ftmp ", 400, r#"{"code":400,"message":"path '/tmp' is a directory"}"#),
        json_answer("GET /files?path=%2Fy ", 502, GONE),
        json_answer("GET /sandboxes/i1 ", 404, NO_SANDBOX),
        json_answer(
            "POST /filesystem.Filesystem/ListDir ",
            200,
            r#"{"entries":[{"name":"d","type":"FILE_TYPE_DIRECTORY","path":"/h/d","size":"4096","mode":493},{"name":"f","type":"FILE_TYPE_FILE","path":"/h/d/f","mode":420}]}"#,
        ),
        json_answer("POST /filesystem.Filesystem/ListDir ", 200, "{}"),
        json_answer(
            "POST /filesystem.Filesystem/Stat ",
            404,
            r#"{"code":"not_found","message":"file not found: lstat /x: no such file or directory"}"#,
        ),
    ])
    .await;
    let (d, cx, s) = (&t.driver, &t.cx, &sandbox());
    d.write_file(s, &write("/tmp/a b", &b"\0\xff"[..]), cx)
        .await
        .unwrap();
    assert_eq!(
        text(&d.read_file(s, "/tmp/a b", cx).await.unwrap()),
        "content"
    );
    assert_eq!(
        failed(d.read_file(s, "/x", cx).await).0,
        FailureClass::NotFound
    );
    assert_eq!(
        failed(d.read_file(s, "/tmp", cx).await).0,
        FailureClass::IsDirectory
    );
    assert_eq!(
        failed(d.read_file(s, "/y", cx).await).0,
        FailureClass::SandboxGone
    );
    let listed = d.list_files(s, &list("~", Some(2)), cx).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["d", "d/f"]);
    assert!(
        d.list_files(s, &list("/empty", None), cx)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        failed(d.stat_file(s, "/x", cx).await).0,
        FailureClass::NotFound
    );
    script.done();
}

#[tokio::test]
async fn a_large_output_is_kept_in_a_file() {
    let piece = format!(
        r#"{{"event":{{"data":{{"stdout":"{}"}}}}}}"#,
        "YWFh".repeat(10_922)
    );
    let mut messages = vec![STARTED];
    messages.extend(std::iter::repeat_n(piece.as_str(), 300));
    messages.push(r#"{"event":{"end":{"exited":true,"status":"exit status 0"}}}"#);
    let body = stream(&messages, Some("{}"));
    let (_script, t) = scripted(vec![answer(START, 200, STREAM, body)]).await;
    let reply = t
        .driver
        .execute(&sandbox(), &command("x"), &t.cx)
        .await
        .unwrap();
    let cutover::driver::Streams::Apart { output, .. } = reply.streams else {
        panic!("merged");
    };
    assert_eq!(output.len, 300 * 3 * 10_922);
    assert!(output.file().is_some());
}

#[tokio::test]
async fn a_stop_is_not_e2bs() {
    let (_script, t) = scripted(Vec::new()).await;
    let error = t
        .driver
        .suspend(&sandbox(), Suspend::Stop, &t.cx)
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("unsupported"), "{error}");
}
