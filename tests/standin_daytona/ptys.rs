//! Terminals (contract 2.4): over HTTP and websockets, with a real shell in each.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::{Heard, Socket, World};

const EXIT_CONTROL: &str = "X-Daytona-Pty-Exit-Control";

async fn base(world: &World) -> (String, String) {
    let id = world.make(json!({})).await;
    let base = format!("/toolbox/{id}/process/pty");
    (id, base)
}

fn shows(text: &str) -> impl Fn(&Heard) -> bool {
    move |heard| String::from_utf8_lossy(&heard.bytes()).contains(text)
}

/// Connects and waits until the daemon says so.
async fn connect(world: &World, url: &str, headers: &[(&str, &str)]) -> Socket {
    let mut socket = world.socket(url, headers).await.unwrap();
    let heard = socket.until(|heard| !heard.texts.is_empty()).await;
    assert_eq!(
        heard.texts,
        [json!({"type": "control", "status": "connected"})]
    );
    socket
}

#[tokio::test]
async fn a_terminal_is_made_listed_watched_and_deleted() {
    let world = World::start().await;
    let (_, base) = base(&world).await;
    let order = json!({"id": "t", "cwd": "/tmp", "envs": {"X": "a b"}, "cols": 100, "rows": 30});
    let (status, made) = world.call(&format!("POST {base}"), order.clone()).await;
    assert_eq!((status, made), (201, json!({"sessionId": "t"})));
    let again = world.call(&format!("POST {base}"), order).await;
    let exists = json!({"error": "PTY session with ID 't' already exists"});
    assert_eq!(again, (409, exists));
    let (_, info) = world.call(&format!("GET {base}/t"), Value::Null).await;
    assert!(info["createdAt"].as_str().unwrap().ends_with('Z'));
    let mut expected = json!({
        "id": "t", "cwd": "/tmp", "envs": {"TERM": "xterm-256color", "X": "a b"},
        "cols": 100, "rows": 30, "createdAt": null, "active": true, "lazyStart": false,
    });
    expected["createdAt"] = info["createdAt"].clone();
    assert_eq!(info, expected);
    let (_, listed) = world.call(&format!("GET {base}"), Value::Null).await;
    assert_eq!(listed, json!({"sessions": [info]}));
    let mut socket = connect(&world, &format!("{base}/t/connect"), &[]).await;
    // Two clients see the same terminal.
    let mut other = connect(&world, &format!("{base}/t/connect"), &[]).await;
    socket
        .send(b"echo \"<$X|$PWD|$TERM|$(stty size)>\"\n")
        .await;
    for client in [&mut socket, &mut other] {
        client
            .until(shows("<a b|/tmp|xterm-256color|30 100>"))
            .await;
    }
    let resize = format!("POST {base}/t/resize");
    let (status, info) = world.call(&resize, json!({"cols": 50, "rows": 20})).await;
    assert_eq!(
        (status, &info["cols"], &info["rows"]),
        (200, &json!(50), &json!(20))
    );
    socket.send(b"stty size\n").await;
    socket.until(shows("20 50\r\n")).await;
    // A job in the background, in a group of its own, goes with the terminal.
    socket.send(b"sleep 4711 & echo pid=$!.\n").await;
    let heard = socket.until(shows("pid=")).await;
    drop(heard);
    let deleted = world.call(&format!("DELETE {base}/t"), Value::Null).await;
    assert_eq!(deleted, (200, json!({"message": "PTY session deleted"})));
    for client in [&mut socket, &mut other] {
        let reason = r#"{"exitCode":137,"exitReason":"SIGKILL"}"#.to_owned();
        assert_eq!(client.hear_out().await.close, Some((1011, reason)));
    }
    let (_, listed) = world.call(&format!("GET {base}"), Value::Null).await;
    assert_eq!(listed, json!({"sessions": []}));
    let id = base.split('/').nth(2).unwrap();
    let look = json!({"command": "grep -lsx sleep /proc/[0-9]*/comm; true"});
    let (_, found) = world.execute(id, look).await;
    assert_eq!(found["result"], "", "nothing of the terminal is left");
    world.standin.stop().await;
}

