//! The proxy before a provider: it passes on what it has no rule for, and does what its rules say.

#![expect(clippy::unwrap_used, reason = "a broken test must be loud")]

use std::net::SocketAddr;
use std::sync::Arc;

use cutover_js::{Value, json};
use golden::{Answer, CreatedIds, Heard, Server, Tap, ask};

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).unwrap()
}

async fn post(address: SocketAddr, path: &str) -> std::io::Result<Heard> {
    let request =
        format!("POST {path} HTTP/1.1\r\nhost: 1-a.b:80\r\ncontent-length: 7\r\n\r\n{{\"a\":1}}");
    ask(address, request.as_bytes()).await
}

/// A provider that makes one sandbox and tells its own address.
async fn provider() -> Server {
    Server::start(|heard| {
        let own = heard.header("x-own").unwrap_or_default();
        let is_json = heard.word(1) == "/sandboxes";
        let kind = if is_json {
            "application/json"
        } else {
            "text/plain"
        };
        Answer::Whole {
            status: 201,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: format!(r#"{{"sandboxID":"i1","own":"{own}"}}"#).into_bytes(),
        }
    })
    .await
}

#[tokio::test]
async fn what_has_no_rule_is_passed_on_and_noted() {
    let server = provider().await;
    let created = CreatedIds::default();
    let tap = Tap::start("e2b", server.address, Arc::clone(&created)).await;
    let request = format!(
        "POST /sandboxes HTTP/1.1\r\nhost: 1-a.b:80\r\nx-own: http://{}/x\r\ncontent-length: 7\r\n\r\n{{\"a\":1}}",
        server.address
    );
    let heard = ask(tap.address, request.as_bytes()).await.unwrap();
    let body = String::from_utf8(heard.body.clone()).unwrap();
    let own = format!("http://{}/x", tap.address);
    assert_eq!(
        (heard.word(1), body),
        ("201", format!(r#"{{"sandboxID":"i1","own":"{own}"}}"#))
    );
    let heard = post(tap.address, "/other").await.unwrap();
    assert_eq!(heard.body, br#"{"sandboxID":"i1","own":""}"#);
    assert_eq!(
        *created.lock().unwrap(),
        [("e2b".to_owned(), "i1".to_owned())]
    );
    let noted: Vec<_> = tap.take_heard().iter().map(json::stringify).collect();
    let wanted =
        |path| format!(r#"{{"call":"POST {path}","host":"1-a.b","body":{{"a":1}},"status":201}}"#);
    assert_eq!(noted, [wanted("/sandboxes"), wanted("/other")]);
    assert!(tap.take_heard().is_empty());
}

#[tokio::test]
async fn rules_answer_patch_and_hang_up() {
    let server = provider().await;
    let tap = Tap::start("e2b", server.address, CreatedIds::default()).await;
    tap.set_rules(&value(
        r#"[{"path":"^/once","times":1,"respond":{"status":418,"headers":{"x-a":"b"},"body":"eWVz","encoding":"base64"}},
            {"method":"POST","path":"^/sandboxes$","patch":{"sandboxID":"i2"}},
            {"path":"^/before","drop":"before"},
            {"path":"^/mid","drop":"mid","body":"half"},
            {"method":"GET","path":"^/other","respond":{"status":500}}]"#,
    ));
    let heard = post(tap.address, "/once").await.unwrap();
    assert_eq!((heard.word(1), heard.header("x-a")), ("418", Some("b")));
    assert_eq!(heard.body, b"yes");
    assert_eq!(post(tap.address, "/once").await.unwrap().word(1), "201");
    let heard = post(tap.address, "/sandboxes").await.unwrap();
    assert_eq!(heard.body, br#"{"sandboxID":"i2","own":""}"#);
    assert!(post(tap.address, "/before").await.is_err());
    assert!(post(tap.address, "/mid").await.is_err());
    assert_eq!(post(tap.address, "/other").await.unwrap().word(1), "201");
    let statuses = tap.take_heard();
    let statuses: Vec<_> = statuses
        .iter()
        .map(|it| json::stringify(it.get("status").unwrap()))
        .collect();
    assert_eq!(
        statuses,
        ["418", "201", "201", "\"dropped\"", "\"cut\"", "201"]
    );
}
