//! Bodies of requests that are no text, and answers that are read piece by piece.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_js::fetch::{Body, Client, FetchError, Method};
use serde_json::json;

use super::servers::Servers;

const ENDED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";

async fn server(send: &[u8], then: &str) -> Servers {
    Servers::start(&[json!({ "send": STANDARD.encode(send), "then": then })]).await
}

/// The lines of a request with this body.
async fn sent(method: Method, body: Body) -> Vec<String> {
    let servers = server(ENDED.as_bytes(), "keep").await;
    let url = servers.filled("http://{here}/x");
    let answer = Client::new()
        .fetch(method, &url, &[("x-a", "1")], body)
        .await
        .unwrap();
    assert_eq!(answer.bytes().await.unwrap(), b"abc");
    let requests = servers.stop();
    requests[0].lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_get_says_nothing_of_a_body() {
    for method in [Method::Get, Method::Delete] {
        let lines = sent(method, Body::None).await;
        assert!(lines[0].contains(&format!("{} /x HTTP/1.1", method.name())));
        let of_body =
            |line: &&String| line.starts_with("content-") || line.starts_with("transfer-");
        assert_eq!(lines.iter().find(of_body), None, "{lines:?}");
    }
}

#[tokio::test]
async fn bytes_have_a_length_and_no_type() {
    let lines = sent(Method::Post, Body::Bytes((&b"\xff\0"[..]).into())).await;
    assert!(lines.contains(&"content-length: 2".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|it| it.starts_with("content-type")));
}

#[tokio::test]
async fn chunks_have_no_length() {
    let lines = sent(Method::Post, Body::Chunked((&b"hello"[..]).into())).await;
    assert!(lines.contains(&"transfer-encoding: chunked".to_owned()));
    assert!(!lines.iter().any(|it| it.starts_with("content-length")));
}

/// All pieces of an answer together, or how it broke off.
async fn pieces(send: &[u8]) -> Result<Vec<u8>, FetchError> {
    let servers = server(send, "close").await;
    let url = servers.filled("http://{here}/x");
    let client = Client::new();
    let mut answer = client.fetch(Method::Get, &url, &[], Body::None).await?;
    let mut all = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        all.extend_from_slice(&piece);
    }
    assert!(answer.chunk().await?.is_none());
    Ok(all)
}

#[tokio::test]
async fn an_answer_can_be_read_in_pieces() {
    assert_eq!(pieces(ENDED.as_bytes()).await.unwrap(), b"abc");
    let chunked =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    assert_eq!(pieces(chunked).await.unwrap(), b"abc");
    let cut = pieces(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await;
    assert!(matches!(cut, Err(FetchError::Terminated(_))), "{cut:?}");
    let none = pieces(b"HTTP/1.1 204 OK\r\n\r\n").await;
    assert_eq!(none.unwrap(), b"");
}

#[tokio::test]
async fn a_compressed_answer_comes_in_one_piece() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"abc").unwrap();
    let body = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let answer = [head.as_bytes(), &body].concat();
    assert_eq!(pieces(&answer).await.unwrap(), b"abc");
}