#[tokio::test]
async fn the_end_of_the_shell_is_told_in_the_close_frame() {
    let world = World::start().await;
    let (_, base) = base(&world).await;
    let cases = [
        ("exit 0\n", 1000, json!({"exitCode": 0})),
        (
            "exit 3\n",
            1011,
            json!({"exitCode": 3, "exitReason": "non-zero exit"}),
        ),
        (
            "exit 130\n",
            1011,
            json!({"exitCode": 130, "exitReason": "Ctrl+C"}),
        ),
        (
            "kill -9 $$\n",
            1011,
            json!({"exitCode": -1, "exitReason": "non-zero exit"}),
        ),
    ];
    for (number, (typed, code, end)) in cases.iter().enumerate() {
        for control in [false, true] {
            let url = format!("{base}/create-connect?id=t{number}{control}&cols=80&rows=24");
            let headers = [("sec-websocket-protocol", EXIT_CONTROL)];
            let headers = if control { &headers[..] } else { &[] };
            let mut socket = connect(&world, &url, headers).await;
            socket.send(typed.as_bytes()).await;
            let heard = socket.hear_out().await;
            assert_eq!(heard.close, Some((*code, end.to_string())), "{typed}");
            let mut told = json!({"type": "control", "status": "exited"});
            let fields = told.as_object_mut().unwrap();
            fields.extend(end.as_object().unwrap().clone());
            let told = if control { vec![told] } else { Vec::new() };
            assert_eq!(heard.texts, told, "{typed}");
        }
    }
    let (_, listed) = world.call(&format!("GET {base}"), Value::Null).await;
    assert_eq!(listed, json!({"sessions": []}));
    world.standin.stop().await;
}

