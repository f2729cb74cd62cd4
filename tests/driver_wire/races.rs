//! Daytona's daemon answers with an error for the moments in which it makes a command's pipe and
//! writes its exit code: nothing of that is told of the command.

use cutover::call::FailureClass;
use cutover::call::sandbox_call::SendStdin;
use cutover::driver::ProcessHandle;
use serde_json::json;

use super::daytona::{sandbox, scripted};
use super::server::{Step, answer, json as json_answer};
use super::setup::failed;

const INPUT: &str = "POST /toolbox/s1/process/session/one/command/c1/input ";
const COMMAND: &str = "GET /toolbox/s1/process/session/one/command/c1 ";
const LOGS: &str = "GET /toolbox/s1/process/session/one/command/c1/logs ";

fn process() -> ProcessHandle {
    ProcessHandle {
        id: "c1".to_owned(),
        private: json!({ "session": "one" }),
    }
}

fn refused(expect: &'static str, words: &str) -> Step {
    let body = json!({ "statusCode": 500, "message": words, "code": "INTERNAL_SERVER_ERROR" });
    json_answer(expect, 500, body.to_string())
}

fn no_pipe() -> Step {
    refused(
        INPUT,
        "internal server error: failed to open input pipe: open /home/user/.daytona/sessions/one/c1/input.pipe: no such file or directory",
    )
}

fn half_written() -> Step {
    refused(
        COMMAND,
        "internal server error: failed to convert exit code to int: strconv.Atoi: parsing \"\": invalid syntax",
    )
}

fn runs() -> Step {
    json_answer(COMMAND, 200, r#"{"id":"c1","command":"x"}"#)
}

fn ended() -> Step {
    json_answer(COMMAND, 200, r#"{"id":"c1","command":"x","exitCode":4}"#)
}

fn line() -> SendStdin {
    SendStdin {
        process: "p".to_owned(),
        data: "a line\n".into(),
        close: false,
    }
}

#[tokio::test]
async fn input_waits_for_the_pipe_of_a_command_that_runs() {
    let (script, t) = scripted(vec![
        no_pipe(),
        runs(),
        no_pipe(),
        half_written(),
        answer(INPUT, 204, "", ""),
    ])
    .await;
    let s = sandbox(&script);
    let sent = t.driver.send_stdin(&s, &process(), &line(), &t.cx).await;
    sent.unwrap();
    script.done();
}

#[tokio::test]
async fn a_command_that_has_ended_takes_no_input() {
    let (script, t) = scripted(vec![no_pipe(), ended()]).await;
    let s = sandbox(&script);
    let sent = t.driver.send_stdin(&s, &process(), &line(), &t.cx).await;
    let (class, words) = failed(sent);
    assert_eq!(class, FailureClass::NotFound);
    assert!(words.contains("failed to open input pipe"), "{words}");
    script.done();
}

#[tokio::test]
async fn other_refusals_of_input_are_told_at_once() {
    let words = "internal server error: failed to write to input pipe: broken";
    let (script, t) = scripted(vec![refused(INPUT, words)]).await;
    let s = sandbox(&script);
    let sent = t.driver.send_stdin(&s, &process(), &line(), &t.cx).await;
    assert_eq!(failed(sent).0, FailureClass::Internal);
    script.done();
}

#[tokio::test]
async fn an_exit_code_is_read_once_it_is_written() {
    let logs = r#"{"output":"o","stdout":"o","stderr":""}"#;
    let (script, t) = scripted(vec![
        runs(),
        half_written(),
        half_written(),
        ended(),
        json_answer(LOGS, 200, logs),
    ])
    .await;
    let s = sandbox(&script);
    let reply = t.driver.wait_process(&s, &process(), &t.cx).await.unwrap();
    assert_eq!(reply.exit_code, Some(4));
    script.done();
}
