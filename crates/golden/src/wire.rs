//! HTTP/1.1 as bytes: small enough to send what no client library would.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What was heard of a request or an answer: its first line, its headers, its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// The first line.
    pub line: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, without chunks.
    pub body: Vec<u8>,
}

impl Heard {
    /// The first header of a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }

    /// The word at a place of the first line.
    pub fn word(&self, at: usize) -> &str {
        self.line.split(' ').nth(at).unwrap_or_default()
    }
}

/// Reads a request or an answer whole. Bytes behind it stay in `held`.
pub(crate) async fn hear(stream: &mut TcpStream, held: &mut Vec<u8>) -> io::Result<Heard> {
    let (mut heard, _) = hear_head(stream, held).await?;
    hear_body(stream, held, &mut heard).await?;
    Ok(heard)
}

/// Reads the first line and the headers, and gives them as they came, too.
pub(crate) async fn hear_head(
    stream: &mut TcpStream,
    held: &mut Vec<u8>,
) -> io::Result<(Heard, Vec<u8>)> {
    let end = loop {
        if let Some(at) = held.windows(4).position(|it| it == b"\r\n\r\n") {
            break at;
        }
        more(stream, held).await?;
    };
    let raw: Vec<u8> = held.drain(..end + 4).collect();
    // A header may have any byte; these data have letters of Latin-1 at most.
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((
            name.to_ascii_lowercase(),
            value.trim_matches([' ', '\t']).to_owned(),
        ))
    });
    let heard = Heard {
        line,
        headers: headers.collect(),
        body: Vec::new(),
    };
    Ok((heard, raw))
}

/// Reads the body whose length the headers tell; without one there is none.
pub(crate) async fn hear_body(
    stream: &mut TcpStream,
    held: &mut Vec<u8>,
    heard: &mut Heard,
) -> io::Result<()> {
    let length = heard
        .header("content-length")
        .and_then(|it| it.parse().ok());
    heard.body = if heard.header("transfer-encoding") == Some("chunked") {
        chunks(stream, held).await?
    } else if let Some(length) = length {
        exactly(stream, held, length).await?
    } else {
        Vec::new()
    };
    Ok(())
}

async fn more(stream: &mut TcpStream, held: &mut Vec<u8>) -> io::Result<()> {
    match stream.read_buf(held).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

async fn exactly(stream: &mut TcpStream, held: &mut Vec<u8>, length: usize) -> io::Result<Vec<u8>> {
    while held.len() < length {
        more(stream, held).await?;
    }
    Ok(held.drain(..length).collect())
}

async fn chunks(stream: &mut TcpStream, held: &mut Vec<u8>) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = held.windows(2).position(|it| it == b"\r\n") {
                break at;
            }
            more(stream, held).await?;
        };
        let size = String::from_utf8_lossy(&held[..end]).into_owned();
        held.drain(..end + 2);
        let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        let chunk = exactly(stream, held, size + 2).await?;
        whole.extend(&chunk[..size]);
        if size == 0 {
            return Ok(whole);
        }
    }
}

/// Sends a request as it is written and hears its answer.
///
/// # Errors
/// When the other side cannot be reached or hangs up too early.
pub async fn ask(address: SocketAddr, request: &[u8]) -> io::Result<Heard> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let head = request.starts_with(b"HEAD ");
    let mut heard = hear_answer(&mut stream, head).await?;
    if heard.header("content-length").is_none() && heard.header("transfer-encoding").is_none() {
        stream.read_to_end(&mut heard.body).await?;
    }
    Ok(heard)
}

async fn hear_answer(stream: &mut TcpStream, head: bool) -> io::Result<Heard> {
    let mut held = Vec::new();
    if !head {
        return hear(stream, &mut held).await;
    }
    // The answer to HEAD tells a length and has no body.
    stream.read_to_end(&mut held).await?;
    let text = String::from_utf8_lossy(&held).replace("content-length", "x-length");
    let mut held = text.into_bytes();
    hear(stream, &mut held).await
}
