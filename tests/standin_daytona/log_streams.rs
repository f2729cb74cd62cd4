//! Logs of session commands over websockets and as chunked answers (contract 2.4, 3.4, 3.5): each
//! test runs a real command and listens until the end that the daemon would give.

use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, answer};

const MODERN: (&str, &str) = ("x-daytona-sdk-version", "0.226.1");

/// A sandbox with session `s`; its id and the session's path.
async fn with_session(world: &World) -> (String, String) {
    let id = world.make(json!({})).await;
    let base = format!("/toolbox/{id}/process/session");
    let create = world
        .call(&format!("POST {base}"), json!({"sessionId": "s"}))
        .await;
    assert_eq!(create.0, 201);
    (id, format!("{base}/s"))
}

/// Puts a command into a session; its path.
async fn start(world: &World, session: &str, command: &str) -> String {
    let body = json!({"command": command, "runAsync": true});
    let (status, put) = world.call(&format!("POST {session}/exec"), body).await;
    assert_eq!(status, 202);
    format!("{session}/command/{}", put["cmdId"].as_str().unwrap())
}

/// What `seq 1 last` prints.
fn lines_to(last: usize) -> String {
    let numbers: Vec<String> = (1..=last).map(|n| n.to_string()).collect();
    numbers.join("\n") + "\n"
}

