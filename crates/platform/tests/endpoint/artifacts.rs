//! Artifacts in a folder, in a bucket, and straight from a sandbox.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::support::bed::{Bed, fixes, variables};
use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::{Value, json};
use cutover_platform::Settings;
use cutover_platform::artifacts::{ArtifactStore, S3Artifacts, Stored};
use golden::{Answer, Heard, Server, ask};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const HELLO: &str = r#"{"name":"a b.txt","mime_type":"text/plain","content":"aGVsbG8=","size":5}"#;

/// Fetches without any key.
async fn get(bed: &Bed, path: &str) -> Heard {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    ask(bed.address, request.as_bytes()).await.unwrap()
}

fn url_of(body: &str) -> String {
    let told = json::parse(body.as_bytes()).unwrap();
    told.get("url")
        .and_then(Value::as_text)
        .unwrap()
        .to_string()
}

#[tokio::test]
async fn a_folder_keeps_artifacts_for_whoever_has_their_address() {
    let bed = Bed::new(Fixes::none()).await;
    let (status, body) = bed.session("/artifacts", HELLO).await;
    assert_eq!(status, 200, "{body}");
    let url = url_of(&body);
    let path = url.strip_prefix("http://here").unwrap();
    let heard = get(&bed, path).await;
    assert_eq!(
        (heard.word(1), heard.body.as_slice()),
        ("200", b"hello".as_slice())
    );
    assert_eq!(heard.header("content-disposition"), Some("attachment"));
    for wrong in [
        path.replace("expires=", "expires=9"),
        path.replace("signature=", "signature=x"),
        path.split('?').next().unwrap().to_owned(),
        path.replace("a%20b", "b"),
        "/api/v1/artifacts/..%2Fdatabase.json?expires=9999999999&signature=x".to_owned(),
    ] {
        let heard = get(&bed, &wrong).await;
        assert_eq!(heard.word(1), "404", "{wrong}");
    }
}

