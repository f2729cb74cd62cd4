//! Two servers, `here` and `there`, that send what they are told to, whatever is asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Case;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Bodies of requests longer than this are told by their length.
const TOLD_MAX: usize = 200;

pub(crate) struct Servers {
    told: Arc<Told>,
    _tasks: JoinSet<()>,
}

struct Told {
    here: SocketAddr,
    there: SocketAddr,
    answers: Mutex<VecDeque<(Vec<u8>, String)>>,
    requests: Mutex<Vec<String>>,
    /// Told when the client has the headers: only then may a connection be reset.
    answered: Notify,
}

impl Servers {
    pub(crate) async fn start(answers: &[Case]) -> Self {
        let here = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let answer = |answer: &Case| {
            let send = STANDARD.decode(answer["send"].as_str().unwrap()).unwrap();
            (send, answer["then"].as_str().unwrap().to_owned())
        };
        let told = Arc::new(Told {
            here: here.local_addr().unwrap(),
            there: there.local_addr().unwrap(),
            answers: Mutex::new(answers.iter().map(answer).collect()),
            requests: Mutex::default(),
            answered: Notify::new(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(listen("here", here, Arc::clone(&told)));
        tasks.spawn(listen("there", there, Arc::clone(&told)));
        Self {
            told,
            _tasks: tasks,
        }
    }

    /// A text with the addresses of the servers.
    pub(crate) fn filled(&self, text: &str) -> String {
        self.told.filled(text)
    }

    /// A text without them.
    pub(crate) fn masked(&self, text: &str) -> String {
        self.told.masked(text)
    }

    /// The client has an answer.
    pub(crate) fn answered(&self) {
        self.told.answered.notify_one();
    }

    /// The requests that came.
    pub(crate) fn stop(self) -> Vec<String> {
        self.told.requests.lock().unwrap().clone()
    }
}

impl Told {
    fn filled(&self, text: &str) -> String {
        text.replace("{here}", &self.here.to_string())
            .replace("{there}", &self.there.to_string())
            .replace("{port}", &self.here.port().to_string())
    }

    fn masked(&self, text: &str) -> String {
        text.replace(&self.here.to_string(), "{here}")
            .replace(&self.there.to_string(), "{there}")
            .replace(&format!(":{}", self.here.port()), ":{port}")
    }

    fn request(&self, name: &str, head: &str, body: &[u8]) -> String {
        let body = match body.len() {
            0..=TOLD_MAX => String::from_utf8_lossy(body).into_owned(),
            len => format!("{len} bytes"),
        };
        format!(
            "{name}: {}\n\n{body}",
            self.masked(&head.replace("\r\n", "\n"))
        )
    }
}

async fn listen(name: &'static str, listener: TcpListener, told: Arc<Told>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(name, stream, Arc::clone(&told)));
    }
}

async fn serve(name: &'static str, mut stream: TcpStream, told: Arc<Told>) {
    let mut got = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.unwrap_or_default();
        // Gone, or it speaks TLS.
        if count == 0 || piece[0] == 0x16 {
            return;
        }
        got.extend_from_slice(&piece[..count]);
        while let Some((head, body)) = request(&mut got) {
            told.requests
                .lock()
                .unwrap()
                .push(told.request(name, &head, &body));
            let next = told.answers.lock().unwrap().pop_front();
            let Some((send, then)) = next else { return };
            let send = match String::from_utf8(send) {
                Ok(text) => told.filled(&text).into_bytes(),
                Err(error) => error.into_bytes(),
            };
            if stream.write_all(&send).await.is_err() || then == "close" {
                return;
            }
            if then == "reset" {
                if !send.is_empty() {
                    told.answered.notified().await;
                }
                stream.set_zero_linger().unwrap();
                return;
            }
        }
    }
}

/// Takes a whole request out of what came: its head, as Latin-1, and its body.
fn request(got: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    let end = got.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head: String = got[..end].iter().copied().map(char::from).collect();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse().unwrap());
    if got.len() < end + 4 + length {
        return None;
    }
    let mut rest = got.split_off(end + 4);
    *got = rest.split_off(length);
    Some((head, rest))
}
