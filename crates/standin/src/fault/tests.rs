//! Every fault over a real socket, seen as a client sees it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{Connections, Fault, FaultAnswers, FaultListener, FaultSwitch, serve, with_faults};

const TEXT: &str = "0123456789abcdef0123456789abcdef";
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
struct Answers {
    deaths: AtomicUsize,
}

#[async_trait]
impl FaultAnswers for Answers {
    fn rate_limited(&self, retry_after_s: u64) -> Response {
        let headers = [("retry-after", retry_after_s.to_string())];
        (StatusCode::TOO_MANY_REQUESTS, headers, "easy").into_response()
    }

    fn status(&self, code: u16) -> Response {
        let status = StatusCode::from_u16(code).unwrap();
        (status, "bad day").into_response()
    }

    async fn death(&self, request: &Parts) -> bool {
        let addressed = request.uri.path() != "/empty";
        self.deaths
            .fetch_add(usize::from(addressed), Ordering::SeqCst);
        addressed
    }
}

struct Server {
    addr: SocketAddr,
    connections: Connections,
    answers: Arc<Answers>,
    worked: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

async fn start(faults: &str) -> Server {
    let worked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&worked);
    let whole = move || async move {
        counter.fetch_add(1, Ordering::SeqCst);
        TEXT
    };
    let chunked = || async {
        let chunks = stream::iter([&TEXT[..16], &TEXT[16..]]);
        Body::from_stream(chunks.map(|text| Ok::<_, std::io::Error>(Bytes::from(text))))
    };
    let endless = || async {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"pid"))]);
        Body::from_stream(first.chain(stream::pending()))
    };
    let router = Router::new()
        .route("/whole", get(whole))
        .route("/chunked", get(chunked))
        .route("/endless", get(endless))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route("/stuck", get(std::future::pending::<()>))
        .fallback(|| async { (StatusCode::NOT_FOUND, "nowhere") });
    let answers = Arc::new(Answers::default());
    let switch = FaultSwitch::new(Fault::parse_list(faults).unwrap());
    let router = with_faults(
        router,
        switch,
        Arc::clone(&answers) as Arc<dyn FaultAnswers>,
    );
    let listener = FaultListener::bind(([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    let (addr, connections) = (listener.addr().unwrap(), listener.connections());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { serve(listener, router).await.unwrap() });
    Server {
        addr,
        connections,
        answers,
        worked,
        tasks,
    }
}

impl Server {
    async fn open(&self, path: &str, close: bool) -> TcpStream {
        let mut client = TcpStream::connect(self.addr).await.unwrap();
        let close = if close { "Connection: close\r\n" } else { "" };
        let request = format!("GET {path} HTTP/1.1\r\nHost: here\r\n{close}\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        client
    }

    /// Everything the server sends until it closes, and how it closed.
    async fn get(&self, path: &str) -> (String, std::io::Result<()>) {
        let mut client = self.open(path, true).await;
        let mut answer = Vec::new();
        let end = tokio::time::timeout(PATIENCE, client.read_to_end(&mut answer)).await;
        let end = end.expect("the server closes the connection");
        (String::from_utf8(answer).unwrap(), end.map(|_| ()))
    }
}

#[tokio::test]
async fn refusals_come_in_the_providers_shape_and_do_nothing() {
    for (fault, status, part) in [
        ("503", "HTTP/1.1 503", "bad day"),
        ("500", "HTTP/1.1 500", "bad day"),
        ("429", "HTTP/1.1 429", "retry-after: 1"),
    ] {
        let server = start(fault).await;
        let (answer, end) = server.get("/whole").await;
        assert!(answer.starts_with(status), "{answer}");
        assert!(answer.contains(part), "{answer}");
        assert!(end.is_ok());
        assert_eq!(server.worked.load(Ordering::SeqCst), 0);
        let (answer, _) = server.get("/nowhere").await;
        assert!(answer.starts_with(status), "the fallback too: {answer}");
    }
}

#[tokio::test]
async fn without_faults_and_between_hits_answers_are_whole() {
    let server = start("503:50%").await;
    assert!(server.get("/whole").await.0.ends_with(TEXT));
    assert!(server.get("/whole").await.0.ends_with("bad day"));
    assert!(server.get("/whole").await.0.ends_with(TEXT));
}

#[tokio::test]
async fn a_reset_is_a_reset_and_not_an_end() {
    let server = start("reset").await;
    let (answer, end) = server.get("/whole").await;
    assert_eq!(answer, "");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(server.worked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_truncated_answer_was_worked_for_and_is_shorter_than_announced() {
    let server = start("truncate").await;
    let (answer, _) = server.get("/whole").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 32"), "{head}");
    assert_eq!(body, &TEXT[..16]);
    assert_eq!(server.worked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_truncated_stream_loses_its_last_half_chunk_and_its_end() {
    let server = start("truncate").await;
    let (answer, _) = server.get("/chunked").await;
    assert!(answer.contains("transfer-encoding: chunked"), "{answer}");
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let text: String = body.lines().skip(1).step_by(2).collect();
    assert_eq!(text, &TEXT[..24]);
}

#[tokio::test]
async fn a_truncated_answer_that_goes_on_keeps_what_it_has_sent() {
    let server = start("truncate").await;
    let mut client = server.open("/endless", true).await;
    let mut answer = String::new();
    while !answer.contains("id\r\n") {
        let mut piece = [0; 512];
        let read = tokio::time::timeout(PATIENCE, client.read(&mut piece)).await;
        let read = read.expect("the held half arrives").unwrap();
        assert_ne!(read, 0, "{answer}");
        answer.push_str(std::str::from_utf8(&piece[..read]).unwrap());
    }
}

#[tokio::test]
async fn an_empty_answer_has_no_middle_and_is_reset() {
    let server = start("truncate").await;
    let (_, end) = server.get("/empty").await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_slow_answer_is_whole_and_comes_in_pieces() {
    let server = start("slow").await;
    let began = Instant::now();
    let (answer, end) = server.get("/whole").await;
    assert!(answer.contains("content-length: 32"), "{answer}");
    assert!(answer.ends_with(TEXT), "{answer}");
    assert!(end.is_ok());
    // 32 bytes are five pieces with a pause of 10 ms before each.
    assert!(began.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn latency_delays_and_changes_nothing() {
    let server = start("latency:60ms").await;
    let began = Instant::now();
    assert!(server.get("/whole").await.0.ends_with(TEXT));
    assert!(began.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn death_waits_for_a_request_that_addresses_a_sandbox() {
    let server = start("death:50%").await;
    let _first = server.get("/whole").await;
    let _addresses_none = server.get("/empty").await;
    assert_eq!(server.answers.deaths.load(Ordering::SeqCst), 0);
    let (answer, _) = server.get("/whole").await;
    assert!(answer.ends_with(TEXT), "the request goes its ordinary way");
    assert_eq!(server.answers.deaths.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn stop_ends_idle_working_and_streaming_connections() {
    let mut server = start("none").await;
    let mut idle = server.open("/whole", false).await;
    let mut stuck = server.open("/stuck", false).await;
    let mut endless = server.open("/endless", false).await;
    let mut some = [0; 64];
    assert_ne!(idle.read(&mut some).await.unwrap(), 0);
    assert_ne!(endless.read(&mut some).await.unwrap(), 0);
    let stopped = tokio::time::timeout(PATIENCE, server.connections.stop()).await;
    stopped.expect("nothing outlives the server");
    let served = tokio::time::timeout(PATIENCE, server.tasks.join_next()).await;
    served.expect("the server returns").unwrap().unwrap();
    for client in [&mut idle, &mut stuck, &mut endless] {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(PATIENCE, client.read_to_end(&mut rest)).await;
        // Whether the kernel says FIN or RST depends on unread bytes; either is an end.
        let _closed = end.expect("the connection is closed");
    }
    assert!(TcpStream::connect(server.addr).await.is_err());
}
