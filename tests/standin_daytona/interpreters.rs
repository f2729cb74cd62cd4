//! Interpreters (contract 2.4): a real Python where the sandbox has one.

use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Heard, World};

/// A sandbox with Python; `None` where the machine has none.
async fn with_python(world: &World) -> Option<String> {
    let id = world.make(json!({})).await;
    let probe = json!({"command": "command -v python3"});
    let found = world.execute(&id, probe).await.1["exitCode"] == 0;
    found.then_some(id)
}

/// Sends one order and listens to the end.
async fn run(world: &World, id: &str, order: &Value) -> Heard {
    let url = format!("/toolbox/{id}/process/interpreter/execute");
    let mut socket = world.socket(&url, &[]).await.unwrap();
    let message = Message::Text(order.to_string().into());
    socket.inner.send(message).await.unwrap();
    socket.hear_out().await
}

/// What was printed to a stream.
fn printed(heard: &Heard, stream: &str) -> String {
    let of_it = heard.texts.iter().filter(|text| text["type"] == stream);
    of_it.map(|text| text["text"].as_str().unwrap()).collect()
}

const NORMALLY: Option<(u16, String)> = Some((1000, String::new()));

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "most of it is data")]
async fn names_last_from_run_to_run_and_contexts_are_apart() {
    let world = World::start().await;
    let Some(id) = with_python(&world).await else {
        return;
    };
    let context = format!("/toolbox/{id}/process/interpreter/context");
    let (status, made) = world
        .call(&format!("POST {context}"), json!({"cwd": "/tmp"}))
        .await;
    assert_eq!(
        (status, &made["cwd"], &made["active"]),
        (200, &json!("/tmp"), &json!(true))
    );
    assert_eq!(made["language"], "python");
    let own = made["id"].as_str().unwrap();
    let order = |code: &str, context: Option<&str>| match context {
        None => json!({"code": code, "envs": {"E": "v"}}),
        Some(context) => json!({"code": code, "contextId": context}),
    };
    let cases = [
        ("x = 1", None, "", ""),
        (
            "print(x); import sys; print('e', file=sys.stderr)",
            None,
            "1\n",
            "e\n",
        ),
        ("x = 2", Some(own), "", ""),
        (
            "import os; print(x, os.getcwd())",
            Some(own),
            "2 /tmp\n",
            "",
        ),
        (
            "import os; print(x, os.getcwd(), os.environ['E'])",
            None,
            "1 /home/user v\n",
            "",
        ),
        (
            "import os; print('E' in os.environ)",
            Some(own),
            "False\n",
            "",
        ),
        (
            "import os; os.write(1, b'raw\\n'); print('ü', end='')",
            None,
            "ü",
            "",
        ),
        ("raise SystemExit(3)", None, "", ""),
    ];
    for (code, context, stdout, stderr) in cases {
        let heard = run(&world, &id, &order(code, context)).await;
        assert_eq!(heard.close, NORMALLY, "{code}: {heard:?}");
        let both = (printed(&heard, "stdout"), printed(&heard, "stderr"));
        assert_eq!(both, (stdout.to_owned(), stderr.to_owned()), "{code}");
        let last = json!({"type": "control", "text": "completed"});
        assert_eq!(heard.texts.last(), Some(&last), "{code}");
    }
    let (_, listed) = world.call(&format!("GET {context}"), Value::Null).await;
    assert_eq!(
        listed,
        json!({"contexts": [made]}),
        "the default one is not listed"
    );
    let delete = format!("DELETE {context}/{own}");
    let deleted = json!({"message": "Context deleted successfully"});
    assert_eq!(world.call(&delete, Value::Null).await, (200, deleted));
    let heard = run(&world, &id, &order("1", Some(own))).await;
    assert_eq!(
        heard.close,
        Some((1008, format!("context not found: {own}")))
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn failures_are_told_with_their_lines() {
    let world = World::start().await;
    let Some(id) = with_python(&world).await else {
        return;
    };
    let cases = [
        (
            "def f():\n    return 1 / 0\nf()",
            "ZeroDivisionError",
            "division by zero",
            "Traceback (most recent call last):\n  File \"<stdin>\", line 3\n  File \"<stdin>\", \
             line 2\nZeroDivisionError: division by zero\n",
        ),
        (
            "unknown",
            "NameError",
            "name 'unknown' is not defined",
            "line 1",
        ),
        ("if", "SyntaxError", "invalid syntax", "SyntaxError"),
    ];
    for (code, name, value, traceback) in cases {
        let heard = run(&world, &id, &json!({"code": code})).await;
        assert_eq!(heard.close, NORMALLY);
        let error = heard
            .texts
            .iter()
            .find(|text| text["type"] == "error")
            .unwrap();
        assert_eq!(error["name"], name);
        assert!(error["value"].as_str().unwrap().contains(value), "{error}");
        assert!(
            error["traceback"].as_str().unwrap().contains(traceback),
            "{error}"
        );
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn slow_code_is_interrupted_then_killed() {
    let world = World::start().await;
    let Some(id) = with_python(&world).await else {
        return;
    };
    assert_eq!(
        run(&world, &id, &json!({"code": "x = 1"})).await.close,
        NORMALLY
    );
    let slow = json!({"code": "import time; time.sleep(60)", "timeout": 1});
    let timed_out = Some((4008, String::new()));
    assert_eq!(run(&world, &id, &slow).await.close, timed_out);
    let heard = run(&world, &id, &json!({"code": "print(x)"})).await;
    assert_eq!(
        printed(&heard, "stdout"),
        "1\n",
        "an interrupted one keeps its names"
    );
    let stubborn = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n\
                    while True: time.sleep(1)";
    let heard = run(&world, &id, &json!({"code": stubborn, "timeout": 1})).await;
    assert_eq!(heard.close, timed_out);
    let heard = run(&world, &id, &json!({"code": "print('x' in globals())"})).await;
    assert_eq!(
        printed(&heard, "stdout"),
        "False\n",
        "a killed one begins anew"
    );
    let heard = run(&world, &id, &json!({"code": "import os; os._exit(1)"})).await;
    assert_eq!(heard.close, Some((1001, "worker process ended".to_owned())));
    let large = json!({"code": "print('x' * 3_000_000)"});
    let heard = run(&world, &id, &large).await;
    let whole = printed(&heard, "stdout").len() == 3_000_001;
    let slow = heard.close == Some((1008, "slow consumer".to_owned()));
    assert!((whole && heard.close == NORMALLY) || slow);
    world.standin.stop().await;
}

#[tokio::test]
async fn orders_that_are_none_are_refused() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let cases = [
        (json!(3), 1002, "invalid JSON payload"),
        (json!({"code": 3}), 1002, "invalid JSON payload"),
        (json!({}), 1008, "code is required"),
        (json!({"code": ""}), 1008, "code is required"),
        (
            json!({"code": "1", "timeout": -1}),
            1008,
            "timeout must be greater than or equal to 0",
        ),
        (
            json!({"code": "1", "contextId": "x"}),
            1008,
            "context not found: x",
        ),
    ];
    for (order, code, reason) in cases {
        let heard = run(&world, &id, &order).await;
        assert_eq!(heard.close, Some((code, reason.to_owned())), "{order}");
    }
    let context = format!("/toolbox/{id}/process/interpreter/context");
    let refused = [
        (
            format!("POST {context}"),
            json!({"language": "ruby"}),
            400,
            "bad request: unsupported language: ruby (only 'python' is supported currently)",
        ),
        (
            format!("DELETE {context}/default"),
            Value::Null,
            400,
            "bad request: cannot delete default context",
        ),
        (
            format!("DELETE {context}/x"),
            Value::Null,
            404,
            "not found: context with ID 'x' not found",
        ),
    ];
    for (route, body, status, message) in refused {
        let (got, said) = world.call(&route, body).await;
        assert_eq!(
            (got, said["message"].as_str()),
            (status, Some(message)),
            "{route}"
        );
    }
    let (status, said) = world
        .call(&format!("POST {context}"), json!({"cwd": "/none"}))
        .await;
    assert_eq!(
        (status, &said["code"]),
        (500, &json!("INTERNAL_SERVER_ERROR"))
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn a_stop_ends_interpreters() {
    let world = World::start().await;
    let Some(id) = with_python(&world).await else {
        return;
    };
    let url = format!("/toolbox/{id}/process/interpreter/execute");
    let mut socket = world.socket(&url, &[]).await.unwrap();
    let order = json!({"code": "import time\nprint('on', flush=True)\ntime.sleep(100)"});
    let message = Message::Text(order.to_string().into());
    socket.inner.send(message).await.unwrap();
    socket
        .until(|heard| printed(heard, "stdout") == "on\n")
        .await;
    let stopped = tokio::time::timeout(crate::support::PATIENCE, world.standin.stop());
    assert!(stopped.await.is_ok());
    assert_eq!(socket.hear_out().await.close, None);
}
