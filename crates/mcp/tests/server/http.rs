//! The server over streamable HTTP.

use cutover_base::fixes::Fixes;
use cutover_mcp::{PATH, Settings, bind, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;

/// Sends a request with these headers besides; the whole answer.
async fn send(port: u16, (method, host): (&str, &str), headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "{method} {PATH} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\n{headers}content-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn header(answer: &str, name: &str) -> Option<String> {
    let line = answer.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}

/// A server that listens.
struct Listening {
    port: u16,
    host: String,
    stop: CancellationToken,
    server: JoinSet<std::io::Result<()>>,
}

impl Listening {
    async fn start() -> Self {
        let settings = Settings::from_variables(|_| None, Fixes::all());
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let mut server = JoinSet::new();
        server.spawn(async move { listen(listener, &settings, stopped).await });
        let host = format!("127.0.0.1:{port}");
        Self {
            port,
            host,
            stop,
            server,
        }
    }

    async fn post(&self, headers: &str, body: &str) -> String {
        send(self.port, ("POST", &self.host), headers, body).await
    }

    /// Opens a session; the header that names it.
    async fn open(&self) -> String {
        let opened = self.post("", INITIALIZE).await;
        assert!(opened.starts_with("HTTP/1.1 200"), "{opened}");
        assert!(opened.contains("opencode-sandbox"), "{opened}");
        let session = header(&opened, "mcp-session-id:").unwrap();
        let header = format!("mcp-session-id: {session}\r\n");
        let ready = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        self.post(&header, ready).await;
        header
    }

    async fn end(mut self) {
        self.stop.cancel();
        self.server.join_next().await.unwrap().unwrap().unwrap();
    }
}

fn call(cmd: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{{"name":"execute","arguments":{{"sandbox_name":"main","cmd":"{cmd}"}}}}}}"#
    )
}

#[tokio::test]
async fn a_client_of_this_machine_is_served_and_no_other() {
    let server = Listening::start().await;
    let session = server.open().await;
    let port = server.port;
    let headers = format!("{session}origin: http://localhost:{port}\r\n");
    let called = server.post(&headers, &call("c")).await;
    assert!(called.contains("LAP_BASE_URL is not set"), "{called}");
    assert!(called.contains("\"isError\":true"), "{called}");

    let here = server.host.as_str();
    for (host, headers) in [
        ("evil.example", ""),
        ("localhost.evil.example", ""),
        ("127.0.0.1.evil.example", ""),
        ("localhost@evil.example", ""),
        ("evil.example:80", ""),
        (here, "origin: http://evil.example\r\n"),
        (here, "origin: http://localhost.evil.example\r\n"),
        (here, "origin: http://127.0.0.1@evil.example\r\n"),
        (here, "origin: https://localhost\r\n"),
        (here, "origin: file://\r\n"),
        (here, "origin: null\r\n"),
    ] {
        for method in ["POST", "GET", "DELETE"] {
            let headers = format!("{headers}{session}");
            let refused = send(port, (method, host), &headers, INITIALIZE).await;
            let is_refused = ["HTTP/1.1 403", "HTTP/1.1 400"];
            assert!(
                is_refused.iter().any(|it| refused.starts_with(it)),
                "{method} {host} {headers}{refused}"
            );
        }
    }
    // None of them ended the session.
    let called = server.post(&session, &call("c")).await;
    assert!(called.contains("LAP_BASE_URL is not set"), "{called}");
    server.end().await;
}

#[tokio::test]
async fn a_session_ends_when_its_client_says_so() {
    let server = Listening::start().await;
    let (one, other) = (server.open().await, server.open().await);
    let ended = send(server.port, ("DELETE", &server.host), &one, "").await;
    assert!(ended.starts_with("HTTP/1.1 2"), "{ended}");
    let called = server.post(&one, &call("c")).await;
    assert!(called.starts_with("HTTP/1.1 404"), "{called}");
    let called = server.post(&other, &call("c")).await;
    assert!(called.starts_with("HTTP/1.1 200"), "{called}");
    let unknown = "mcp-session-id: ../../x\r\n";
    let called = server.post(unknown, &call("c")).await;
    assert!(called.starts_with("HTTP/1.1 404"), "{called}");
    server.end().await;
}

#[tokio::test]
async fn a_message_may_be_as_long_as_a_line_and_no_longer() {
    let server = Listening::start().await;
    let session = server.open().await;
    let called = server.post(&session, &call(&"x".repeat(10_000_000))).await;
    assert!(called.contains("LAP_BASE_URL is not set"), "{called}");
    let around = call("").len();
    let longest = call(&"x".repeat(64 * 1024 * 1024 - around + 1));
    let refused = server.post(&session, &longest).await;
    assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");
    let called = server.post(&session, &call("c")).await;
    assert!(called.starts_with("HTTP/1.1 200"), "{called}");
    server.end().await;
}

#[tokio::test]
async fn an_address_that_others_reach_is_not_bound() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let error = bind(address.parse().unwrap())
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("can be reached from other machines"),
            "{error}"
        );
    }
}