#[tokio::test]
async fn create_connect_takes_its_environment_from_a_subprotocol() {
    let world = World::start().await;
    let (_, base) = base(&world).await;
    let envs = json!({"GREETING": "hällo"}).to_string();
    let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(envs);
    let offered = format!("{EXIT_CONTROL}, X-Daytona-Pty-Envs~{encoded}");
    let headers = [("sec-websocket-protocol", offered.as_str())];
    let url = format!("{base}/create-connect?id=t&cols=90&rows=25&cwd=%2Ftmp");
    let mut socket = connect(&world, &url, &headers).await;
    socket
        .send("echo \"<$GREETING|$PWD|$(stty size)>\"\n".as_bytes())
        .await;
    socket.until(shows("<hällo|/tmp|25 90>")).await;
    // The terminal outlives its first client.
    drop(socket);
    let mut socket = connect(&world, &format!("{base}/t/connect"), &[]).await;
    socket.send(b"echo again=$((40+2))\n").await;
    socket.until(shows("again=42")).await;
    let refused = [
        (
            format!("{base}/create-connect?id=t"),
            EXIT_CONTROL,
            409,
            "already exists",
        ),
        (
            format!("{base}/create-connect"),
            EXIT_CONTROL,
            400,
            "session ID is required",
        ),
        (
            format!("{base}/create-connect?id=u&rows=1001"),
            EXIT_CONTROL,
            400,
            "less than 1000",
        ),
        (
            format!("{base}/create-connect?id=u"),
            "X-Daytona-Pty-Envs~!",
            400,
            "failed to decode",
        ),
        (
            format!("{base}/create-connect?id=u"),
            "X-Daytona-Pty-Envs~e30x",
            400,
            "unmarshal",
        ),
        (
            format!("{base}/create-connect?id=u&cwd=/no/such"),
            EXIT_CONTROL,
            500,
            "failed to start",
        ),
    ];
    for (url, token, status, text) in refused {
        let headers = [("sec-websocket-protocol", token)];
        let (got, body) = world.socket(&url, &headers).await.map(drop).unwrap_err();
        let body: Value = serde_json::from_str(&body).unwrap();
        let error = body["error"].as_str().unwrap();
        assert!(
            got == status && error.contains(text),
            "{url}: {got} {error}"
        );
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn a_lazy_terminal_begins_with_its_first_client() {
    let world = World::start().await;
    let (_, base) = base(&world).await;
    let order = json!({"id": "lazy", "lazyStart": true});
    assert_eq!(
        world.call(&format!("POST {base}"), order.clone()).await.0,
        201
    );
    let (_, info) = world.call(&format!("GET {base}/lazy"), Value::Null).await;
    assert_eq!(
        (&info["active"], &info["lazyStart"]),
        (&json!(false), &json!(true))
    );
    let mut socket = connect(&world, &format!("{base}/lazy/connect"), &[]).await;
    socket.send(b"echo up=$((1+1))\n").await;
    socket.until(shows("up=2")).await;
    let (_, info) = world.call(&format!("GET {base}/lazy"), Value::Null).await;
    assert_eq!(info["active"], true);
    let order = json!({"id": "never", "lazyStart": true});
    assert_eq!(world.call(&format!("POST {base}"), order).await.0, 201);
    let deleted = world
        .call(&format!("DELETE {base}/never"), Value::Null)
        .await;
    assert_eq!(deleted.0, 200);
    world.standin.stop().await;
}

#[tokio::test]
async fn refusals_say_only_the_error() {
    let world = World::start().await;
    let (_, base) = base(&world).await;
    let none = "PTY session not found";
    let cases = [
        (
            format!("POST {base}"),
            json!({}),
            400,
            "session ID is required",
        ),
        (
            format!("POST {base}"),
            json!({"id": "x", "cols": 1001}),
            400,
            "invalid value for cols - must be less than 1000",
        ),
        (
            format!("POST {base}"),
            json!({"id": "x", "cwd": "/no/such"}),
            500,
            "failed to start PTY session",
        ),
        (format!("GET {base}/x"), Value::Null, 404, none),
        (format!("DELETE {base}/x"), Value::Null, 404, none),
        (
            format!("POST {base}/x/resize"),
            json!({"cols": 1, "rows": 1}),
            410,
            "PTY session x not found",
        ),
        (
            format!("POST {base}/x/resize"),
            json!({"cols": 1, "rows": 1001}),
            400,
            "rows must be less than 1000",
        ),
    ];
    for (route, body, status, error) in cases {
        let got = world.call(&route, body).await;
        assert_eq!(got, (status, json!({"error": error})), "{route}");
    }
    let mut socket = world
        .socket(&format!("{base}/x/connect"), &[])
        .await
        .unwrap();
    let heard = socket.hear_out().await;
    let error = "Failed to connect to PTY session: PTY session x not found";
    let control = json!({"type": "control", "status": "error", "error": error});
    assert_eq!(heard.texts, [control]);
    world.standin.stop().await;
}

#[tokio::test]
async fn input_over_the_limit_closes_the_connection_not_the_terminal() {
    let world = World::start().await;
    let (_, base) = base(&world).await;
    let mut socket = connect(&world, &format!("{base}/create-connect?id=t"), &[]).await;
    socket.send(&vec![b' '; 64 * 1024 + 1]).await;
    let heard = socket.hear_out().await;
    assert_eq!(heard.close, Some((1009, String::new())));
    let (_, info) = world.call(&format!("GET {base}/t"), Value::Null).await;
    assert_eq!(info["active"], true);
    world.standin.stop().await;
}

#[tokio::test]
async fn a_stop_of_the_sandbox_ends_its_terminals() {
    let world = World::start().await;
    let (id, base) = base(&world).await;
    let mut socket = connect(&world, &format!("{base}/create-connect?id=t"), &[]).await;
    let stop = format!("POST /api/sandbox/{id}/stop?force=true");
    assert_eq!(world.call(&stop, Value::Null).await.0, 200);
    assert_eq!(
        socket.hear_out().await.close,
        None,
        "the connection just breaks"
    );
    world.until(&id, "stopped").await;
    let started = world
        .call(&format!("POST /api/sandbox/{id}/start"), Value::Null)
        .await;
    assert_eq!(started.0, 200);
    world.until(&id, "started").await;
    let (_, listed) = world.call(&format!("GET {base}"), Value::Null).await;
    assert_eq!(listed, json!({"sessions": []}));
    let mut socket = connect(&world, &format!("{base}/create-connect?id=t"), &[]).await;
    socket.send(b"echo new=$((1+2))\n").await;
    socket.until(shows("new=3")).await;
    world.standin.stop().await;
}
