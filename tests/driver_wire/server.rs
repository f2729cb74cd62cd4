//! A server that answers from a script, byte for byte.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// One request as it came, and the answer that it gets.
pub(crate) struct Step {
    expect: &'static str,
    answer: Vec<u8>,
}

/// Answers requests in the order of its script, one per connection.
pub(crate) struct Script {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
    left: Arc<Mutex<VecDeque<Step>>>,
    _serving: JoinSet<()>,
}

/// An answer with a whole body.
pub(crate) fn answer(
    expect: &'static str,
    status: u16,
    headers: &str,
    body: impl AsRef<[u8]>,
) -> Step {
    let body = body.as_ref();
    let mut answer = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    Step { expect, answer }
}

/// An answer in JSON.
pub(crate) fn json(expect: &'static str, status: u16, body: impl AsRef<[u8]>) -> Step {
    answer(expect, status, "Content-Type: application/json\r\n", body)
}

/// An answer that promises more than it sends.
pub(crate) fn broken(expect: &'static str, content_type: &str, body: impl AsRef<[u8]>) -> Step {
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100000\r\nContent-Type: {content_type}\r\n\r\n"
    )
    .into_bytes();
    answer.extend_from_slice(body.as_ref());
    Step { expect, answer }
}

/// No answer at all: the connection is closed after the request was read.
pub(crate) fn nothing(expect: &'static str) -> Step {
    Step {
        expect,
        answer: Vec::new(),
    }
}

impl Script {
    /// Serves these answers. `{url}` in one is replaced by the server's own address.
    pub(crate) async fn serve(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let left: Arc<Mutex<VecDeque<Step>>> = Arc::new(Mutex::new(steps.into()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut serving = JoinSet::new();
        let (steps, requests) = (Arc::clone(&left), Arc::clone(&seen));
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(one(stream, Arc::clone(&steps), Arc::clone(&requests)));
            }
        });
        Self {
            url,
            seen,
            left,
            _serving: serving,
        }
    }

    /// The requests so far: head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Fails when an answer of the script was not asked for.
    pub(crate) fn done(&self) {
        let left = self.left.lock().unwrap();
        let names: Vec<&str> = left.iter().map(|step| step.expect).collect();
        assert!(names.is_empty(), "never asked for: {names:?}");
    }
}

async fn one(
    mut stream: TcpStream,
    steps: Arc<Mutex<VecDeque<Step>>>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let request = read_request(&mut stream).await;
    if request.is_empty() {
        return;
    }
    let first = request.lines().next().unwrap_or_default().to_owned();
    seen.lock().unwrap().push(request);
    let step = steps.lock().unwrap().pop_front();
    let answer = match step {
        Some(step) if first.starts_with(step.expect) => step.answer,
        Some(step) => panic_answer(&format!("got `{first}`, expected `{}`", step.expect)),
        None => panic_answer(&format!("got `{first}` after the script's end")),
    };
    // The client may hang up first: that is what some of these tests are about.
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

/// 418 is retried by nobody and is in no contract.
fn panic_answer(words: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 418 X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{words}",
        words.len()
    )
    .into_bytes()
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length")
                        .then(|| value.trim().parse::<usize>().ok())?
                })
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&bytes).into_owned(),
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}
