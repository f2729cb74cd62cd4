//! The Connect protocol itself: codecs, compression, envelopes, time limits (contract 3.1).

use std::io::Cursor;

use async_compression::tokio::bufread::GzipEncoder;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, BufReader};

use crate::support::{Frames, World, answer, envelope, shell};

const START: &str = "process.Process/Start";

async fn pack(content: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = GzipEncoder::new(BufReader::new(Cursor::new(content)));
    encoder.read_to_end(&mut packed).await.unwrap();
    packed
}

fn flagged(flags: u8, message: &[u8]) -> Vec<u8> {
    let mut frame = vec![flags];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(message);
    frame
}

#[tokio::test]
async fn a_type_or_method_that_is_not_spoken_is_refused_without_a_body() {
    let world = World::start().await;
    let made = world.sandbox().await;
    for (path, kind, status) in [
        (
            "/process.Process/List",
            "application/json; charset=utf-8",
            200,
        ),
        ("/process.Process/List", "application/proto", 200),
        (
            "/process.Process/List",
            "application/json; charset=latin1",
            415,
        ),
        ("/process.Process/List", "application/connect+json", 415),
        ("/process.Process/List", "application/grpc+proto", 415),
        ("/process.Process/List", "application/grpc-web", 415),
        ("/process.Process/List", "text/plain", 415),
        ("/process.Process/Start", "application/json", 415),
        ("/process.Process/Start", "application/grpc", 415),
    ] {
        let request = world
            .inside(Method::POST, &made, path)
            .header("Content-Type", kind);
        let body = if kind.contains("json") { "{}" } else { "" };
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), status, "{path} {kind}");
        if status == 415 {
            assert_eq!(response.bytes().await.unwrap(), "", "{path} {kind}");
        }
    }
    let request = world.inside(Method::GET, &made, "/filesystem.Filesystem/Stat");
    let response = request.send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"POST".parse().unwrap())
    );
}

