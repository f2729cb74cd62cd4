//! User ports behind the proxy (contract 2.1, 2.2).

use futures_util::StreamExt;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Frames, Made, World, answer, output, shell};

/// Answers each request with what it was; echoes chunks as they come on `/echo`; upgrades to a
/// protocol that says every line in capitals. Says its port first.
const SERVER: &str = r#"
import json, socket, threading
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(64)
print(server.getsockname()[1], flush=True)
def serve(client):
    read = client.makefile("rb")
    method, path, _ = read.readline().decode().split()
    heads = {}
    while True:
        line = read.readline().decode().strip()
        if not line:
            break
        name, value = line.split(":", 1)
        heads[name.lower()] = value.strip()
    def say(text):
        client.sendall(text if isinstance(text, bytes) else text.encode())
    if heads.get("upgrade") == "capitals":
        say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: capitals\r\n\r\n")
        for line in read:
            say(line.upper())
    elif path == "/echo":
        say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            size = int(read.readline(), 16)
            chunk = read.read(size)
            read.readline()
            say(b"%x\r\n%s\r\n" % (size, chunk))
            if size == 0:
                break
    elif path == "/hang":
        read.read()
    else:
        body = read.read(int(heads.get("content-length", 0))).decode()
        status = "404 Not Here" if path == "/missing" else "200 OK"
        text = json.dumps({"method": method, "path": path, "heads": heads, "body": body})
        say(f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\nX-Own: 1\r\nKeep-Alive: 9\r\n\r\n{text}")
    client.close()
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
"#;

/// A server inside a sandbox, and the stream that keeps its output flowing.
struct Served {
    port: u64,
    _frames: Frames,
}

async fn serve(world: &World, made: &Made) -> Served {
    let mut start = shell("");
    start["process"]["cmd"] = json!("/usr/bin/python3");
    start["process"]["args"] = json!(["-c", SERVER]);
    let mut frames = Frames::open(world.stream(made, "process.Process/Start", &start)).await;
    frames.pid().await;
    let first = frames.next().await;
    let port = output(&[first], "stdout").trim().parse().unwrap();
    Served {
        port,
        _frames: frames,
    }
}

fn at(world: &World, made: &Made, port: u64, method: Method, path: &str) -> RequestBuilder {
    let url = format!("http://{}{path}", world.standin.addr());
    let host = format!("{port}-{}.localhost:1", made.id);
    world.client.request(method, url).header("Host", host)
}

#[tokio::test]
async fn requests_are_passed_through_by_host_and_by_headers() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let served = serve(&world, &made).await;
    let request = at(&world, &made, served.port, Method::POST, "/a%20b?c=d&e");
    let response = request
        .header("X-Mine", "1")
        .body("text")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-own"], "1");
    assert!(!response.headers().contains_key("keep-alive"), "not for us");
    let said: Value = response.json().await.unwrap();
    assert_eq!(said["method"], "POST");
    assert_eq!(said["path"], "/a%20b?c=d&e");
    assert_eq!(said["body"], "text");
    assert_eq!(said["heads"]["x-mine"], "1");
    let host = format!("{}-{}.localhost:1", served.port, made.id);
    assert_eq!(said["heads"]["host"], json!(host));
    let url = format!("http://{}/sandboxes", world.standin.addr());
    let by_headers = world
        .client
        .get(url)
        .header("E2b-Sandbox-Id", &made.id)
        .header("E2b-Sandbox-Port", served.port.to_string());
    let (status, said) = answer(by_headers).await;
    assert_eq!(
        (status, &said["path"]),
        (200, &json!("/sandboxes")),
        "not the control plane"
    );
    assert!(
        said["heads"].get("transfer-encoding").is_none(),
        "no body, none announced"
    );
    let missing = at(&world, &made, served.port, Method::GET, "/missing");
    let (status, said) = answer(missing).await;
    assert_eq!(
        (status, &said["path"]),
        (404, &json!("/missing")),
        "its own 404"
    );
    let named = at(&world, &made, served.port, Method::GET, "/")
        .header("Connection", "X-One")
        .header("Connection", "X-Two")
        .header("X-One", "1")
        .header("X-Two", "2");
    let heads = answer(named).await.1["heads"].clone();
    for name in ["x-one", "x-two", "connection"] {
        assert!(heads.get(name).is_none(), "{name} in {heads}");
    }
    // What is ours to answer there is not theirs.
    let init = at(&world, &made, served.port, Method::POST, "/init");
    assert_eq!(answer(init).await.1["path"], "/init");
}

#[tokio::test]
async fn bodies_flow_both_ways_as_they_come() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let served = serve(&world, &made).await;
    let (sender, receiver) = tokio::sync::mpsc::channel::<&'static str>(1);
    let pieces = futures_util::stream::unfold(receiver, |mut receiver| async {
        let piece = receiver.recv().await?;
        Some((Ok::<_, std::io::Error>(piece), receiver))
    });
    let request = at(&world, &made, served.port, Method::POST, "/echo");
    let request = request.body(reqwest::Body::wrap_stream(pieces));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "before the request has ended");
    let mut echoed = response.bytes_stream();
    for piece in ["one", "two", "three"] {
        sender.send(piece).await.unwrap();
        assert_eq!(echoed.next().await.unwrap().unwrap(), piece);
    }
    drop(sender);
    assert!(echoed.next().await.is_none());
}

