//! Commands (contract 3.1 to 3.3).

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, answer};

#[tokio::test]
async fn commands_run_as_the_daemon_runs_them() {
    let world = World::start().await;
    let id = world
        .make(json!({"env": {"FROM": "create", "HOSTNAME": "mine"}}))
        .await;
    let cases = [
        ("echo o; echo e >&2; echo o", 0, "o\ne\no\n"),
        ("cat\necho hi", 0, "echo hi"),
        ("printf '%s|%s' \"$FROM\" \"$HOSTNAME\"", 0, "create|mine"),
        (
            "printf %s \"${SHELL_NAME-none}${USER-none}\"",
            0,
            "nonenone",
        ),
        (
            "printf '\\377\\342\\202A<&>\\0'",
            0,
            "\u{fffd}\u{fffd}\u{fffd}A<&>\0",
        ),
        ("kill -9 $$", -1, ""),
        ("bash -c 'kill -TERM $$' 2>/dev/null; exit 300", 44, ""),
        ("false; true", 0, ""),
    ];
    for (command, exit_code, wanted) in cases {
        let (status, body) = world
            .execute(&id, json!({"command": command, "timeout": 20}))
            .await;
        assert_eq!(status, 200, "{command}: {body}");
        assert_eq!(body["exitCode"], exit_code, "{command}: {body}");
        let result = body["result"].as_str().unwrap();
        // A shell may say that a child was killed; the rest is exact.
        assert!(
            result == wanted || command.starts_with("bash"),
            "{command}: {result:?}"
        );
    }
    let raw = world.request(Method::POST, &format!("/toolbox/{id}/process/execute"));
    let raw = raw
        .json(&json!({"command": "printf '<&>\\377'"}))
        .send()
        .await
        .unwrap();
    let text = raw.text().await.unwrap();
    assert_eq!(
        text,
        r#"{"exitCode":0,"result":"\u003c\u0026\u003e\ufffd"}"#
    );
    for cwd in ["/no/such", "/etc/passwd"] {
        let (status, body) = world
            .execute(&id, json!({"command": "pwd", "cwd": cwd}))
            .await;
        assert_eq!((status, &body["exitCode"]), (200, &json!(-1)), "{body}");
        let result = body["result"].as_str().unwrap();
        let reason = if cwd == "/no/such" {
            "no such file or directory"
        } else {
            "not a directory"
        };
        assert!(
            result.starts_with("fork/exec /") && result.ends_with(reason),
            "{result}"
        );
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn refusals_come_in_order() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let required = "bad request: invalid request body: Key: 'ExecuteRequest.Command' Error:Field \
                    validation for 'Command' failed on the 'required' tag";
    let cases = [
        (json!({}), required),
        (json!({"command": ""}), required),
        (
            json!({"command": " \n\t", "envs": {"X-Y": "1"}}),
            "bad request: command cannot be empty or whitespace-only",
        ),
        (
            json!({"command": "x", "envs": {"X-Y": "1"}}),
            "bad request: invalid environment variable name: 'X-Y'",
        ),
        (
            json!({"command": "", "timeout": -1}),
            "bad request: invalid request body: json: cannot unmarshal number -1 into Go struct \
             field ExecuteRequest.timeout of type uint32",
        ),
        (
            json!({"command": "x", "timeout": 1.5}),
            "bad request: invalid request body: json: cannot unmarshal number 1.5 into Go struct \
             field ExecuteRequest.timeout of type uint32",
        ),
    ];
    for (body, message) in cases {
        let (status, got) = world.execute(&id, body.clone()).await;
        assert_eq!(
            (status, got["message"].as_str()),
            (400, Some(message)),
            "{body}"
        );
        assert_eq!(
            (&got["code"], &got["path"]),
            (&json!("BAD_REQUEST"), &json!("/process/execute"))
        );
    }
    for (path, status, text) in [
        ("nonsense", 404, "404 page not found"),
        ("process/execute", 404, "404 page not found"),
    ] {
        let (got, body) =
            answer(world.request(Method::GET, &format!("/toolbox/{id}/{path}"))).await;
        assert_eq!((got, body), (status, json!(text)));
    }
    let moved = world
        .request(Method::GET, &format!("/toolbox/{id}/version/"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            moved.status().as_u16(),
            moved.headers()["location"].to_str().unwrap()
        ),
        (301, "/version")
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn a_time_limit_ends_the_whole_group() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    for command in [
        "echo lost; sleep 100",
        "sleep 100 & exit 0",
        "trap '' TERM; sleep 100",
    ] {
        let (status, body) = world
            .execute(&id, json!({"command": command, "timeout": 1}))
            .await;
        let message = Some("request timeout: command execution timeout");
        assert_eq!(
            (status, body["message"].as_str()),
            (408, message),
            "{command}"
        );
        assert_eq!(body["code"], "REQUEST_TIMEOUT");
    }
    let begun = Instant::now();
    let background = json!({"command": "nohup sleep 100 >/dev/null 2>&1 &"});
    assert_eq!(world.execute(&id, background).await.1["exitCode"], 0);
    assert!(begun.elapsed() < Duration::from_secs(20));
    world.standin.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_end_the_command() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let url = format!("/toolbox/{id}/process/execute");
    let request = world.request(Method::POST, &url);
    let request = request.json(&json!({"command": "touch begun; sleep 1; touch ended"}));
    let sent = request.timeout(Duration::from_millis(300)).send().await;
    assert!(sent.is_err());
    let look = json!({"command": "until [ -e ended ]; do sleep 0.05; done; ls", "timeout": 30});
    let (_, body) = world.execute(&id, look).await;
    assert_eq!(body["result"], "begun\nended\n");
    world.standin.stop().await;
}

#[tokio::test]
async fn a_large_output_arrives_whole() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let command = "head -c 8000000 /dev/zero | tr '\\0' '<'";
    let (_, body) = world.execute(&id, json!({"command": command})).await;
    let result = body["result"].as_str().unwrap();
    assert_eq!(result.len(), 8_000_000);
    assert!(result.bytes().all(|byte| byte == b'<'));
    world.standin.stop().await;
}

#[tokio::test]
async fn the_shell_can_be_swapped() {
    let world = World::with(|options| options.swap_shell = true).await;
    let id = world.make(json!({})).await;
    let (_, body) = world
        .execute(
            &id,
            json!({"command": "cat\necho hi; echo e >&2; shopt login_shell"}),
        )
        .await;
    assert_eq!(body["result"], "hi\ne\nlogin_shell    \ton\n");
    let unknown = world
        .call(&format!("POST /toolbox/{id}/lsp/start"), Value::Null)
        .await;
    assert_eq!(unknown.0, 501);
    world.standin.stop().await;
}
