//! Code of a named language (contract 2.4): run by the real programs where the sandbox has them.

use serde_json::{Value, json};

use crate::support::World;

/// Whether a sandbox has a program.
async fn has(world: &World, id: &str, program: &str) -> bool {
    let probe = json!({"command": format!("command -v {program}")});
    world.execute(id, probe).await.1["exitCode"] == 0
}

async fn run(world: &World, id: &str, body: Value) -> (u16, Value) {
    let route = format!("POST /toolbox/{id}/process/code-run");
    world.call(&route, body).await
}

#[tokio::test]
async fn code_runs_or_the_output_says_why_not() {
    let world = World::start().await;
    let id = world.make(json!({"env": {"FROM": "create"}})).await;
    let python = "import os, sys\nprint(sys.argv[1:], os.environ['A'], os.environ['FROM'])\nsys.stderr.write('err\\n')\nsys.exit(3)";
    let node = "console.log(process.argv.slice(1).join('|'), process.env.A); process.exit(4)";
    let cases = [
        (
            "python3",
            "python",
            python,
            3,
            "['a', 'b', 'c'] x y create\nerr\n",
        ),
        ("node", "javascript", node, 4, "a|b|c x y\n"),
    ];
    for (program, language, code, exit_code, result) in cases {
        let order = json!({
            "code": code, "language": language, "argv": ["a b", "c"], "envs": {"A": "x y"},
        });
        let (status, body) = run(&world, &id, order).await;
        assert_eq!(status, 200, "{body}");
        if has(&world, &id, program).await {
            let expected = json!({"exitCode": exit_code, "result": result});
            assert_eq!(body, expected, "{language}");
        } else {
            assert_eq!(body["exitCode"], 127, "{body}");
        }
    }
    if !has(&world, &id, "npx").await {
        let order = json!({"code": "const a: number = 1", "language": "typescript"});
        let (status, body) = run(&world, &id, order).await;
        assert_eq!((status, &body["exitCode"]), (200, &json!(127)), "{body}");
        let found = json!({"command": "ls /tmp/dtn_* 2>/dev/null"});
        assert_eq!(world.execute(&id, found).await.1["result"], "");
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn charts_are_taken_out_of_the_output() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    if !has(&world, &id, "python3").await {
        return;
    }
    let code = r#"
import json
print("before")
chart = {"type": "line", "title": "T", "png": "aGk=", "elements": [{"label": "l", "points": [[1, 2]]}]}
print("dtn_artifact_k39fd2:" + json.dumps({"type": "chart", "value": chart}))
print("after")
"#;
    let (status, body) = run(&world, &id, json!({"code": code, "language": "python"})).await;
    let chart = json!({
        "type": "line", "title": "T", "png": "aGk=",
        "elements": [{"label": "l", "points": [[1, 2]]}],
    });
    let expected = json!({
        "exitCode": 0, "result": "before\nafter\n", "artifacts": {"charts": [chart]},
    });
    assert_eq!((status, body), (200, expected));
    world.standin.stop().await;
}

#[tokio::test]
async fn refusals_and_the_time_limit() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let missing = |field: &str| {
        format!(
            "invalid body request: Key: 'CodeRunRequest.{field}' Error:Field validation for \
             '{field}' failed on the 'required' tag"
        )
    };
    let cases = [
        (json!({"language": "python"}), 400, missing("Code")),
        (json!({"code": "1"}), 400, missing("Language")),
        (
            json!({"code": "1", "language": "ruby"}),
            400,
            "bad request: unsupported language: ruby".to_owned(),
        ),
        (
            json!({"code": "1", "language": "python", "envs": {"A-B": "x"}}),
            400,
            "bad request: invalid environment variable name: 'A-B'".to_owned(),
        ),
        (
            json!({"code": "import time; time.sleep(60)", "language": "python", "timeout": 1}),
            408,
            "request timeout: command execution timeout".to_owned(),
        ),
    ];
    for (order, status, message) in cases {
        if status == 408 && !has(&world, &id, "python3").await {
            continue;
        }
        let (got, body) = run(&world, &id, order.clone()).await;
        assert_eq!(
            (got, body["message"].as_str()),
            (status, Some(message.as_str())),
            "{order}"
        );
    }
    world.standin.stop().await;
}
