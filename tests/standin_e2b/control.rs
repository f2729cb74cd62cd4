//! The control plane (contract 1).

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, answer};

fn seconds_left(detail: &Value) -> i64 {
    let read = |name: &str| -> Timestamp { detail[name].as_str().unwrap().parse().unwrap() };
    read("endAt").duration_since(read("startedAt")).as_secs()
}

#[tokio::test]
async fn another_key_is_refused_before_anything_else() {
    let world = World::start().await;
    for (key, message) in [
        ("nonsense", "Invalid API key format"),
        (
            "e2b_0123456789012345678901234567890123456789",
            "Cannot get the team for the given API key",
        ),
    ] {
        let url = format!("http://{}/v2/sandboxes", world.standin.addr());
        let request = world.client.post(url).header("x-api-key", key).body("{");
        let expected = json!({"code": 401, "message": message});
        assert_eq!(answer(request).await, (401, expected));
    }
    assert!(world.standin.key().starts_with("e2b_"));
    assert_eq!(world.standin.key().len(), 44);
}

#[tokio::test]
async fn a_bad_create_is_refused_in_the_providers_words() {
    let world = World::start().await;
    for (body, status, message) in [
        (json!({}), 400, "property \"templateID\" is missing"),
        (
            json!({"templateID": "base", "timeout": -1}),
            400,
            "number must be at least 0",
        ),
        (
            json!({"templateID": "base", "timeout": 0}),
            400,
            "Timeout must be greater than 0",
        ),
        (
            json!({"templateID": "base", "timeout": 24 * 3600 + 1}),
            400,
            "Timeout cannot be greater than 24 hours",
        ),
        (
            json!({"templateID": "nope"}),
            404,
            "template 'nope' not found",
        ),
        (
            json!({"templateID": "base", "autoPauseMemory": false}),
            400,
            "autoPauseMemory=false only applies when autoPause is true.",
        ),
    ] {
        let (got, answer) = world.post("/v2/sandboxes", body.clone()).await;
        assert_eq!(got, status, "{body}");
        assert_eq!(answer["code"], status);
        let text = answer["message"].as_str().unwrap();
        assert!(text.ends_with(message), "{body}: {text}");
    }
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn both_generations_make_sandboxes_with_their_own_defaults() {
    let world = World::start().await;
    let (status, new) = world
        .post("/v2/sandboxes", json!({"templateID": "litellm"}))
        .await;
    assert_eq!(status, 201);
    for name in ["templateID", "clientID", "envdAccessToken"] {
        assert!(new[name].is_string(), "{name}: {new}");
    }
    assert_eq!(new["envdVersion"], "0.6.13");
    assert_eq!(new["alias"], "litellm");
    assert_eq!(new["domain"], Value::Null);
    let id = new["sandboxID"].as_str().unwrap();
    assert!(id.len() == 21 && id.starts_with('i'));
    let (_, detail) = world.get(&format!("/sandboxes/{id}-{}", "client")).await;
    assert_eq!(seconds_left(&detail), 300);
    assert_eq!(detail["state"], "running");
    for name in ["cpuCount", "memoryMB", "diskSizeMB"] {
        assert!(detail[name].is_u64(), "{name}");
    }

    let (status, old) = world
        .post("/sandboxes", json!({"templateID": "base"}))
        .await;
    assert_eq!(status, 201);
    assert!(old.get("envdAccessToken").is_none(), "not secured");
    let path = format!("/sandboxes/{}", old["sandboxID"].as_str().unwrap());
    assert_eq!(seconds_left(&world.get(&path).await.1), 15);
    let envs = world.envd(Method::GET, &path[11..], "/envs");
    assert_eq!(answer(envs).await.1["E2B_SANDBOX"], "true");
}

#[tokio::test]
async fn an_end_moves_as_the_contract_says() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let path = format!("/sandboxes/{}", made.id);
    let left = async || seconds_left(&world.get(&path).await.1);
    let timeout = format!("{path}/timeout");
    let refreshes = format!("{path}/refreshes");
    let connect = format!("/v2{path}/connect");
    assert_eq!(left().await, 60);
    let (status, _) = world.post(&connect, json!({"timeout": 5})).await;
    assert_eq!((status, left().await), (200, 60));
    world.post(&refreshes, json!({"duration": 1})).await;
    assert_eq!(left().await, 60);
    assert_eq!(world.post(&timeout, json!({"timeout": 20})).await.0, 204);
    assert!((19..=21).contains(&left().await));
    let (status, _) = world.post(&refreshes, json!({"duration": 30})).await;
    assert_eq!(status, 204);
    assert!((29..=31).contains(&left().await));
    let far = json!({"timeout": 1_000_000});
    assert_eq!(world.post(&timeout, far).await.0, 204);
    assert_eq!(left().await, 24 * 3600);
    assert_eq!(world.post(&timeout, json!({})).await.0, 400);
    let (status, too_long) = world.post(&refreshes, json!({"duration": 3601})).await;
    assert_eq!(status, 400, "{too_long}");
    let (status, _) = world.post(&format!("{path}/connect"), json!({})).await;
    assert_eq!(status, 400, "version 1 wants a timeout");
}

