//! `POST /files` beyond the ordinary: packed, broken, cut off, too large (contract 4.3).

use std::io::Cursor;

use async_compression::tokio::bufread::GzipEncoder;
use axum::body::Bytes;
use futures_util::stream;
use reqwest::{Body, Method};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};

use crate::support::{World, answer, end, until};
use crate::transfers::{content, get, post, put};

async fn pack(content: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = GzipEncoder::new(BufReader::new(Cursor::new(content)));
    encoder.read_to_end(&mut packed).await.unwrap();
    packed
}

#[tokio::test]
async fn a_packed_upload_is_unpacked() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let raw = "application/octet-stream";
    let packed = pack(b"some text").await;
    let request = post(&world, &made, "?path=raw", raw).header("Content-Encoding", "gzip");
    assert_eq!(answer(request.body(packed.clone())).await.0, 200);
    assert_eq!(content(&world, &made, "raw").await, "some text");
    let form = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"/tmp/p\"\r\n\r\nin \
                a form\r\n--B--\r\n";
    let kind = "multipart/form-data; boundary=B";
    let request = post(&world, &made, "", kind).header("Content-Encoding", "gzip");
    let (status, written) = answer(request.body(pack(form.as_bytes()).await)).await;
    assert_eq!((status, &written[0]["path"]), (200, &json!("/tmp/p")));
    assert_eq!(content(&world, &made, "/tmp/p").await, "in a form");
    let reader = "error decompressing request body: failed to create gzip reader: ";
    for (coding, body, status, message) in [
        (
            "br",
            packed.clone(),
            400,
            "error decompressing request body: unsupported Content-Encoding: br, supported: [gzip]"
                .to_owned(),
        ),
        (
            "gzip",
            b"plain text, no gzip".to_vec(),
            400,
            format!("{reader}gzip: invalid header"),
        ),
        ("gzip", Vec::new(), 400, format!("{reader}EOF")),
        (
            "gzip",
            b"\x1f\x8b".to_vec(),
            400,
            format!("{reader}unexpected EOF"),
        ),
        (
            "gzip",
            packed[..packed.len() - 10].to_vec(),
            500,
            "error writing file: unexpected EOF".to_owned(),
        ),
    ] {
        let request = post(&world, &made, "?path=bad", raw).header("Content-Encoding", coding);
        let expected = (status, json!({"code": status, "message": message}));
        assert_eq!(answer(request.body(body)).await, expected);
    }
}

#[tokio::test]
async fn a_broken_form_leaves_what_came_before() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let part = |name: &str, content: &str| {
        format!(
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}"
        )
    };
    let good = format!("{}\r\n", part("/tmp/first", "whole"));
    let form = "multipart/form-data; boundary=B";
    for (kind, body, status, message) in [
        (
            form,
            format!("{good}{}", part("/tmp/second", "half")),
            500,
            "error writing file: unexpected EOF",
        ),
        (
            form,
            format!("{good}--B\r\nContent-Dis"),
            500,
            "error reading form: multipart: NextPart: EOF",
        ),
        (
            form,
            "no form at all".to_owned(),
            500,
            "error reading form: multipart: NextPart: EOF",
        ),
        (
            "multipart/form-data",
            good.clone(),
            500,
            "error parsing multipart form: no multipart boundary param in Content-Type",
        ),
        (
            "multipart/related; boundary=B",
            good.clone(),
            500,
            "error parsing multipart form: request Content-Type isn't multipart/form-data",
        ),
        (
            form,
            format!("{}\r\n--B--\r\n", part("", "x")),
            400,
            "path is a directory: /home/user",
        ),
    ] {
        let request = post(&world, &made, "", kind).body(body);
        let expected = (status, json!({"code": status, "message": message}));
        assert_eq!(answer(request).await, expected, "{kind}");
    }
    assert_eq!(content(&world, &made, "/tmp/first").await, "whole");
    assert!("half".starts_with(&content(&world, &made, "/tmp/second").await));
    let form_of_three = format!(
        "{}\r\n{}\r\n{}\r\n{}\r\n--B--\r\n",
        part("a", "1"),
        part("b", "2"),
        part("c", "3"),
        part("a", "4")
    );
    let request = post(&world, &made, "", form).body(form_of_three);
    let text = "you cannot upload multiple files to the same path '/home/user/a' in one upload \
                request, only the first specified file was uploaded, also the following files were \
                uploaded: /home/user/b, /home/user/c";
    assert_eq!(
        answer(request).await,
        (400, json!({"code": 400, "message": text}))
    );
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_a_part_and_nothing_else() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let mut client = tokio::net::TcpStream::connect(world.standin.addr())
        .await
        .unwrap();
    let head = format!(
        "POST /files?path=/tmp/part HTTP/1.1\r\nHost: localhost\r\nE2b-Sandbox-Id: {}\r\n\
         E2b-Sandbox-Port: 49983\r\nX-Access-Token: {}\r\nContent-Type: \
         application/octet-stream\r\nContent-Length: 1000000\r\n\r\nbegun",
        made.id, made.token
    );
    client.write_all(head.as_bytes()).await.unwrap();
    until("the first bytes are written", || async {
        get(&world, &made, "/tmp/part", &[]).await.2 == b"begun"
    })
    .await;
    drop(client);
    assert_eq!(content(&world, &made, "/tmp/part").await, "begun");
    put(&world, &made, "/tmp/part", "again").await;
    assert_eq!(content(&world, &made, "/tmp/part").await, "again");
}

#[tokio::test]
async fn a_full_sandbox_takes_no_more() {
    let world = World::start().await;
    let made = world.sandbox().await;
    // Where the engine does not limit files the host's disk would be filled.
    let fill = "a=$(df --output=avail -B1 ~ | tail -1); [ $a -le $((1<<30)) ] && fallocate -l \
                $((a - 1048576)) ~/filler";
    if end(&world.run(&made, fill).await)["status"] != "exit status 0" {
        return;
    }
    let raw = "application/octet-stream";
    let request = post(&world, &made, "?path=big", raw).body(vec![b'x'; 4 << 20]);
    let text = "attempted to write 4194304 bytes: not enough disk space available";
    assert_eq!(
        answer(request).await,
        (507, json!({"code": 507, "message": text}))
    );
    let pieces = (0..4).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 1 << 20])));
    let body = Body::wrap_stream(stream::iter(pieces));
    let request = post(&world, &made, "?path=big", raw).body(body);
    let text = "not enough disk space available";
    assert_eq!(
        answer(request).await,
        (507, json!({"code": 507, "message": text}))
    );
    let order = json!({"source_paths": ["filler"], "destination": "twice"});
    let request = world
        .inside(Method::POST, &made, "/files/compose")
        .json(&order);
    assert_eq!(
        answer(request).await,
        (507, json!({"code": 507, "message": text}))
    );
    let (status, _, _) = get(&world, &made, "twice", &[]).await;
    assert_eq!(status, 404);
}
