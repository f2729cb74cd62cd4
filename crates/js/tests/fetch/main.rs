//! `fetch` against answers of Node: the same servers, the same requests, and then the same bytes on
//! the wire and the same outcome. The cases stand in `answers/fetch.jsonl`, which
//! `answers/make-fetch.mjs` makes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken test must be loud"
)]

mod bodies;
mod limits;
mod servers;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_js::fetch::{Client, FetchError, Response};
use cutover_js::{Value, json};
use serde_json::{Value as Case, json as case};
use servers::Servers;

/// What this client does otherwise, as the documentation of `fetch` says.
const OTHERWISE: [&str; 1] = ["continue first"];

fn list(case: &Case) -> &[Case] {
    case.as_array().unwrap()
}

fn text(case: &Case) -> &str {
    case.as_str().unwrap()
}

async fn post(case: &Case, servers: &Servers) -> Result<Response, FetchError> {
    let headers: Vec<(&str, &str)> = list(&case["headers"])
        .iter()
        .map(|pair| (text(&pair[0]), text(&pair[1])))
        .collect();
    let (client, url, body) = (
        Client::new(),
        servers.filled(text(&case["url"])),
        text(&case["body"]),
    );
    match case["abort_ms"].as_u64() {
        None => client.post_json(&url, &headers, body).await,
        Some(limit) => {
            let limit = Duration::from_millis(limit);
            client.post_json_within(&url, &headers, body, limit).await
        }
    }
}

async fn outcome(case: &Case, servers: &Servers) -> Case {
    let response = match post(case, servers).await {
        Ok(response) => response,
        Err(error) => return case!({ "error": servers.masked(&error.to_string()) }),
    };
    servers.answered();
    let mut told = case!({ "status": response.status(), "ok": response.ok() });
    match response.bytes().await {
        Err(error) => told["error"] = error.to_string().into(),
        Ok(bytes) => {
            told["body"] = STANDARD.encode(&bytes).into();
            match json::parse(&bytes) {
                Ok(value) => told["json"] = json::stringify(&value).into(),
                Err(error) => told["json_error"] = error.to_string().into(),
            }
        }
    }
    told
}

#[tokio::test]
async fn every_request_comes_to_what_it_comes_to_in_node() {
    let table = include_str!("../answers/fetch.jsonl");
    let mut wrong = Vec::new();
    for line in table.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let servers = Servers::start(list(&case["answers"])).await;
        let outcome = outcome(&case, &servers).await;
        let requests = Case::from(servers.stop());
        let same = requests == case["requests"] && outcome == case["outcome"];
        let name = text(&case["name"]);
        if same == OTHERWISE.contains(&name) {
            wrong.push(format!(
                "{name}\n  node {} {}\n  here {requests} {outcome}",
                case["requests"], case["outcome"]
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(table.lines().count() > 180);
}

#[tokio::test]
async fn an_answer_is_read_as_text_and_as_json() {
    let answer = case!({
        "send": STANDARD.encode("HTTP/1.1 200 OK\r\nx-a: 1\r\nX-A: \u{e9}\r\ncontent-length: 7\r\n\r\n\u{feff}[1,2"),
        "then": "keep",
    });
    let servers = Servers::start(&[answer.clone(), answer]).await;
    let client = Client::new();
    let url = servers.filled("http://{here}/");
    let response = client.post_json(&url, &[], "{}").await.unwrap();
    // The two bytes of an e with an accent are two characters of Latin-1.
    assert_eq!(response.header("x-a").unwrap(), "1, \u{c3}\u{a9}");
    assert!(response.header("x-b").is_none());
    assert_eq!(response.text().await.unwrap(), "[1,2");
    let response = client.post_json(&url, &[], "{}").await.unwrap();
    let error = response.json().await.unwrap_err();
    assert_eq!(
        error.message(),
        "Expected ',' or ']' after array element in JSON at position 4"
    );
    assert_eq!(servers.stop().len(), 2);
    assert_eq!(json::parse(b"null").unwrap(), Value::Null);
}