#[tokio::test]
async fn a_sandbox_expires_on_the_clock_and_is_gone_at_once() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let other = world.make(json!({"templateID": "base"})).await;
    world.standin.clock().advance(Duration::from_secs(60));
    let message = format!(
        "Sandbox \"{}\" doesn't exist or you don't have access to it",
        made.id
    );
    let gone = (404, json!({"code": 404, "message": message}));
    let path = format!("/sandboxes/{}", made.id);
    assert_eq!(world.get(&path).await, gone);
    // Until nothing is left of it, it is being killed (contract 1.9).
    let being_killed = format!("Sandbox \"{}\" is being killed", made.id);
    let being_killed = (409, json!({"code": 409, "message": being_killed}));
    loop {
        let timeout = json!({"timeout": 5});
        let answer = world.post(&format!("{path}/timeout"), timeout).await;
        if answer != being_killed {
            assert_eq!(answer, gone);
            break;
        }
    }
    assert_eq!(answer(world.control(Method::DELETE, &path)).await, gone);
    let dead = json!({"sandboxId": made.id, "message": "The sandbox was not found", "code": 502});
    let health = world.envd(Method::GET, &made.id, "/health");
    assert_eq!(answer(health).await, (502, dead));
    assert_eq!(world.standin.sandboxes(), std::slice::from_ref(&other.id));
    assert!(world.standin.expire(&other.id).await);
    assert!(!world.standin.expire(&other.id).await);
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn what_pauses_at_its_end_can_be_connected_again() {
    let world = World::start().await;
    let body = json!({"templateID": "base", "timeout": 10, "autoPause": true});
    let made = world.make(body).await;
    let path = format!("/sandboxes/{}", made.id);
    let health = async || {
        let request = world.envd(Method::GET, &made.id, "/health");
        answer(request).await.0
    };
    assert_eq!(health().await, 204);
    world.standin.clock().advance(Duration::from_secs(10));
    assert_eq!(health().await, 502);
    crate::support::until("paused", || async {
        world.get(&path).await.1["pauseMode"] == "full"
    })
    .await;
    let (status, again) = world.post(&format!("{path}/pause"), json!({})).await;
    let text = format!(
        "Error pausing sandbox - sandbox '{}' is already paused",
        made.id
    );
    assert_eq!((status, &again["message"]), (409, &json!(text)));
    let timeout = format!("{path}/timeout");
    assert_eq!(world.post(&timeout, json!({"timeout": 9})).await.0, 404);
    let (status, resumed) = world.post(&format!("/v2{path}/connect"), json!({})).await;
    assert_eq!((status, &resumed["sandboxID"]), (201, &json!(made.id)));
    assert_eq!(health().await, 204);
    let (status, running) = world.post(&format!("{path}/resume"), json!({})).await;
    let text = format!("Sandbox {} is already running", made.id);
    assert_eq!((status, &running["message"]), (409, &json!(text)));
}

#[tokio::test]
async fn lists_come_in_pages_newest_first() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let metadata = json!({"n": number.to_string(), "a b": "c d"});
        let made = world
            .make(json!({"templateID": "base", "metadata": metadata}))
            .await;
        ids.insert(0, made.id);
    }
    let mut seen: Vec<String> = Vec::new();
    let mut next = String::new();
    loop {
        let path = format!("/v2/sandboxes?limit=2&state=running&nextToken={next}");
        let response = world.control(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.headers()["x-total-running"], "3");
        let token = response.headers().get("x-next-token");
        let token = token.map(|token| token.to_str().unwrap().to_owned());
        let page: Vec<Value> = response.json().await.unwrap();
        seen.extend(
            page.iter()
                .map(|it| it["sandboxID"].as_str().unwrap().to_owned()),
        );
        match token {
            Some(token) => next = token,
            None => break,
        }
    }
    assert_eq!(seen, ids);
    let wrong_order = format!("/v2/sandboxes?order=asc&nextToken={next}");
    let (status, refused) = world.get(&wrong_order).await;
    assert_eq!(
        (status, &refused["message"]),
        (400, &json!("Invalid next token"))
    );
    let filtered = "/v2/sandboxes?metadata=a%252520b%3Dc%252520d%26n%3D1";
    let (_, found) = world.get(filtered).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["metadata"]["n"], "1");
    let (_, all) = world.get("/sandboxes").await;
    assert_eq!(all.as_array().unwrap().len(), 3);
    for bad in ["limit=0", "limit=101", "state=x", "metadata=a"] {
        let (status, _) = world.get(&format!("/v2/sandboxes?{bad}")).await;
        assert_eq!(status, 400, "{bad}");
    }
}
