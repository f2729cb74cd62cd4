//! Preview addresses and the way through them (contract 1.5, 2.1, 2.2).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, World, answer, isolated};

/// Answers with what it was asked, in two pieces of which the second follows the request's body;
/// an upgrade gets its bytes back.
const PROGRAM: &str = r#"
import socket, threading
server = socket.create_server(("127.0.0.1", 3000))
print("up", flush=True)
def serve(c):
    data = b""
    while b"\r\n\r\n" not in data:
        more = c.recv(65536)
        if not more: return
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    if b"upgrade: echo" in head.lower():
        c.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
        c.sendall(rest)
        while True:
            more = c.recv(65536)
            if not more: return c.close()
            c.sendall(more)
    want = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            want = int(line.split(b":")[1])
    c.sendall(b"HTTP/1.1 200 OK\r\nX-Inside: yes\r\nConnection: close\r\n\r\n" + head + b"\n")
    while len(rest) < want:
        rest += c.recv(65536)
    c.sendall(b"body " + rest)
    c.close()
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"#;

/// Starts the program, and returns when it listens.
async fn serve(world: &World, id: &str) -> bool {
    let (_, found) = world
        .execute(id, json!({"command": "command -v python3"}))
        .await;
    if found["exitCode"] != 0 || !isolated().await {
        return false;
    }
    let command = format!(
        "cat > s.py <<'EOF'{PROGRAM}EOF\npython3 s.py > up 2>&1 &\nuntil grep -q up up; do sleep 0.05; done"
    );
    let (_, ran) = world
        .execute(id, json!({"command": command, "timeout": 60}))
        .await;
    assert_eq!(ran["exitCode"], 0, "{ran}");
    true
}

/// A request to a preview host, by its header: no resolver is needed.
fn to(world: &World, host: &str, path: &str) -> reqwest::RequestBuilder {
    let addr = world.standin.addr();
    let request = world.client.get(format!("http://{addr}{path}"));
    request.header("Host", format!("{host}:{}", addr.port()))
}

#[tokio::test]
async fn addresses_are_given_and_checked() {
    let world = World::start().await;
    let id = world.make(json!({"name": "n"})).await;
    let port = world.standin.addr().port();
    let (status, body) = world
        .call("GET /api/sandbox/n/ports/3000/preview-url", Value::Null)
        .await;
    assert_eq!((status, &body["sandboxId"]), (200, &json!(id)));
    assert_eq!(body["url"], format!("http://3000-{id}.localhost:{port}"));
    assert!(
        body["token"]
            .as_str()
            .is_some_and(|token| token.len() >= 16)
    );
    let signed = "GET /api/sandbox/n/ports/3000/signed-preview-url";
    let (_, body) = world.call(signed, Value::Null).await;
    let word = body["token"].as_str().unwrap();
    assert_eq!(body["url"], format!("http://3000-{word}.localhost:{port}"));
    assert_eq!(
        (&body["port"], &body["sandboxId"]),
        (&json!(3000), &json!(id))
    );
    let hours = "expiresInSeconds must be between 1 second and 24 hours";
    world
        .refuses(&[
            (
                "GET /api/sandbox/n/ports/0/preview-url",
                Value::Null,
                400,
                "Invalid port",
            ),
            (
                "GET /api/sandbox/n/ports/65536/preview-url",
                Value::Null,
                400,
                "Invalid port",
            ),
            (
                "GET /api/sandbox/n/ports/x/preview-url",
                Value::Null,
                400,
                "Validation failed (numeric string is expected)",
            ),
            (
                &format!("{signed}?expiresInSeconds=0"),
                Value::Null,
                400,
                hours,
            ),
            (
                &format!("{signed}?expiresInSeconds=86401"),
                Value::Null,
                400,
                hours,
            ),
        ])
        .await;
    world.standin.stop().await;
}

#[tokio::test]
async fn a_start_makes_a_new_token() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let route = format!("GET /api/sandbox/{id}/ports/3000/preview-url");
    let (_, before) = world.call(&route, Value::Null).await;
    for step in ["stop?force=true", "start"] {
        world
            .call(&format!("POST /api/sandbox/{id}/{step}"), Value::Null)
            .await;
        world
            .until(
                &id,
                if step == "start" {
                    "started"
                } else {
                    "stopped"
                },
            )
            .await;
    }
    let (_, after) = world.call(&route, Value::Null).await;
    assert_ne!(after["token"], before["token"]);
    world.standin.stop().await;
}

