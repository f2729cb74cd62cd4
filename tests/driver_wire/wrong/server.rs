//! A server that answers wrongly, by hand over TCP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::ways::Answer;

/// Pause between the pieces of an answer that does not end.
const DRIP: Duration = Duration::from_millis(5);

/// A server that answers everything in one way, but for the control plane if that is to be in order.
pub(crate) struct WrongServer {
    pub(crate) url: String,
    requests: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

#[derive(Debug)]
struct Config {
    answer: Answer,
    url: String,
    control: bool,
    requests: Arc<AtomicUsize>,
}

impl WrongServer {
    /// Serves. `control` is whether the control plane makes and destroys sandboxes as it should.
    pub(crate) async fn serve(answer: Answer, control: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let config = Arc::new(Config {
            answer,
            url: url.clone(),
            control,
            requests: Arc::clone(&requests),
        });
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(one(stream, Arc::clone(&config)));
                while open.try_join_next().is_some() {}
            }
        });
        Self {
            url,
            requests,
            _serving: serving,
        }
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn one(mut stream: TcpStream, config: Arc<Config>) {
    if matches!(config.answer, Answer::Shut) && !config.control {
        return;
    }
    let Some((method, path)) = read_request(&mut stream).await else {
        return;
    };
    config.requests.fetch_add(1, Ordering::SeqCst);
    let good = config
        .control
        .then(|| control(&config.url, &method, &path))
        .flatten();
    if let Some((status, body)) = good {
        let json = "Content-Type: application/json\r\n";
        let _ = stream
            .write_all(&whole(status, json, body.as_bytes()))
            .await;
        return;
    }
    match &config.answer {
        Answer::Shut => {}
        // Until whoever asked hangs up.
        Answer::Silence => while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {},
        Answer::Raw(bytes) => {
            let _ = stream.write_all(bytes).await;
        }
        Answer::Forever(head, again) => {
            let mut wrote = stream.write_all(head).await;
            while wrote.is_ok() {
                tokio::time::sleep(DRIP).await;
                wrote = stream.write_all(again).await;
            }
        }
        Answer::Whole(status, headers, body) => {
            let status = match *status {
                0 => success(&method, &path),
                status => status,
            };
            let _ = stream.write_all(&whole(status, headers, body)).await;
        }
    }
    let _ = stream.shutdown().await;
}

fn whole(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = match status {
        204 | 304 => String::new(),
        _ => format!("Content-Length: {}\r\n", body.len()),
    };
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{length}{headers}\r\n");
    let mut out = head.into_bytes();
    if status != 204 && status != 304 {
        out.extend_from_slice(body);
    }
    out
}

/// The status of success of a route.
fn success(method: &str, path: &str) -> u16 {
    match (method, path) {
        ("POST", "/v2/sandboxes") => 201,
        ("POST", path) if path.ends_with("/pause") => 204,
        ("DELETE", path) if path.starts_with("/sandboxes/") => 204,
        ("DELETE", path) if path.contains("/toolbox/") => 204,
        ("POST", path) if path.ends_with("/files/folder") => 201,
        ("POST", path) if path.ends_with("/process/session") => 201,
        ("POST", path) if path.ends_with("/input") => 204,
        _ => 200,
    }
}

/// What a control plane in order answers about sandbox `i1`.
fn control(url: &str, method: &str, path: &str) -> Option<(u16, String)> {
    let dto = |state: &str| {
        format!(r#"{{"id":"i1","state":"{state}","toolboxProxyUrl":"{url}/toolbox"}}"#)
    };
    Some(match (method, path) {
        ("POST", "/v2/sandboxes") => (
            201,
            r#"{"sandboxID":"i1","envdVersion":"0.6.13","envdAccessToken":"t"}"#.to_owned(),
        ),
        ("GET", "/sandboxes/i1") => (200, r#"{"sandboxID":"i1","state":"running"}"#.to_owned()),
        ("DELETE", "/sandboxes/i1") => (204, String::new()),
        ("POST", "/api/sandbox") | ("GET", "/api/sandbox/i1") => (200, dto("started")),
        ("DELETE", "/api/sandbox/i1") => (200, dto("destroying")),
        _ => return None,
    })
}

/// Method and path of a request, which is read to its end.
async fn read_request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 16 * 1024];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"));
            let length = length
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                break;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut words = text.lines().next()?.split(' ');
    let method = words.next()?.to_owned();
    let path = words.next()?.split('?').next()?.to_owned();
    Some((method, path))
}
