//! Build contexts: pushed to the object store in S3's dialect, copied by builds (contract 5.5).

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{World, isolated};

/// Temporary credentials, as `push-access` gives them.
struct Pusher {
    access: Value,
    client: Client,
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36));
    let outer = Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c));
    let inner = inner.chain_update(text).finalize();
    outer.chain_update(inner).finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap();
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(digit).collect()
}

impl Pusher {
    async fn new(world: &World) -> Self {
        let (status, access) = world
            .call("GET /api/object-storage/push-access", Value::Null)
            .await;
        assert_eq!(status, 200, "{access}");
        Self {
            access,
            client: world.client.clone(),
        }
    }

    fn of(&self, field: &str) -> &str {
        self.access[field].as_str().unwrap()
    }

    fn key_of(&self, hash: &str) -> String {
        format!("{}/{hash}/context.tar", self.of("organizationId"))
    }

    /// Sends a signed request; status and body. `payload` is what the header says of the body.
    async fn send(
        &self,
        method: &str,
        path: &str,
        query: &str,
        payload: Option<&str>,
        body: Vec<u8>,
    ) -> (u16, String) {
        let url = self.of("storageUrl");
        let host = url.strip_prefix("http://").unwrap();
        let path = format!("/{}/{path}", self.of("bucket"));
        let hash = hex(&Sha256::digest(&body));
        let payload = payload.unwrap_or(&hash);
        let (day, date) = ("20261201", "20261201T000000Z");
        let names = "host;x-amz-content-sha256;x-amz-date;x-amz-security-token";
        let token = self.of("sessionToken");
        let headers = format!(
            "host:{host}\nx-amz-content-sha256:{payload}\nx-amz-date:{date}\nx-amz-security-token:{token}\n"
        );
        let request = format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{payload}");
        let scope = format!("{day}/{}/s3/aws4_request", self.of("region"));
        let mut key = format!("AWS4{}", self.of("secret")).into_bytes();
        key.truncate(64 + 4);
        let mut signing = if key.len() > 64 {
            Sha256::digest(&key).to_vec()
        } else {
            key
        };
        for part in scope.split('/') {
            signing = hmac(&signing, part);
        }
        let request = hex(&Sha256::digest(request));
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{request}");
        let signature = hex(&hmac(&signing, &text));
        let credential = format!("{}/{scope}", self.of("accessKey"));
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
        );
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{query}")
        };
        let method: Method = method.parse().unwrap();
        let request = self
            .client
            .request(method, format!("{url}{path}{query}"))
            .header("authorization", signed)
            .header("x-amz-date", date)
            .header("x-amz-security-token", token)
            .header("x-amz-content-sha256", payload);
        let response = request.body(body).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn put(&self, hash: &str, body: Vec<u8>) -> (u16, String) {
        self.send("PUT", &self.key_of(hash), "", None, body).await
    }
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o755);
        builder
            .append_data(&mut header, name, text.as_bytes())
            .unwrap();
    }
    builder.into_inner().unwrap()
}