#[tokio::test]
async fn what_a_unary_call_gets_wrong_is_said_in_connect_gos_words() {
    let world = World::start().await;
    let made = world.sandbox().await;
    for (headers, body, status, code, text) in [
        (
            vec![],
            b"".to_vec(),
            400,
            "invalid_argument",
            "unmarshal message: zero-length payload is not a valid JSON object",
        ),
        (
            vec![("Connect-Protocol-Version", "2")],
            b"{}".to_vec(),
            400,
            "invalid_argument",
            "Connect-Protocol-Version must be \"1\": got \"2\"",
        ),
        (
            vec![("Connect-Timeout-Ms", "12345678901")],
            b"{}".to_vec(),
            400,
            "invalid_argument",
            "parse timeout: \"12345678901\" has >10 digits",
        ),
        (
            vec![("Connect-Timeout-Ms", "1.5")],
            b"{}".to_vec(),
            400,
            "invalid_argument",
            "parse timeout: strconv.ParseInt: parsing \"1.5\": invalid syntax",
        ),
        (
            vec![("Connect-Timeout-Ms", "0")],
            b"{}".to_vec(),
            504,
            "deadline_exceeded",
            "context deadline exceeded",
        ),
        (
            vec![("Connect-Timeout-Ms", "-5")],
            b"{}".to_vec(),
            504,
            "deadline_exceeded",
            "context deadline exceeded",
        ),
        (
            vec![("Content-Encoding", "br")],
            b"{}".to_vec(),
            501,
            "unimplemented",
            "unknown compression \"br\": supported encodings are gzip",
        ),
    ] {
        let mut request = world.inside(Method::POST, &made, "/process.Process/List");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let request = request
            .header("Content-Type", "application/json")
            .body(body);
        let expected = (status, json!({"code": code, "message": text}));
        assert_eq!(answer(request).await, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn a_packed_message_is_opened() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let packed = pack(b"{}").await;
    let list = || {
        let request = world.inside(Method::POST, &made, "/process.Process/List");
        request
            .header("Content-Type", "application/json")
            .header("Content-Encoding", "gzip")
    };
    assert_eq!(answer(list().body(packed)).await, (200, json!({})));
    let (status, refused) = answer(list().body("{}")).await;
    let text = refused["message"].as_str().unwrap();
    assert!(status == 400 && text.starts_with("decompress: "), "{text}");
}

/// Whether messages are said to be packed, a request's body, and what it is answered.
async fn wrong_bodies() -> Vec<(bool, Vec<u8>, &'static str, &'static str)> {
    let start = envelope(&shell("true"));
    let packed = flagged(1, &pack(shell("true").to_string().as_bytes()).await);
    vec![
        (
            false,
            Vec::new(),
            "unimplemented",
            "unary request has zero messages",
        ),
        (
            false,
            [start.clone(), start.clone()].concat(),
            "unimplemented",
            "unary request has multiple messages",
        ),
        (
            false,
            start[..3].to_vec(),
            "invalid_argument",
            "protocol error: incomplete envelope: unexpected EOF",
        ),
        (false, start[..9].to_vec(), "invalid_argument", "promised"),
        (
            false,
            [start.clone(), vec![0]].concat(),
            "invalid_argument",
            "protocol error: incomplete envelope: unexpected EOF",
        ),
        (
            false,
            packed.clone(),
            "internal",
            "protocol error: sent compressed message without compression support",
        ),
        (
            false,
            flagged(4, b"{}"),
            "internal",
            "protocol error: invalid envelope flags 4",
        ),
        (
            false,
            vec![0, 0xff, 0xff, 0xff, 0xff],
            "resource_exhausted",
            "message size 4294967295 is larger than configured max 67108864",
        ),
        (
            false,
            flagged(0, b"{"),
            "invalid_argument",
            "unmarshal message: ",
        ),
        (
            false,
            flagged(0, b""),
            "invalid_argument",
            "unmarshal message: zero-length payload is not a valid JSON object",
        ),
        (
            true,
            flagged(1, b"plain"),
            "invalid_argument",
            "decompress: ",
        ),
    ]
}

#[tokio::test]
async fn a_stream_that_is_cut_wrong_ends_with_the_reason() {
    let world = World::start().await;
    let made = world.sandbox().await;
    for (packed, body, code, text) in wrong_bodies().await {
        let mut request = world
            .inside(Method::POST, &made, &format!("/{START}"))
            .header("Content-Type", "application/connect+json");
        if packed {
            request = request.header("Connect-Content-Encoding", "gzip");
        }
        let all = Frames::open(request.body(body)).await.rest().await;
        assert_eq!(all.len(), 1, "{all:?}");
        let error = &all[0]["end_of_stream"]["error"];
        let told = error["message"].as_str().unwrap();
        assert!(
            error["code"] == code && told.contains(text),
            "{error} is not {code} {text}"
        );
    }
}

#[tokio::test]
async fn a_packed_stream_is_opened() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let packed = flagged(1, &pack(shell("true").to_string().as_bytes()).await);
    let request = world
        .inside(Method::POST, &made, &format!("/{START}"))
        .header("Content-Type", "application/connect+json")
        .header("Connect-Content-Encoding", "gzip");
    let all = Frames::open(request.body(packed)).await.rest().await;
    assert_eq!(crate::support::end(&all)["status"], "exit status 0");
}

#[tokio::test]
async fn binary_messages_say_the_same_as_json() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let unary = async |method: &str, body: &[u8]| {
        let request = world
            .inside(Method::POST, &made, &format!("/{method}"))
            .header("Content-Type", "application/proto")
            .body(body.to_vec());
        let response = request.send().await.unwrap();
        let kind = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        let status = response.status().as_u16();
        (status, kind, response.bytes().await.unwrap().to_vec())
    };
    // MakeDir {path: "/tmp/d"}: the entry's name and type come first.
    let (status, kind, body) = unary("filesystem.Filesystem/MakeDir", b"\x0a\x06/tmp/d").await;
    assert_eq!((status, kind.as_str()), (200, "application/proto"));
    assert_eq!(&body[..1], b"\x0a");
    assert_eq!(&body[2..7], b"\x0a\x01d\x10\x02", "{body:?}");
    let (status, kind, body) = unary("filesystem.Filesystem/MakeDir", b"\x0a\x06/tmp/d").await;
    let error: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (status, kind.as_str()),
        (409, "application/json"),
        "errors are JSON"
    );
    assert_eq!(error["message"], "directory already exists: /tmp/d");
    let (status, _, body) = unary("filesystem.Filesystem/Stat", b"\x0a\xff").await;
    assert_eq!(status, 400, "{}", String::from_utf8_lossy(&body));
    // Start {process: {cmd: "/bin/sh", args: ["-c", "printf hi; exit 3"]}, stdin: false}.
    let message = b"\x0a\x20\x0a\x07/bin/sh\x12\x02-c\x12\x11printf hi; exit 3\x20\x00";
    let request = world
        .inside(Method::POST, &made, &format!("/{START}"))
        .header("Content-Type", "application/connect+proto")
        .body(flagged(0, message));
    let response = request.send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "application/connect+proto"
    );
    let body = response.bytes().await.unwrap();
    let start = usize::from(body[4]);
    assert_eq!(
        &body[5..7],
        &[0x0a, u8::try_from(start - 2).unwrap()],
        "an event"
    );
    let data = flagged(0, b"\x0a\x06\x12\x04\x0a\x02hi");
    assert_eq!(&body[5 + start..5 + start + data.len()], &data);
    let end = flagged(
        0,
        b"\x0a\x24\x1a\x22\x08\x06\x10\x01\x1a\x0dexit status 3\x22\x0dexit status 3",
    );
    let mut expected = end.clone();
    expected.extend(flagged(2, b"{}"));
    let tail = &body[body.len() - expected.len()..];
    assert_eq!(tail, expected);
}