#[tokio::test]
async fn a_request_reaches_the_port_with_its_body_and_without_its_token() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    if !serve(&world, &id).await {
        return world.standin.stop().await;
    }
    let host = format!("3000-{id}.localhost");
    let (_, preview) = world
        .call(
            &format!("GET /api/sandbox/{id}/ports/3000/preview-url"),
            Value::Null,
        )
        .await;
    let token = preview["token"].as_str().unwrap();
    let none = "unauthorized: missing authentication: provide a preview access token (via header, \
                query parameter, or cookie) or use an API key or JWT";
    let (status, body) = answer(to(&world, &host, "/x")).await;
    assert_eq!((status, body["message"].as_str()), (401, Some(none)));
    let wrong = to(&world, &host, "/x").header("X-Daytona-Preview-Token", "no");
    let (status, body) = answer(wrong).await;
    let text = "unauthorized: authentication failed: Auth key header is invalid";
    assert_eq!((status, body["message"].as_str()), (401, Some(text)));
    let cookie = format!("a=b; daytona-sandbox-auth-{id}={token}");
    let ways = [
        to(&world, &host, "/x?a=1").header("X-Daytona-Preview-Token", token),
        to(
            &world,
            &host,
            &format!("/x?DAYTONA_SANDBOX_AUTH_KEY={token}&a=1"),
        ),
        to(&world, &host, "/x?a=1").header("Cookie", &cookie),
        to(&world, &host, "/x?a=1").bearer_auth(world.standin.key()),
    ];
    for way in ways {
        let response = way.body("hello").send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-inside"]),
            (200, &"yes".parse().unwrap())
        );
        let text = response.text().await.unwrap();
        assert!(text.starts_with("GET /x?a=1 HTTP/1.1\r\n"), "{text}");
        assert!(text.contains(&format!("host: {host}")), "{text}");
        assert!(text.ends_with("\nbody hello"), "{text}");
        assert!(
            !text.to_lowercase().contains("x-daytona-preview-token"),
            "{text}"
        );
    }
    let big = vec![b'x'; 3 << 20];
    let request = to(&world, &host, "/")
        .bearer_auth(world.standin.key())
        .body(big.clone());
    let text = request.send().await.unwrap().bytes().await.unwrap();
    assert!(text.ends_with(&big));
    let closed = to(&world, &format!("3001-{id}.localhost"), "/").bearer_auth(world.standin.key());
    assert_eq!(answer(closed).await, (502, Value::Null));
    world.standin.stop().await;
}

