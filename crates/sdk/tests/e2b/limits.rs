//! What never ends, ends.

use std::sync::Arc;
use std::time::Duration;

use cutover_sdk::e2b::{Command, Decoding, Shell};
use cutover_sdk::{Class, Ignore};

use super::server::Server;
use super::{INFO, account, answer, command, envelope, sandbox};

const SHORT: Duration = Duration::from_millis(300);

fn started() -> Vec<u8> {
    let frames = [
        envelope(0, r#"{"event":{"start":{}}}"#),
        envelope(0, r#"{"event":{"data":{"stdout":"w6k="}}}"#),
        envelope(0, r#"{"event":{"data":{"stderr":"ZQ=="}}}"#),
    ]
    .concat();
    let head = "HTTP/1.1 200 X\r\ncontent-type: application/connect+json\r\n\
                content-length: 9999\r\n\r\n";
    [head.as_bytes(), &frames, b"<wait>"].concat()
}

#[tokio::test]
async fn a_command_that_takes_too_long_tells_what_it_wrote() {
    let (server, sandbox) = sandbox(&[started()]).await;
    let line = "x".into();
    let slow = Command {
        timeout: Duration::from_secs(1),
        ..command(&line)
    };
    let failed = sandbox.run(slow).await.unwrap_err();
    assert_eq!(failed.error.class, Class::TimeLimit);
    let words = "[deadline_exceeded] the operation timed out: This error is likely due to \
                 exceeding 'timeoutMs'";
    assert!(failed.error.message.starts_with(words), "{}", failed.error);
    assert_eq!(failed.output.stdout, "é".as_bytes());
    assert_eq!(failed.output.stderr, b"e");
    server.left().await;
    let timeout = server.requests()[1]
        .header("connect-timeout-ms")
        .map(str::to_owned);
    assert_eq!(timeout.as_deref(), Some("1000"));
}

#[tokio::test]
async fn a_request_without_an_answer_is_given_up() {
    let server = Server::start(vec![]).await;
    let account = account(&server, Arc::new(Ignore)).within(SHORT);
    let error = account.info(&"abc".into()).await.unwrap_err();
    assert_eq!(error.message, "The operation was aborted due to timeout");
    server.left().await;
}

#[tokio::test]
async fn a_process_that_does_not_start_is_given_up() {
    let info = answer(200, "application/json", INFO.as_bytes());
    let head = b"HTTP/1.1 200 X\r\ncontent-type: application/connect+json\r\n\r\n<wait>";
    let server = Server::start(vec![info, head.to_vec()]).await;
    let account = account(&server, Arc::new(Ignore)).within(Duration::from_secs(1));
    let sandbox = account.connect(&"abc".into()).await.unwrap();
    let failed = sandbox.run(command(&"x".into())).await.unwrap_err();
    let words = "[canceled] This operation was aborted: This error is likely due to exceeding \
                 'requestTimeoutMs'. You can pass the request timeout value as an option when \
                 making the request.";
    assert_eq!(failed.error.message, words);
    server.left().await;
}

#[tokio::test]
async fn a_call_that_is_dropped_hangs_up() {
    let (server, sandbox) = sandbox(&[started()]).await;
    let line = "x".into();
    let mut running = Box::pin(sandbox.run(command(&line)));
    tokio::select! {
        ran = &mut running => panic!("{ran:?}"),
        () = async {
            while server.requests().len() < 2 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    drop(running);
    server.left().await;
}

#[tokio::test]
async fn a_file_of_more_bytes_than_wanted_is_none() {
    let file = |body: &[u8]| answer(200, "text/plain", body);
    let long = vec![b'a'; 70_000];
    let (_server, sandbox) = sandbox(&[file(b"abc"), file(b"abcd"), file(&long)]).await;
    let path = "/x".into();
    let read = sandbox.read_bytes(&path, 3).await;
    assert_eq!(read.unwrap().as_deref(), Some(&b"abc"[..]));
    assert_eq!(sandbox.read_bytes(&path, 3).await, Ok(None));
    assert_eq!(sandbox.read_bytes(&path, 3).await, Ok(None));
}

#[tokio::test]
async fn bytes_can_be_kept_and_the_profile_left_out() {
    let frames = [
        envelope(0, r#"{"event":{"start":{}}}"#),
        envelope(0, r#"{"event":{"data":{"stdout":"77u/ww=="}}}"#),
        envelope(0, r#"{"event":{"data":{"stdout":"qQ=="}}}"#),
        envelope(
            0,
            r#"{"event":{"end":{"exitCode":-1,"error":"signal: killed"}}}"#,
        ),
        envelope(2, "{}"),
    ]
    .concat();
    let stream = answer(200, "application/connect+json", &frames);
    let (server, sandbox) = sandbox(&[stream]).await;
    let line = "x".into();
    let plain = Command {
        shell: Shell::Plain,
        decoding: Decoding::Whole,
        ..command(&line)
    };
    let ran = sandbox.run(plain).await.unwrap();
    assert_eq!(ran.output.stdout, "\u{feff}é".as_bytes());
    assert_eq!((ran.exit_code, ran.error), (-1, "signal: killed".into()));
    let sent = String::from_utf8(server.requests()[1].body[5..].to_vec()).unwrap();
    assert_eq!(sent, r#"{"process":{"cmd":"/bin/bash","args":["-c","x"]}}"#);
    let id = server.requests()[1]
        .header("e2b-sandbox-id")
        .map(str::to_owned);
    assert_eq!(id.as_deref(), Some("abc"));
}
