//! `GET /files` beyond the ordinary: codings, conditions, ranges, size (contract 4.2).

use std::io::Cursor;

use async_compression::tokio::bufread::GzipDecoder;
use axum::body::Bytes;
use futures_util::stream;
use reqwest::header::HeaderMap;
use reqwest::{Body, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, BufReader};

use crate::support::{Made, World, answer, end};

async fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut decoder = GzipDecoder::new(BufReader::new(Cursor::new(packed)));
    decoder.read_to_end(&mut content).await.unwrap();
    content
}

pub(crate) fn post(world: &World, made: &Made, query: &str, kind: &str) -> RequestBuilder {
    world
        .inside(Method::POST, made, &format!("/files{query}"))
        .header("Content-Type", kind)
}

pub(crate) async fn put(world: &World, made: &Made, path: &str, content: impl Into<Body>) {
    let query = format!("?path={path}");
    let request = post(world, made, &query, "application/octet-stream").body(content);
    let (status, body) = answer(request).await;
    assert_eq!(status, 200, "{body}");
}

/// Status, headers and body of a download.
pub(crate) async fn get(
    world: &World,
    made: &Made,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = world.inside(Method::GET, made, &format!("/files?path={path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

pub(crate) async fn content(world: &World, made: &Made, path: &str) -> String {
    let (status, _, body) = get(world, made, path, &[]).await;
    assert_eq!(status, 200, "{path}");
    String::from_utf8(body).unwrap()
}

#[tokio::test]
async fn a_client_that_prefers_gzip_gets_it() {
    let world = World::start().await;
    let made = world.sandbox().await;
    put(&world, &made, "f.json", "{}").await;
    put(&world, &made, "f.data", "text").await;
    let noise: Vec<u8> = (0..100_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0])
        .collect();
    put(&world, &made, "noise", noise.clone()).await;
    let gzip = [("Accept-Encoding", "gzip, deflate")];
    for (path, kind, expected, short) in [
        ("f.json", "application/json", &b"{}"[..], true),
        ("f.data", "application/octet-stream", b"text", true),
        ("noise", "application/octet-stream", &noise, false),
    ] {
        let (status, headers, body) = get(&world, &made, path, &gzip).await;
        assert_eq!(
            (status, &headers["content-encoding"]),
            (200, &"gzip".parse().unwrap())
        );
        assert_eq!(headers["content-type"], kind);
        assert_eq!(headers["vary"], "Accept-Encoding");
        assert_eq!(
            headers["content-disposition"],
            format!("inline; filename={path}")
        );
        assert_eq!(headers.contains_key("content-length"), short, "{path}");
        for absent in ["last-modified", "accept-ranges", "etag"] {
            assert!(!headers.contains_key(absent), "{path} {absent}");
        }
        assert_eq!(unpack(&body).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_file_that_says_it_is_empty_is_read_to_its_end_in_gzip_only() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let (status, _, plain) = get(&world, &made, "/proc/version", &[]).await;
    if status == 404 {
        // The engine has no /proc of its own.
        return;
    }
    assert_eq!(plain, b"");
    let gzip = [("Accept-Encoding", "gzip")];
    let (_, _, packed) = get(&world, &made, "/proc/version", &gzip).await;
    assert!(unpack(&packed).await.starts_with(b"Linux"));
}

#[tokio::test]
async fn conditions_are_checked_before_ranges() {
    let world = World::start().await;
    let made = world.sandbox().await;
    put(&world, &made, "digits", "0123456789").await;
    let done = world
        .run(&made, "touch -d '1994-11-06 08:49:37Z' digits")
        .await;
    assert_eq!(end(&done)["status"], "exit status 0");
    let (at, later) = (
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:38 GMT",
    );
    let range = ("Range", "bytes=2-4");
    for (headers, status, body) in [
        (vec![("If-Modified-Since", at)], 304, ""),
        (vec![("If-Modified-Since", at), range], 304, ""),
        (vec![("If-Modified-Since", "nonsense")], 200, "0123456789"),
        (vec![("If-None-Match", "*")], 304, ""),
        (
            vec![("If-None-Match", "\"x\""), ("If-Modified-Since", at)],
            200,
            "0123456789",
        ),
        (
            vec![("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT")],
            412,
            "",
        ),
        (vec![("If-Match", "\"x\"")], 412, ""),
        (vec![("If-Range", at), range], 206, "234"),
        (vec![("If-Range", later), range], 200, "0123456789"),
        (vec![("If-Range", "\"x\""), range], 200, "0123456789"),
        (vec![("Accept-Encoding", "gzip"), range], 206, "234"),
    ] {
        let (got, answered, text) = get(&world, &made, "digits", &headers).await;
        assert_eq!(
            (got, text.as_slice()),
            (status, body.as_bytes()),
            "{headers:?}"
        );
        assert_eq!(answered["last-modified"], at);
        assert_eq!(answered["vary"], "Accept-Encoding");
        assert!(!answered.contains_key("content-encoding"));
        assert_eq!(answered.contains_key("content-type"), status / 100 == 2);
    }
}

#[tokio::test]
async fn a_client_that_takes_no_coding_of_ours_is_told_so() {
    let world = World::start().await;
    let made = world.sandbox().await;
    put(&world, &made, "f", "x").await;
    let none = "error parsing Accept-Encoding: no acceptable encoding found, supported: [gzip]";
    let plain = "identity encoding not acceptable for Range or conditional request";
    for (headers, message, varies) in [
        (vec![("Accept-Encoding", "identity;q=0")], none, false),
        (vec![("Accept-Encoding", "*;q=0")], none, false),
        (
            vec![
                ("Accept-Encoding", "gzip, identity;q=0"),
                ("Range", "bytes=0-"),
            ],
            plain,
            true,
        ),
    ] {
        let (status, answered, body) = get(&world, &made, "f", &headers).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (status, body),
            (406, json!({"code": 406, "message": message}))
        );
        assert_eq!(answered["vary"] == "Accept-Encoding", varies, "{headers:?}");
    }
    // The path is looked at first.
    let (status, _, _) = get(&world, &made, "no", &[("Accept-Encoding", "*;q=0")]).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn several_ranges_come_as_parts() {
    let world = World::start().await;
    let made = world.sandbox().await;
    put(&world, &made, "digits.txt", "0123456789").await;
    let range = [("Range", "bytes=7-, 0-1,20-")];
    let (status, headers, body) = get(&world, &made, "digits.txt", &range).await;
    assert_eq!(status, 206);
    let kind = headers["content-type"].to_str().unwrap();
    let boundary = kind
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap();
    assert_eq!(headers["content-length"], body.len().to_string());
    let expected = format!(
        "--{boundary}\r\nContent-Range: bytes 7-9/10\r\nContent-Type: text/plain; \
         charset=utf-8\r\n\r\n789\r\n--{boundary}\r\nContent-Range: bytes 0-1/10\r\nContent-Type: \
         text/plain; charset=utf-8\r\n\r\n01\r\n--{boundary}--\r\n"
    );
    assert_eq!(String::from_utf8(body).unwrap(), expected);
    for (range, status, size, text) in [
        (
            "bytes=10-",
            416,
            Some("bytes */10"),
            "invalid range: failed to overlap\n",
        ),
        ("bytes=4-2", 416, None, "invalid range\n"),
        ("lines=1-2", 416, None, "invalid range\n"),
        ("bytes=0-9,0-9", 200, None, "0123456789"),
        ("bytes=-3", 206, Some("bytes 7-9/10"), "789"),
    ] {
        let (got, headers, body) = get(&world, &made, "digits.txt", &[("Range", range)]).await;
        assert_eq!((got, body.as_slice()), (status, text.as_bytes()), "{range}");
        let told = headers.get("content-range").map(|it| it.to_str().unwrap());
        assert_eq!(told, size, "{range}");
        assert_eq!(
            headers.contains_key("last-modified"),
            status != 416,
            "{range}"
        );
    }
    put(&world, &made, "empty", "").await;
    let (status, headers, _) = get(&world, &made, "empty", &[("Range", "bytes=0-")]).await;
    assert_eq!(
        (status, &headers["content-length"]),
        (200, &"0".parse().unwrap())
    );
}

#[tokio::test]
async fn a_large_file_passes_in_pieces() {
    const PIECE: usize = 1 << 20;
    const PIECES: usize = 48;
    let world = World::start().await;
    let made = world.sandbox().await;
    let pieces = (0..PIECES).map(|n| {
        let byte = u8::try_from(n).unwrap();
        Ok::<_, std::io::Error>(Bytes::from(vec![byte; PIECE]))
    });
    put(
        &world,
        &made,
        "large",
        Body::wrap_stream(stream::iter(pieces)),
    )
    .await;
    let request = world.inside(Method::GET, &made, "/files?path=large");
    let mut response = request.send().await.unwrap();
    assert_eq!(
        response.headers()["content-length"],
        (PIECE * PIECES).to_string()
    );
    let mut at = 0;
    while let Some(chunk) = response.chunk().await.unwrap() {
        let expected = |offset: usize| u8::try_from((at + offset) / PIECE).unwrap();
        assert_eq!(
            (chunk[0], chunk[chunk.len() - 1]),
            (expected(0), expected(chunk.len() - 1))
        );
        at += chunk.len();
    }
    assert_eq!(at, PIECE * PIECES);
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_answered_in_plain_text() {
    let world = World::start().await;
    let made = world.sandbox().await;
    for (method, query, text) in [
        (
            Method::GET,
            "?path=a&path=b",
            "Invalid format for parameter path: multiple values for single value parameter 'path'\n",
        ),
        (
            Method::POST,
            "?signature_expiration=1.5",
            "Invalid format for parameter signature_expiration: error binding string parameter: \
          strconv.ParseInt: parsing \"1.5\": invalid syntax\n",
        ),
    ] {
        let request = world.inside(method, &made, &format!("/files{query}"));
        assert_eq!(answer(request).await, (400, json!(text)), "{query}");
    }
}