async fn upgraded(world: &World, made: &Made, port: u64) -> TcpStream {
    let mut stream = TcpStream::connect(world.standin.addr()).await.unwrap();
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {port}-{}.e2b.app\r\nConnection: keep-alive\r\n\
         Connection: Upgrade\r\nUpgrade: capitals\r\n\r\n",
        made.id
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    assert!(head.contains("\r\nupgrade: capitals\r\n"), "{head}");
    stream
}

#[tokio::test]
async fn upgraded_connections_carry_bytes_until_the_sandbox_dies() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let served = serve(&world, &made).await;
    let mut streams = Vec::new();
    for text in ["one\n", "two\n"] {
        let mut stream = upgraded(&world, &made, served.port).await;
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut said = vec![0; text.len()];
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(said, text.to_uppercase().as_bytes());
        streams.push(stream);
    }
    assert!(world.standin.kill(&made.id).await);
    for mut stream in streams {
        // An end or a reset: nothing more comes.
        assert!(stream.read_u8().await.is_err());
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn a_request_under_way_dies_with_its_sandbox() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let served = serve(&world, &made).await;
    let hang = answer(at(&world, &made, served.port, Method::GET, "/hang"));
    let kill = async {
        // A second answer of the same server: the first request has been sent before it.
        let other = at(&world, &made, served.port, Method::GET, "/");
        assert_eq!(answer(other).await.0, 200);
        assert!(world.standin.kill(&made.id).await);
    };
    let (hung, ()) = tokio::join!(hang, kill);
    let dead = json!({"sandboxId": made.id, "message": "The sandbox was not found", "code": 502});
    assert_eq!(hung, (502, dead));
}

#[tokio::test]
async fn a_closed_port_is_told_as_json_or_as_a_page() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let closed = || at(&world, &made, 1, Method::GET, "/<x>");
    let expected = json!({
        "sandboxId": made.id,
        "message": "The sandbox is running but port is not open",
        "port": 1,
        "code": 502,
    });
    assert_eq!(answer(closed()).await, (502, expected.clone()));
    let browser = || closed().header("User-Agent", "Mozilla/5.0");
    let scripted = browser().header("Sec-Fetch-Mode", "cors");
    assert_eq!(answer(scripted).await, (502, expected));
    let page = browser().send().await.unwrap();
    assert_eq!(page.status(), 502);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let page = page.text().await.unwrap();
    assert!(
        page.contains("The sandbox is running but port is not open"),
        "{page}"
    );
    let never = format!("http://{}/", world.standin.addr());
    let never = world.client.get(never).header("Host", "80-inever.e2b.app");
    let dead = json!({"sandboxId": "inever", "message": "The sandbox was not found", "code": 502});
    assert_eq!(answer(never).await, (502, dead));
}

#[tokio::test]
async fn private_ports_want_the_traffic_token() {
    let world = World::start().await;
    let body = json!({
        "templateID": "base",
        "network": {"allowPublicTraffic": false, "maskRequestHost": "own:${PORT}"},
    });
    let (status, answered) = world.post("/v2/sandboxes", body).await;
    assert_eq!(status, 201);
    let text = |name: &str| answered[name].as_str().unwrap().to_owned();
    let (made, token) = (
        Made {
            id: text("sandboxID"),
            token: text("envdAccessToken"),
        },
        text("trafficAccessToken"),
    );
    let served = serve(&world, &made).await;
    let request = || at(&world, &made, served.port, Method::GET, "/");
    let start = "Sandbox is secured with traffic access token.";
    let header = "'e2b-traffic-access-token'";
    for (given, message) in [
        (None, format!("{start} Token header {header} is missing")),
        (
            Some("x"),
            format!("{start} Provided token in header {header} is invalid"),
        ),
    ] {
        let request = match given {
            Some(given) => request().header("E2B-Traffic-Access-Token", given),
            None => request(),
        };
        let expected = json!({"sandboxId": made.id, "message": message, "code": 403});
        assert_eq!(answer(request).await, (403, expected));
    }
    let (status, said) = answer(request().header("E2B-Traffic-Access-Token", &token)).await;
    assert_eq!(status, 200);
    assert_eq!(said["heads"]["host"], json!(format!("own:{}", served.port)));
    let connect = format!("/v2/sandboxes/{}/connect", made.id);
    let (_, again) = world.post(&connect, json!({})).await;
    assert_eq!(again["trafficAccessToken"], json!(token));
    let public = world
        .post("/v2/sandboxes", json!({"templateID": "base"}))
        .await
        .1;
    assert!(public.get("trafficAccessToken").is_none());
}

#[tokio::test]
async fn a_tls_port_is_refused_by_name() {
    let world = World::start().await;
    let made = world
        .make(json!({"templateID": "base", "network": {"httpsPorts": [8443]}}))
        .await;
    let (status, refused) = answer(at(&world, &made, 8443, Method::GET, "/")).await;
    let text = "the stand-in does not implement httpsPorts: TLS to port 8443";
    assert_eq!((status, &refused["message"]), (501, &json!(text)));
}