/// Q93
#[tokio::test]
async fn an_empty_file_is_an_artifact() {
    let empty = HELLO.replace("aGVsbG8=", "").replace(":5", ":0");
    let bed = Bed::new(Fixes::none()).await;
    assert_eq!(bed.session("/artifacts", &empty).await.0, 400);
    let bed = Bed::new(fixes(&["Q93"])).await;
    let (status, body) = bed.session("/artifacts", &empty).await;
    assert!(status == 200 && body.contains(r#""size":0"#), "{body}");
}

/// Q24
#[tokio::test]
async fn strangers_do_not_learn_which_sessions_there_are() {
    let ask_as = async |bed: &Bed, auth: &str, session: &str| {
        let request = format!(
            "POST /api/v1/managed_agents/sessions/{session}/artifacts HTTP/1.1\r\nhost: x\r\n\
             connection: close\r\nauthorization: {auth}\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        ask(bed.address, request.as_bytes())
            .await
            .unwrap()
            .word(1)
            .to_owned()
    };
    let (before, after) = (
        Bed::new(Fixes::none()).await,
        Bed::new(fixes(&["Q24"])).await,
    );
    assert_eq!(ask_as(&before, "Bearer no", "none").await, "404");
    assert_eq!(ask_as(&after, "Bearer no", "none").await, "401");
    let master = "Bearer sk-master-0123456789";
    for bed in [&before, &after] {
        assert_eq!(ask_as(bed, master, "none").await, "404");
        assert_eq!(ask_as(bed, master, "s1").await, "400");
        assert_eq!(ask_as(bed, "Bearer no", "s1").await, "401");
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap();
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.collect()
}

/// The signature that a request with a signed address must have, by the rules of version 4.
fn signature(heard: &Heard, secret: &str) -> (String, String) {
    let (path, query) = heard.word(1).split_once('?').unwrap();
    let query: BTreeMap<_, _> = query
        .split('&')
        .map(|it| it.split_once('=').unwrap())
        .collect();
    let signed = query.iter().filter(|(name, _)| **name != "X-Amz-Signature");
    let signed: Vec<_> = signed
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let (method, host) = (heard.word(0), heard.header("host").unwrap());
    let signed = signed.join("&");
    let request = format!("{method}\n{path}\n{signed}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
    let date = query["X-Amz-Date"];
    let day = &date[..8];
    let scope = format!("{day}/eu-west-1/s3/aws4_request");
    let hash = hex(&Sha256::digest(&request));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let key = ["eu-west-1", "s3", "aws4_request"]
        .iter()
        .fold(mac(format!("AWS4{secret}").as_bytes(), day), |key, part| {
            mac(&key, part)
        });
    (query["X-Amz-Signature"].to_owned(), hex(&mac(&key, &text)))
}

#[tokio::test]
async fn a_bucket_is_spoken_to_in_signed_addresses() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
    let shared = Arc::clone(&heard);
    let server = Server::start(move |heard| {
        shared.lock().unwrap().push(heard);
        Answer::Whole {
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
        }
    });
    let server = server.await;
    let endpoint = format!("http://{}", server.address);
    let set = [
        ("ARTIFACT_STORAGE", "s3"),
        ("AWS_S3_BUCKET", "bucket"),
        ("AWS_S3_ENDPOINT", endpoint.as_str()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "secret/key"),
    ];
    let settings = Settings::read(&variables(&set)).unwrap();
    let store = S3Artifacts::new(&settings, reqwest::Client::new())
        .unwrap()
        .unwrap();
    for name in ["a b+c&d='.txt", "é", "..", "~x"] {
        let content = bytes::Bytes::from_static(b"hello");
        let sane = cutover_platform::artifacts::sanitised(name);
        let stored = Stored {
            session_id: "s1",
            id: "u1",
            name: &sane,
            mime_type: "text/plain",
            content: &content,
        };
        let url = store.put(&stored, Clock::new().now()).await.unwrap();
        let path = url.strip_prefix(&endpoint).unwrap();
        let get = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
        ask(server.address, get.as_bytes()).await.unwrap();
        let heard: Vec<Heard> = heard.lock().unwrap().drain(..).collect();
        assert_eq!(heard.len(), 2, "{name}");
        assert_eq!(heard[0].word(0), "PUT");
        assert_eq!(heard[0].header("content-type"), Some("text/plain"));
        assert_eq!(heard[0].body, b"hello");
        let key = |heard: &Heard| heard.word(1).split('?').next().unwrap().to_owned();
        assert_eq!(key(&heard[0]), key(&heard[1]));
        assert!(
            key(&heard[0]).starts_with("/bucket/artifacts/s1/u1/"),
            "{name}"
        );
        for heard in &heard {
            let (sent, right) = signature(heard, "secret/key");
            assert_eq!(sent, right, "{name} {}", heard.line);
        }
    }
}

#[tokio::test]
async fn a_bucket_without_credentials_is_an_error_that_names_them() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let set = [("ARTIFACT_STORAGE", "s3"), ("AWS_S3_BUCKET", "bucket")];
    let settings = Settings::read(&variables(&set)).unwrap();
    let store = S3Artifacts::new(&settings, reqwest::Client::new())
        .unwrap()
        .unwrap();
    let content = bytes::Bytes::new();
    let stored = Stored {
        session_id: "s",
        id: "u",
        name: "n",
        mime_type: "text/plain",
        content: &content,
    };
    let error = store.put(&stored, Clock::new().now()).await.unwrap_err();
    assert!(error.to_string().contains("AWS_ACCESS_KEY_ID"), "{error}");
    for without in [&set[..1], &set[1..]] {
        let settings = Settings::read(&variables(without)).unwrap();
        assert!(
            S3Artifacts::new(&settings, reqwest::Client::new())
                .unwrap()
                .is_none()
        );
    }
}
