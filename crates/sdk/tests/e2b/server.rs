//! A server that sends bytes, whatever is asked, and hangs up.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::heard::{Heard, heard};

/// The server, until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    told: Arc<Told>,
    _tasks: JoinSet<()>,
}

struct Told {
    answers: Mutex<VecDeque<Vec<u8>>>,
    requests: Mutex<Vec<Heard>>,
    /// The client has hung up before the server did.
    left: Notify,
}

impl Server {
    /// Gives these answers, one for each request. Behind the last one it says nothing and waits.
    pub(crate) async fn start(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let told = Arc::new(Told {
            answers: Mutex::new(answers.into()),
            requests: Mutex::default(),
            left: Notify::new(),
        });
        let shared = Arc::clone(&told);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self {
            address,
            told,
            _tasks: tasks,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<Heard> {
        self.told.requests.lock().unwrap().clone()
    }

    /// Waits until a client has hung up on a server that still waits.
    pub(crate) async fn left(&self) {
        self.told.left.notified().await;
    }
}

async fn serve(mut stream: TcpStream, told: Arc<Told>) {
    let mut got = Vec::new();
    let request = loop {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 => got.extend_from_slice(&piece[..count]),
            _ => return,
        }
        if let Some(request) = heard(&got) {
            break request;
        }
    };
    told.requests.lock().unwrap().push(request);
    let answer = told.answers.lock().unwrap().pop_front();
    if let Some(answer) = &answer {
        let (bytes, waits) = match answer.strip_suffix(b"<wait>") {
            Some(bytes) => (bytes, true),
            None => (&answer[..], false),
        };
        // What a client that hung up does not hear is no concern of the server.
        let _ = stream.write_all(bytes).await;
        if !waits {
            let _ = stream.shutdown().await;
            return;
        }
    }
    let mut piece = [0; 16];
    while stream.read(&mut piece).await.is_ok_and(|count| count > 0) {}
    told.left.notify_one();
}
