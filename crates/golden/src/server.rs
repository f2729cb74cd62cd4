//! A server of bytes, which can hang up in the middle of an answer.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::wire::{Heard, hear};

/// What a server does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Answers.
    Whole {
        /// The status.
        status: u16,
        /// Headers, without those about the length.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Begins an answer of 1000 bytes, and hangs up.
    Cut {
        /// The status.
        status: u16,
        /// Headers, without those about the length.
        headers: Vec<(String, String)>,
        /// What there is of the body.
        body: Vec<u8>,
    },
    /// Hangs up without an answer.
    Dropped,
}

/// A server on a port of its own, until it is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Starts a server that answers each request with what a function makes of it.
    ///
    /// # Panics
    /// When the machine has no free port.
    pub async fn start(answer: impl Fn(Heard) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("there is a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let answer = Arc::new(answer);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                connections.spawn(async move {
                    // What a client that hung up does not hear is no concern of the server.
                    let _ = serve(stream, &*answer).await;
                });
            }
        });
        Self {
            address,
            _tasks: tasks,
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: &(impl Fn(Heard) -> Answer + Sync),
) -> io::Result<()> {
    let mut held = Vec::new();
    let heard = hear(&mut stream, &mut held).await?;
    match answer(heard) {
        Answer::Dropped => Ok(()),
        Answer::Whole {
            status,
            headers,
            body,
        } => {
            stream
                .write_all(&written(status, &headers, body.len(), &body))
                .await?;
            stream.shutdown().await
        }
        Answer::Cut {
            status,
            headers,
            body,
        } => {
            stream
                .write_all(&written(status, &headers, 1000, &body))
                .await?;
            stream.shutdown().await
        }
    }
}

/// An answer as it goes over the wire. Headers that say where its body ends are taken at their word.
pub(crate) fn written(
    status: u16,
    headers: &[(String, String)],
    length: usize,
    body: &[u8],
) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Recorded\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    let says = |wanted: &str| {
        headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let chunked = says("transfer-encoding");
    // These statuses have no body, and say nothing of its length.
    if status != 204 && status != 304 && !chunked && !says("content-length") {
        head.extend([&format!("content-length: {length}"), "\r\n"]);
    }
    head.push_str("\r\n");
    if !chunked {
        return [head.as_bytes(), body].concat();
    }
    let size = format!("{:x}\r\n", body.len());
    let chunk = [size.as_bytes(), body, b"\r\n"].concat();
    let chunk = if body.is_empty() { Vec::new() } else { chunk };
    [head.as_bytes(), &chunk, b"0\r\n\r\n"].concat()
}
