//! A stop has come to its end when Daytona says so, and nobody else.

use cutover::call::FailureClass;
use cutover::driver::Suspend;

use super::daytona::{dto, sandbox, scripted};
use super::server::{Step, answer, json as json_answer};
use super::setup::failed;

const STOP: &str = "POST /api/sandbox/s1/stop?force=false ";
const GET: &str = "GET /api/sandbox/s1 ";

/// What a stop comes to when the first question after it is answered so.
async fn stopped(seen: Step) -> Result<(), FailureClass> {
    let (script, t) = scripted(vec![json_answer(STOP, 200, dto("stopping")), seen]).await;
    let s = sandbox(&script);
    let stopped = t.driver.suspend(&s, Suspend::Stop, &t.cx).await;
    script.done();
    if stopped.is_ok() {
        return Ok(());
    }
    Err(failed(stopped).0)
}

#[tokio::test]
async fn a_sandbox_that_is_gone_after_its_stop_has_stopped() {
    let no = r#"{"statusCode":404,"message":"Sandbox with ID or name s1 not found"}"#;
    assert_eq!(stopped(json_answer(GET, 404, no)).await, Ok(()));
    for state in ["stopped", "destroying", "destroyed"] {
        assert_eq!(stopped(json_answer(GET, 200, dto(state))).await, Ok(()));
    }
}

#[tokio::test]
async fn that_somebody_else_does_not_know_a_sandbox_is_no_stop() {
    for (headers, body) in [
        ("Content-Type: text/html\r\n", "<html>404</html>"),
        ("", ""),
        (
            "Content-Type: application/json\r\n",
            r#"{"error":{"code":"NOT_FOUND","message":"no such route"}}"#,
        ),
        // In the provider's shape, but about a route.
        (
            "Content-Type: application/json\r\n",
            r#"{"statusCode":404,"message":"Cannot GET /api/sandbox/s1"}"#,
        ),
    ] {
        let seen = answer(GET, 404, headers, body);
        assert_eq!(stopped(seen).await, Err(FailureClass::Internal), "{body}");
    }
}
