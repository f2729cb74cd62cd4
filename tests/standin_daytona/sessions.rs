//! Sessions (contract 3.4, 3.5).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, answer};

#[tokio::test]
async fn versions_decide_how_a_log_is_shown() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let base = format!("/toolbox/{id}/process/session");
    let created = world
        .call(&format!("POST {base}"), json!({"sessionId": "a/../b"}))
        .await;
    assert_eq!(created, (201, Value::Null));
    let folder = format!("{base}/a%2F..%2Fb");
    let run = json!({"command": "echo o; sleep 0.2; echo e >&2"});
    let (status, done) = world
        .call(&format!("POST {folder}/exec"), run.clone())
        .await;
    let raw = "\u{1}\u{1}\u{1}o\n\u{2}\u{2}\u{2}e\n";
    let cid = done["cmdId"].as_str().unwrap();
    let expected = json!({
        "cmdId": cid, "output": raw, "stdout": "o\n", "stderr": "e\n", "exitCode": 0,
    });
    assert_eq!((status, &done), (200, &expected));
    let logs = format!("{folder}/command/{cid}/logs");
    let (_, shown) = world.call(&format!("GET {logs}"), Value::Null).await;
    assert_eq!(
        shown,
        json!({"output": raw, "stdout": "o\n", "stderr": "e\n"})
    );
    for (version, text) in [("0.30.0", raw), ("0.20.0", "o\ne\n")] {
        let url = format!("http://{}{logs}", world.standin.addr());
        let request = world.client.get(url).bearer_auth(world.standin.key());
        let request = request.header("X-Daytona-SDK-Version", version);
        assert_eq!(answer(request).await, (200, json!(text)), "{version}");
        let url = format!("http://{}{folder}/exec", world.standin.addr());
        let request = world.client.post(url).bearer_auth(world.standin.key());
        let request = request.header("X-Daytona-SDK-Version", version).json(&run);
        let (_, body) = answer(request).await;
        assert_eq!(
            (&body["output"], &body["stdout"]),
            (&json!(text), &Value::Null),
            "{version}"
        );
    }
    let follow = world
        .call(&format!("GET {logs}?follow=true"), Value::Null)
        .await;
    assert_eq!(follow, (200, json!(raw)));
    world.standin.stop().await;
}

#[tokio::test]
async fn a_command_that_ends_the_shell_hangs_until_the_session_is_deleted() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let base = format!("/toolbox/{id}/process/session");
    world
        .call(&format!("POST {base}"), json!({"sessionId": "s"}))
        .await;
    let exec = format!("{base}/s/exec");
    let request = world
        .request(Method::POST, &exec)
        .json(&json!({"command": "exit 3"}));
    let hanging = answer(request);
    tokio::pin!(hanging);
    let one_second = std::time::Duration::from_secs(1);
    assert!(
        tokio::time::timeout(one_second, &mut hanging)
            .await
            .is_err()
    );
    let (status, later) = world
        .call(&format!("POST {exec}"), json!({"command": "true"}))
        .await;
    assert_eq!(status, 500);
    let message = later["message"].as_str().unwrap();
    assert!(
        message.ends_with("failed to write command: write |1: broken pipe"),
        "{message}"
    );
    assert_eq!(
        world.call(&format!("DELETE {base}/s"), Value::Null).await,
        (204, Value::Null)
    );
    let (status, body) = hanging.await;
    let message = Some("failed to execute command: bad request: session cancelled");
    assert_eq!(
        (status, body["message"].as_str(), body.get("code")),
        (500, message, None)
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn refusals_are_the_daemons() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let base = format!("/toolbox/{id}/process/session");
    let reserved = "bad request: provided session ID is reserved and cannot be created/overridden";
    let cases = [
        (
            format!("POST {base}"),
            json!({"sessionId": "entrypoint"}),
            400,
            reserved,
        ),
        (
            format!("DELETE {base}/entrypoint"),
            Value::Null,
            400,
            reserved,
        ),
        (
            format!("GET {base}/none"),
            Value::Null,
            404,
            "not found: session not found",
        ),
        (
            format!("DELETE {base}/none"),
            Value::Null,
            404,
            "not found: session not found",
        ),
        (
            format!("POST {base}/none/exec"),
            json!({"command": "true"}),
            500,
            "failed to execute command: not found: session not found",
        ),
        (
            format!("POST {base}/entrypoint/exec"),
            json!({"command": "true"}),
            400,
            "bad request: can't execute command in entrypoint session",
        ),
    ];
    for (route, body, status, message) in cases {
        let (got, answer) = world.call(&route, body).await;
        assert_eq!(
            (got, answer["message"].as_str()),
            (status, Some(message)),
            "{route}"
        );
    }
    assert_eq!(world.call(&format!("POST {base}"), json!({})).await.0, 400);
    assert_eq!(
        world.call(&format!("GET {base}"), Value::Null).await,
        (200, json!([]))
    );
    world.standin.stop().await;
}