#[tokio::test]
async fn what_any_connection_header_names_is_not_passed_on() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    if !serve(&world, &id).await {
        return world.standin.stop().await;
    }
    let host = format!("3000-{id}.localhost");
    let request = to(&world, &host, "/x")
        .bearer_auth(world.standin.key())
        .header("Connection", "X-One, X-Forwarded-Host")
        .header("Connection", "X-Two")
        .header("X-One", "1")
        .header("X-Two", "2")
        .header("X-Three", "3");
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("\r\nx-three: 3"), "{text}");
    assert!(
        text.contains(&format!("\r\nx-forwarded-host: {host}")),
        "{text}"
    );
    for name in ["x-one:", "x-two:", "connection:"] {
        assert!(!text.contains(name), "{name} in {text}");
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn public_signed_and_guarded_ports_open_as_they_should() {
    let world = World::start().await;
    let id = world.make(json!({"public": true})).await;
    let served = serve(&world, &id).await;
    let get = |host: String, path: &'static str| answer(to(&world, &host, path));
    if served {
        assert_eq!(get(format!("3000-{id}.localhost"), "/").await.0, 200);
        world
            .call(&format!("POST /api/sandbox/{id}/public/false"), Value::Null)
            .await;
        assert_eq!(get(format!("3000-{id}.localhost"), "/").await.0, 401);
        let signed = format!("GET /api/sandbox/{id}/ports/3000/signed-preview-url");
        let token = |body: Value| body["token"].as_str().unwrap().to_owned();
        let first = token(world.call(&signed, Value::Null).await.1);
        let second = token(
            world
                .call(&format!("{signed}?expiresInSeconds=600"), Value::Null)
                .await
                .1,
        );
        assert_eq!(get(format!("3000-{first}.localhost"), "/").await.0, 200);
        assert_eq!(
            get(format!("3001-{first}.localhost"), "/").await.0,
            401,
            "one port only"
        );
        world.standin.clock().advance(Duration::from_secs(61));
        assert_eq!(get(format!("3000-{first}.localhost"), "/").await.0, 401);
        assert_eq!(get(format!("3000-{second}.localhost"), "/").await.0, 200);
        let expire =
            format!("POST /api/sandbox/{id}/ports/3000/signed-preview-url/{second}/expire");
        assert_eq!(world.call(&expire, Value::Null).await.0, 201);
        assert_eq!(get(format!("3000-{second}.localhost"), "/").await.0, 401);
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn the_daemons_own_ports_are_closed_to_strangers() {
    let world = World::start().await;
    let id = world.make(json!({"public": true})).await;
    let get = |host: String, path: &'static str| answer(to(&world, &host, path));
    let daemon = format!("2280-{id}.localhost");
    assert_eq!(get(daemon.clone(), "/version").await.0, 401);
    let (_, preview) = world
        .call(
            &format!("GET /api/sandbox/{id}/ports/2280/preview-url"),
            Value::Null,
        )
        .await;
    let token = preview["token"].as_str().unwrap();
    let request = to(&world, &daemon, "/version").header("X-Daytona-Preview-Token", token);
    let (status, body) = answer(request).await;
    assert_eq!(status, 200);
    assert!(body["version"].is_string());
    let url = format!(
        "http://{}/toolbox/{id}/version?DAYTONA_SANDBOX_AUTH_KEY={token}",
        world.standin.addr()
    );
    assert_eq!(
        answer(world.client.get(url)).await.0,
        200,
        "as a browser asks"
    );
    let terminal = to(&world, &format!("22222-{id}.localhost"), "/");
    assert_eq!(
        answer(terminal.bearer_auth(world.standin.key())).await.0,
        501
    );
    let unknown = to(&world, "3000-unknown.localhost", "/").bearer_auth(world.standin.key());
    assert_eq!(answer(unknown).await.0, 401);
    world
        .call(
            &format!("POST /api/sandbox/{id}/stop?force=true"),
            Value::Null,
        )
        .await;
    world.until(&id, "stopped").await;
    let (status, _) = get(format!("3000-{id}.localhost"), "/").await;
    assert_eq!(status, 400);
    world.standin.stop().await;
}

#[tokio::test]
async fn an_upgraded_connection_carries_bytes_both_ways() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    if !serve(&world, &id).await {
        return world.standin.stop().await;
    }
    let mut stream = TcpStream::connect(world.standin.addr()).await.unwrap();
    let key = world.standin.key();
    let head = format!(
        "GET /ws HTTP/1.1\r\nHost: 3000-{id}.localhost\r\nConnection: keep-alive\r\n\
         Connection: Upgrade\r\nUpgrade: echo\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    let talk = async {
        while !seen.ends_with(b"\r\n\r\n") {
            let byte = stream.read_u8().await.unwrap();
            seen.push(byte);
        }
        for word in ["one", "two"] {
            stream.write_all(word.as_bytes()).await.unwrap();
            let mut back = vec![0; word.len()];
            stream.read_exact(&mut back).await.unwrap();
            assert_eq!(back, word.as_bytes());
        }
        // A stop of the sandbox ends the connection.
        let stop = format!("/api/sandbox/{id}/stop?force=true");
        world.request(Method::POST, &stop).send().await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
    };
    tokio::time::timeout(PATIENCE, talk).await.unwrap();
    assert!(
        seen.starts_with(b"HTTP/1.1 101 "),
        "{}",
        String::from_utf8_lossy(&seen)
    );
    world.standin.stop().await;
}
