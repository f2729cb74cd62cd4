//! Time and size: what Node would wait for in minutes, with limits of milliseconds.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_js::fetch::{Client, FetchError, Limits};
use serde_json::json;

use super::servers::Servers;

const SHORT: Duration = Duration::from_millis(80);

/// Asks a server that sends this and then nothing; gives what is wrong with its answer.
async fn ask(send: &str, limits: Limits) -> FetchError {
    let servers = Servers::start(&[json!({ "send": STANDARD.encode(send), "then": "keep" })]).await;
    let client = Client::with_limits(limits);
    match client
        .post_json(&servers.filled("http://{here}/"), &[], "")
        .await
    {
        Ok(answer) => answer.bytes().await.expect_err("all of these are broken"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn headers_that_do_not_come_are_a_failed_fetch() {
    let limits = Limits {
        headers: SHORT,
        ..Limits::default()
    };
    let error = ask("HTTP/1.1 200 OK\r\n", limits).await;
    assert!(matches!(error, FetchError::Failed(_)), "{error:?}");
}

#[tokio::test]
async fn a_body_that_stalls_is_terminated() {
    let limits = Limits {
        body_idle: SHORT,
        ..Limits::default()
    };
    let error = ask("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", limits).await;
    assert!(matches!(error, FetchError::Terminated(_)), "{error:?}");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_no_string() {
    let limits = Limits {
        body_bytes_max: 3,
        ..Limits::default()
    };
    let error = ask("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd", limits).await;
    assert!(matches!(error, FetchError::TooLong), "{error:?}");
}