#[tokio::test]
async fn a_followed_log_comes_whole_in_small_frames_and_ends_normally() {
    let world = World::start().await;
    let (_, session) = with_session(&world).await;
    let cases = [
        ("true", String::new(), ""),
        ("echo o; sleep 0.1; echo e >&2", "o\n".to_owned(), "e\n"),
        ("seq 1 3000", lines_to(3000), ""),
        ("echo a; sleep 0.3; printf b", "a\nb\n".to_owned(), ""),
    ];
    for (command, stdout, stderr) in cases {
        let path = start(&world, &session, command).await;
        let url = format!("{path}/logs?follow=true");
        let mut socket = world.socket(&url, &[MODERN]).await.unwrap();
        let heard = socket.hear_out().await;
        assert_eq!(heard.close, Some((1000, String::new())), "{command}");
        assert!(heard.frames.iter().all(|frame| frame.len() <= 1024));
        let (_, logs) = world.call(&format!("GET {path}/logs"), Value::Null).await;
        let raw = String::from_utf8(heard.bytes()).unwrap();
        assert_eq!(logs["output"], raw, "{command}");
        let wanted = (&json!(stdout), &json!(stderr));
        assert_eq!((&logs["stdout"], &logs["stderr"]), wanted, "{command}");
        // The same as a chunked answer.
        let stream = world
            .call(&format!("GET {path}/logs?follow=true"), Value::Null)
            .await;
        let expected = if raw.is_empty() {
            Value::Null
        } else {
            json!(raw)
        };
        assert_eq!(stream, (200, expected), "{command}");
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn versions_decide_whether_markers_are_sent() {
    let world = World::start().await;
    let (_, session) = with_session(&world).await;
    let path = start(&world, &session, "echo o; sleep 0.1; echo e >&2").await;
    let raw = "\u{1}\u{1}\u{1}o\n\u{2}\u{2}\u{2}e\n";
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[MODERN], raw),
        (&[("x-daytona-sdk-version", "0.30.0")], raw),
        (&[("x-daytona-sdk-version", "0.20.0")], "o\ne\n"),
        (&[], "o\ne\n"),
        (
            &[("sec-websocket-protocol", "x, X-Daytona-SDK-Version~0.190.0")],
            raw,
        ),
    ];
    for (headers, expected) in cases {
        let url = format!("{path}/logs?follow=true");
        let mut socket = world.socket(&url, headers).await.unwrap();
        let heard = socket.hear_out().await;
        assert_eq!(
            String::from_utf8(heard.bytes()).unwrap(),
            expected,
            "{headers:?}"
        );
        assert_eq!(heard.close, Some((1000, String::new())));
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn without_follow_a_running_command_shows_what_is_there() {
    let world = World::start().await;
    let (_, session) = with_session(&world).await;
    let path = start(&world, &session, "echo ready; read line; echo got $line").await;
    let until_ready = async {
        loop {
            let (_, logs) = world.call(&format!("GET {path}/logs"), Value::Null).await;
            if logs["stdout"] == "ready\n" {
                break;
            }
        }
    };
    until_ready.await;
    let mut socket = world
        .socket(&format!("{path}/logs"), &[MODERN])
        .await
        .unwrap();
    let heard = socket.hear_out().await;
    assert_eq!(heard.bytes(), b"\x01\x01\x01ready\n");
    assert_eq!(heard.close, Some((1000, String::new())));
    // One that follows sees the input, its echo and what comes of it.
    let url = format!("{path}/logs?follow=true");
    let mut follower = world.socket(&url, &[MODERN]).await.unwrap();
    let first = follower.until(|heard| !heard.frames.is_empty()).await;
    assert_eq!(first.bytes(), b"\x01\x01\x01ready\n");
    let input = world
        .call(&format!("POST {path}/input"), json!({"data": "x"}))
        .await;
    assert_eq!(input, (204, Value::Null));
    let rest = follower.hear_out().await;
    let text = String::from_utf8(rest.bytes()).unwrap();
    assert!(text.contains("\u{1}\u{1}\u{1}got x\n"), "{text:?}");
    assert_eq!(rest.close, Some((1000, String::new())));
    let (status, gone) = world
        .call(&format!("POST {path}/input"), json!({"data": "x"}))
        .await;
    let message = "gone: command has already completed with exit code 0";
    assert_eq!((status, gone["message"].as_str()), (410, Some(message)));
    world.standin.stop().await;
}

#[tokio::test]
async fn a_deleted_session_ends_its_streams() {
    let world = World::start().await;
    let (_, session) = with_session(&world).await;
    let path = start(&world, &session, "echo a; sleep 100").await;
    let url = format!("{path}/logs?follow=true");
    let mut socket = world.socket(&url, &[MODERN]).await.unwrap();
    socket.until(|heard| !heard.frames.is_empty()).await;
    let deleted = world.call(&format!("DELETE {session}"), Value::Null).await;
    assert_eq!(deleted.0, 204);
    let heard = socket.hear_out().await;
    assert_eq!(heard.close, Some((1000, String::new())));
    world.standin.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_and_a_stop_leave_nothing_behind() {
    let world = World::start().await;
    let (id, session) = with_session(&world).await;
    let path = start(&world, &session, "echo a; sleep 100").await;
    let url = format!("{path}/logs?follow=true");
    // One drops the connection, one closes it in good order, one leaves a chunked answer.
    let mut rude = world.socket(&url, &[MODERN]).await.unwrap();
    rude.until(|heard| !heard.frames.is_empty()).await;
    drop(rude);
    let mut polite = world.socket(&url, &[MODERN]).await.unwrap();
    polite.until(|heard| !heard.frames.is_empty()).await;
    polite.inner.close(None).await.unwrap();
    polite.hear_out().await;
    let request = world.request(Method::GET, &url);
    let mut chunked = request.send().await.unwrap().bytes_stream();
    assert!(chunked.next().await.unwrap().is_ok());
    drop(chunked);
    // A stop of the sandbox breaks the connection that is left.
    let mut last = world.socket(&url, &[MODERN]).await.unwrap();
    last.until(|heard| !heard.frames.is_empty()).await;
    let stop = format!("POST /api/sandbox/{id}/stop?force=true");
    assert_eq!(world.call(&stop, Value::Null).await.0, 200);
    assert_eq!(last.hear_out().await.close, None);
    world.until(&id, "stopped").await;
    // The stop of the stand-in waits for every task: it would hang if one were left.
    let stopped = tokio::time::timeout(crate::support::PATIENCE, world.standin.stop());
    assert!(stopped.await.is_ok());
}

#[tokio::test]
async fn refusals_come_instead_of_the_upgrade() {
    let world = World::start().await;
    let (id, session) = with_session(&world).await;
    let cases = [
        (
            format!("{session}/command/none/logs?follow=true"),
            "not found: command not found",
        ),
        (
            format!("/toolbox/{id}/process/session/none/command/x/logs?follow=true"),
            "not found: session not found",
        ),
    ];
    for (url, message) in cases {
        let (status, body) = world.socket(&url, &[MODERN]).await.map(drop).unwrap_err();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, body["message"].as_str()), (404, Some(message)));
        let (status, body) = answer(world.request(Method::GET, &url)).await;
        assert_eq!((status, body["message"].as_str()), (404, Some(message)));
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn the_entrypoint_has_a_session_of_its_own() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let base = format!("/toolbox/{id}/process/session");
    let (status, shown) = world
        .call(&format!("GET {base}/entrypoint"), Value::Null)
        .await;
    let commands = json!([{"id": "entrypoint_command", "command": "sleep infinity"}]);
    let expected = json!({"sessionId": "entrypoint", "commands": commands});
    assert_eq!((status, shown), (200, expected));
    let logs = world
        .call(&format!("GET {base}/entrypoint/logs"), Value::Null)
        .await;
    let nothing = json!({"output": "", "stdout": "", "stderr": ""});
    assert_eq!(logs, (200, nothing));
    let url = format!("{base}/entrypoint/logs");
    let mut socket = world.socket(&url, &[MODERN]).await.unwrap();
    assert_eq!(socket.hear_out().await.close, Some((1000, String::new())));
    let listed = world.call(&format!("GET {base}"), Value::Null).await;
    assert_eq!(listed, (200, json!([])), "it is not listed");
    world.standin.stop().await;
}
