//! The daemon's environment, ports, measurements and what it has not (contract 2.6).

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn the_environment_changes_for_what_starts_afterwards() {
    let world = World::start().await;
    let id = world
        .make(json!({"env": {"A": "create", "SECRET": "dtn_x"}}))
        .await;
    let show = json!({"command": "echo ${A-none} ${B-none} ${SECRET-none}"});
    let env = format!("POST /toolbox/{id}/env");
    let cases = [
        (json!({}), "create none dtn_x\n"),
        (json!({"set": {"B": "b"}, "unset": ["A"]}), "none b dtn_x\n"),
        (json!({"set": {"A": "again"}}), "again b dtn_x\n"),
        (
            json!({"unset": ["A"], "set": {"A": "won"}}),
            "won b dtn_x\n",
        ),
        (json!({"unsetValuePrefix": "dtn_"}), "won b none\n"),
        (
            json!({"set": {"SECRET": "dtn_y"}, "unsetValuePrefix": "dtn_"}),
            "won b dtn_y\n",
        ),
    ];
    for (change, expected) in cases {
        let (status, body) = world.call(&env, change.clone()).await;
        assert!(status == 200 && body.is_object(), "{change}: {body}");
        assert_eq!(
            world.execute(&id, show.clone()).await.1["result"],
            expected,
            "{change}"
        );
    }
    for change in [
        json!({"set": {"A-B": "x"}}),
        json!({"set": ["x"]}),
        json!({"unset": 1}),
    ] {
        assert_eq!(world.call(&env, change.clone()).await.0, 400, "{change}");
    }
    // A boot forgets it.
    let stop = format!("POST /api/sandbox/{id}/stop?force=true");
    assert_eq!(world.call(&stop, Value::Null).await.0, 200);
    world.until(&id, "stopped").await;
    let start = format!("POST /api/sandbox/{id}/start");
    assert_eq!(world.call(&start, Value::Null).await.0, 200);
    world.until(&id, "started").await;
    assert_eq!(
        world.execute(&id, show).await.1["result"],
        "create none dtn_x\n"
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn ports_are_those_where_something_listens() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let probe = json!({"command": "command -v python3"});
    if world.execute(&id, probe).await.1["exitCode"] == 0 {
        let code = "import socket, time\nfor port in range(4000, 9999):\n    s = socket.socket()\n    \
                    try:\n        s.bind(('127.0.0.1', port))\n        break\n    except OSError:\n        \
                    pass\ns.listen()\nprint(port, flush=True)\ntime.sleep(100)";
        let listen = format!(
            "cat > l.py <<'END'\n{code}\nEND\nnohup python3 l.py > port 2>&1 </dev/null &\n\
             until [ -s port ]; do sleep 0.02; done; cat port"
        );
        let (_, started) = world.execute(&id, json!({"command": listen})).await;
        let port: u16 = started["result"].as_str().unwrap().trim().parse().unwrap();
        let (status, ports) = world
            .call(&format!("GET /toolbox/{id}/port"), Value::Null)
            .await;
        assert_eq!(status, 200);
        assert!(
            ports["ports"].as_array().unwrap().contains(&json!(port)),
            "{ports}"
        );
        let used = format!("GET /toolbox/{id}/port/{port}/in-use");
        assert_eq!(
            world.call(&used, Value::Null).await,
            (200, json!({"isInUse": true}))
        );
    }
    let unused = format!("GET /toolbox/{id}/port/3999/in-use");
    assert_eq!(
        world.call(&unused, Value::Null).await,
        (200, json!({"isInUse": false}))
    );
    let range = "bad request: port out of range: must be between 3000 and 9999";
    let number = "bad request: invalid port: must be a number between 3000 and 9999";
    for (port, message) in [
        ("2999", range),
        ("70000", range),
        ("-1", range),
        ("x", number),
    ] {
        let route = format!("GET /toolbox/{id}/port/{port}/in-use");
        let (status, body) = world.call(&route, Value::Null).await;
        assert_eq!(
            (status, body["message"].as_str()),
            (400, Some(message)),
            "{port}"
        );
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn places_versions_and_what_is_not_there() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let cases = [
        ("work-dir", json!({"dir": "/home/user"})),
        ("project-dir", json!({"dir": "/home/user"})),
        ("user-home-dir", json!({"dir": "/home/user"})),
        ("version", json!({"version": "v0.190.0"})),
    ];
    for (path, expected) in cases {
        let route = format!("GET /toolbox/{id}/{path}");
        assert_eq!(
            world.call(&route, Value::Null).await,
            (200, expected),
            "{path}"
        );
    }
    for route in [
        "GET computeruse/status",
        "POST computeruse/recordings/start",
    ] {
        let (method, path) = route.split_once(' ').unwrap();
        let route = format!("{method} /toolbox/{id}/{path}");
        let (status, body) = world.call(&route, Value::Null).await;
        let message = "Computer-use functionality is not available";
        assert_eq!((status, &body["message"]), (503, &json!(message)));
    }
    for path in ["lsp/start", "lsp/completions"] {
        let (status, body) = world
            .call(&format!("POST /toolbox/{id}/{path}"), json!({}))
            .await;
        let message = format!("the stand-in does not implement POST /{path}");
        assert_eq!((status, &body["message"]), (501, &json!(message)));
    }
    let (status, body) = world
        .call(&format!("GET /toolbox/{id}/nothing"), Value::Null)
        .await;
    assert_eq!((status, body), (404, json!("404 page not found")));
    world.standin.stop().await;
}

#[tokio::test]
async fn measurements_are_taken_or_refused_by_name() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let route = format!("GET /toolbox/{id}/system/metrics");
    let (status, body) = world.call(&route, Value::Null).await;
    if status == 501 {
        let message = "the stand-in does not implement GET /system/metrics on this engine";
        assert_eq!(body["message"], message);
    } else {
        assert_eq!((status, &body["cpuCount"]), (200, &json!(1)));
        let number = |field: &str| body[field].as_u64().unwrap();
        assert_eq!(number("diskTotal"), number("diskUsed") + number("diskFree"));
        assert!(number("memUsed") <= number("memTotal"), "{body}");
    }
    world.standin.stop().await;
}