#[tokio::test]
async fn contexts_are_pushed_whole_in_chunks_and_in_parts() {
    let world = World::start().await;
    let pusher = Pusher::new(&world).await;
    let key = pusher.key_of("h1");
    assert_eq!(pusher.send("HEAD", &key, "", None, Vec::new()).await.0, 404);
    assert_eq!(pusher.put("h1", b"whole".to_vec()).await.0, 200);
    assert_eq!(pusher.send("HEAD", &key, "", None, Vec::new()).await.0, 200);
    let chunks = b"5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\n\r\n".to_vec();
    let streaming = Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    let key = pusher.key_of("h2");
    assert_eq!(pusher.send("PUT", &key, "", streaming, chunks).await.0, 200);
    let key = pusher.key_of("h3");
    let (status, begun) = pusher
        .send("POST", &key, "uploads=", None, Vec::new())
        .await;
    assert_eq!(status, 200, "{begun}");
    let id = begun
        .split("<UploadId>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    for (number, bytes) in [(2, "two"), (1, "one")] {
        let query = format!("partNumber={number}&uploadId={id}");
        let body = bytes.as_bytes().to_vec();
        assert_eq!(pusher.send("PUT", &key, &query, None, body).await.0, 200);
    }
    let part =
        |number: u32| format!("<Part><ETag>x</ETag><PartNumber>{number}</PartNumber></Part>");
    let complete = async |numbers: &[u32]| {
        let parts: String = numbers.iter().map(|number| part(*number)).collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let query = format!("uploadId={id}");
        pusher
            .send("POST", &key, &query, None, body.into_bytes())
            .await
    };
    for (numbers, code) in [(&[1, 3][..], "InvalidPart"), (&[2, 1], "InvalidPartOrder")] {
        let (status, said) = complete(numbers).await;
        assert_eq!(status, 400, "{said}");
        assert!(said.contains(&format!("<Code>{code}</Code>")), "{said}");
    }
    assert_eq!(complete(&[1, 2]).await.0, 200);
    assert_eq!(complete(&[1, 2]).await.0, 404, "it is done");
    let prefix = format!("list-type=2&prefix={}%2F", pusher.of("organizationId"));
    let (status, list) = pusher.send("GET", "", &prefix, None, Vec::new()).await;
    assert_eq!(status, 200, "{list}");
    for (hash, size) in [("h1", 5), ("h2", 5), ("h3", 6)] {
        assert!(
            list.contains(&format!("<Key>{}</Key>", pusher.key_of(hash))),
            "{list}"
        );
        assert!(list.contains(&format!("<Size>{size}</Size>")), "{list}");
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn who_may_not_push_is_told_why() {
    let world = World::start().await;
    let pusher = Pusher::new(&world).await;
    let refused = async |pusher: &Pusher, key: &str, payload: Option<&str>, status, code: &str| {
        let (got, said) = pusher.send("PUT", key, "", payload, b"x".to_vec()).await;
        assert_eq!(got, status, "{said}");
        assert!(said.contains(&format!("<Code>{code}</Code>")), "{said}");
    };
    let key = pusher.key_of("h");
    refused(&pusher, "another/h/context.tar", None, 403, "AccessDenied").await;
    let wrong = "0".repeat(64);
    refused(
        &pusher,
        &key,
        Some(&wrong),
        400,
        "XAmzContentSHA256Mismatch",
    )
    .await;
    let streaming = Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    refused(&pusher, &key, streaming, 400, "IncompleteBody").await;
    for (field, code) in [
        ("accessKey", "InvalidAccessKeyId"),
        ("sessionToken", "InvalidToken"),
        ("secret", "SignatureDoesNotMatch"),
    ] {
        let mut other = Pusher::new(&world).await;
        other.access[field] = json!("another");
        refused(&other, &key, None, 403, code).await;
    }
    let (status, said) = pusher.send("GET", &key, "", None, Vec::new()).await;
    assert_eq!(status, 501, "{said}");
    let url = format!("{}/{}/{key}", pusher.of("storageUrl"), pusher.of("bucket"));
    let large = pusher
        .client
        .put(&url)
        .header("content-length", (2u64 << 30).to_string());
    assert_eq!(
        large.send().await.map(|it| it.status().as_u16()).ok(),
        Some(403)
    );
    world.standin.clock().advance(Duration::from_secs(3601));
    refused(&pusher, &key, None, 403, "ExpiredToken").await;
    assert_eq!(
        Pusher::new(&world).await.put("h", b"x".to_vec()).await.0,
        200
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn a_build_copies_what_was_pushed() {
    if !isolated().await {
        return;
    }
    let world = World::start().await;
    let pusher = Pusher::new(&world).await;
    let file = archive(&[("app.py", "print('hi')\n")]);
    let folder = archive(&[("lib/a.txt", "a\n"), ("lib/deep/b.txt", "b\n")]);
    assert_eq!(pusher.put("one", file).await.0, 200);
    assert_eq!(pusher.put("two", folder).await.0, 200);
    let text = "FROM debian:12\nWORKDIR /srv\nCOPY app.py main.py\nCOPY --chown=user:user --chmod=600 lib lib/\n\
                COPY lib/*.txt app.py /flat/\nADD lib/deep /deep\nRUN cat main.py\n";
    let body = json!({"name": "copied", "buildInfo": {"dockerfileContent": text, "contextHashes": ["one", "two"]}});
    let (status, made) = world.call("POST /api/snapshots", body).await;
    assert_eq!((status, &made["state"]), (200, &json!("pending")), "{made}");
    let active = world.until_state("/api/snapshots/copied", "active").await;
    assert_eq!(
        active["buildInfo"]["contextHashes"],
        json!(["one", "two"]),
        "{active}"
    );
    let id = world.make(json!({"snapshot": "copied"})).await;
    let command = "cat main.py; find lib /flat /deep -type f -printf '%p %u %m\\n' | sort; cat lib/deep/b.txt";
    let (_, ran) = world.execute(&id, json!({"command": command})).await;
    let expected = "print('hi')\n/deep/b.txt root 755\n/flat/a.txt root 755\n/flat/app.py root 755\n\
                    lib/a.txt user 600\nlib/deep/b.txt user 600\nb\n";
    assert_eq!(ran["result"], expected);
    world.standin.stop().await;
}

#[tokio::test]
async fn a_context_that_is_missing_or_wrong_fails_the_build() {
    let world = World::start().await;
    let pusher = Pusher::new(&world).await;
    assert_eq!(pusher.put("junk", vec![7; 2000]).await.0, 200);
    for (hash, reason) in [
        (
            "gone",
            "failed to build image: failed to get build context gone: The specified key does not exist.",
        ),
        (
            "junk",
            "failed to build image: a pushed context is no tar archive",
        ),
    ] {
        let body = json!({"name": hash, "buildInfo": {"dockerfileContent": "FROM a\n", "contextHashes": [hash]}});
        let (status, made) = world.call("POST /api/snapshots", body.clone()).await;
        assert_eq!(status, 200, "{made}");
        let path = format!("/api/snapshots/{hash}");
        let failed = world.until_state(&path, "build_failed").await;
        let said = failed["errorReason"].as_str().unwrap();
        assert!(said.starts_with(reason), "{said}");
        let taken = format!("Snapshot with name \"{hash}\" already exists for this organization");
        world
            .refuses(&[("POST /api/snapshots", body, 409, &taken)])
            .await;
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn a_step_without_a_network_says_so() {
    if !isolated().await {
        return;
    }
    let world = World::start().await;
    let text = "FROM a\nRUN echo $PIP_RETRIES; echo 'Temporary failure resolving deb.debian.org'; exit 100\n";
    let body = json!({"name": "net", "buildInfo": {"dockerfileContent": text}});
    assert_eq!(world.call("POST /api/snapshots", body).await.0, 200);
    let failed = world
        .until_state("/api/snapshots/net", "build_failed")
        .await;
    let said = failed["errorReason"].as_str().unwrap();
    assert!(
        said.contains("returned a non-zero code: 100: the build has no network"),
        "{said}"
    );
    assert!(said.contains("--engine docker"), "{said}");
    world.standin.stop().await;
}
