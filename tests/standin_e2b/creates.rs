//! What a create may say, what is kept of it, and doing it once (contract 1.5, 1.6).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, answer};

/// A create's body with one more member.
fn with(name: &str, value: Value) -> Value {
    let mut body = json!({"templateID": "base"});
    body[name] = value;
    body
}

async fn detail(world: &World, id: &str) -> Value {
    let (status, detail) = world.get(&format!("/sandboxes/{id}")).await;
    assert_eq!(status, 200, "{detail}");
    detail
}

#[tokio::test]
async fn members_are_checked_before_anything_is_made() {
    let world = World::start().await;
    let token = json!({"audience": "a", "tokenType": "JWT-SVID"});
    let many = json!({"1": token, "2": token, "3": token, "4": token, "5": token, "6": token});
    for (name, value, message) in [
        (
            "timeout",
            json!("5"),
            "\"/timeout\": value must be an integer",
        ),
        (
            "metadata",
            json!({"a": 1}),
            "\"/metadata/a\": value must be a string",
        ),
        (
            "envVars",
            json!([]),
            "\"/envVars\": value must be an object",
        ),
        (
            "autoPause",
            json!("x"),
            "\"/autoPause\": value must be a boolean",
        ),
        (
            "autoResume",
            json!(true),
            "\"/autoResume\": value must be an object",
        ),
        ("autoResume", json!({}), "property \"enabled\" is missing"),
        ("mcp", json!("x"), "\"/mcp\": value must be an object"),
        (
            "iam",
            json!({"tokens": many}),
            "there must be at most 5 properties",
        ),
        (
            "iam",
            json!({"tokens": {"a": {}}}),
            "\"/iam/tokens/a/audience\": value must be a string",
        ),
        (
            "iam",
            json!({"tokens": {"a": {"audience": "a", "tokenType": "x"}}}),
            "value is not one of the allowed values [\"JWT-SVID\"]",
        ),
    ] {
        let (status, refused) = world.post("/v2/sandboxes", with(name, value.clone())).await;
        let text = refused["message"].as_str().unwrap();
        assert_eq!(
            (status, &refused["code"]),
            (400, &json!(400)),
            "{name} {value}"
        );
        assert!(text.ends_with(message), "{name} {value}: {text}");
    }
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn volumes_networks_and_references_are_checked_too() {
    let world = World::start().await;
    let deny_all = "When specifying allowed domains in allow out, you must include 'ALL_TRAFFIC' \
                    in deny out to block all other traffic.";
    for (name, value, message) in [
        (
            "volumeMounts",
            json!([{"name": "a"}]),
            "\"/volumeMounts/0/path\": value must be a string",
        ),
        (
            "volumeMounts",
            json!([{"name": "a", "path": "/a"}]),
            "Volume mounts are not enabled.",
        ),
        (
            "network",
            json!("x"),
            "\"/network\": value must be an object",
        ),
        ("network", json!({"allowOut": ["a.b"]}), deny_all),
        (
            "network",
            json!({"denyOut": ["a.b"]}),
            "invalid denied CIDR a.b",
        ),
        (
            "templateID",
            json!("a/b/c"),
            "Invalid template reference: 'a/b/c'",
        ),
    ] {
        let (status, refused) = world.post("/v2/sandboxes", with(name, value.clone())).await;
        let text = refused["message"].as_str().unwrap();
        assert_eq!(
            (status, &refused["code"]),
            (400, &json!(400)),
            "{name} {value}"
        );
        assert!(text.ends_with(message), "{name} {value}: {text}");
    }
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn what_does_not_go_together_or_does_not_exist_is_refused() {
    let world = World::start().await;
    let open = json!({"templateID": "base", "network": {"allowPublicTraffic": false}});
    let (status, refused) = world.post("/sandboxes", open).await;
    let text = "You cannot create a sandbox without public access unless you enable secure envd \
                access via 'secure' flag.";
    assert_eq!((status, &refused["message"]), (400, &json!(text)));
    for (reference, text) in [
        ("nope", "template 'nope' not found"),
        ("base:v9", "tag 'v9' does not exist for template 'base'"),
    ] {
        let body = json!({"templateID": reference});
        let (status, refused) = world.post("/v2/sandboxes", body).await;
        assert_eq!((status, &refused["message"]), (404, &json!(text)));
    }
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn what_is_said_is_shown_again() {
    let world = World::start().await;
    let network = json!({
        "allowPublicTraffic": true,
        "allowOut": ["1.2.3.4", "a.b"],
        "denyOut": ["0.0.0.0/0"],
        "dnsServers": null,
        "maskRequestHost": "localhost:${PORT}",
        "egressProxy": {"address": "p:1", "username": "u", "password": "secret"},
    });
    let made = world
        .make(json!({
            "templateID": "base",
            "metadata": {"k": "v"},
            "allow_internet_access": false,
            "network": network,
            "autoPause": true,
            "autoPauseMemory": false,
            "autoResume": {"enabled": true},
            "mcp": {"server": {}},
            "iam": {"tokens": {"t": {"audience": "a", "tokenType": "JWT-SVID"}}},
            "volumeMounts": [],
        }))
        .await;
    let shown = detail(&world, &made.id).await;
    assert_eq!(shown["metadata"], json!({"k": "v"}));
    assert_eq!(shown["allowInternetAccess"], json!(false));
    assert_eq!(
        shown["lifecycle"],
        json!({"autoResume": true, "onTimeout": "pause"})
    );
    let mut kept = network.clone();
    kept.as_object_mut().unwrap().shift_remove("dnsServers");
    kept["egressProxy"]
        .as_object_mut()
        .unwrap()
        .shift_remove("password");
    assert_eq!(shown["network"], kept);
    assert!(shown.get("pauseMode").is_none());
    // What was asked for and is not done is said where the events are.
    let path = format!("/v2/sandboxes/{}/logs?level=warn", made.id);
    let (_, logs) = world.get(&path).await;
    let said: Vec<&str> = logs["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["message"].as_str().unwrap())
        .collect();
    for word in ["mcp", "iam", "Egress"] {
        assert!(
            said.iter().any(|text| text.starts_with(word)),
            "{word}: {said:?}"
        );
    }
    let plain = world.sandbox().await;
    let shown = detail(&world, &plain.id).await;
    for name in ["network", "allowInternetAccess", "metadata"] {
        assert!(shown.get(name).is_none(), "{name}: {shown}");
    }
    assert_eq!(
        shown["lifecycle"],
        json!({"autoResume": false, "onTimeout": "kill"})
    );
}

#[tokio::test]
async fn egress_settings_are_replaced_as_a_whole() {
    let world = World::start().await;
    let network =
        json!({"maskRequestHost": "h", "allowOut": ["1.2.3.4"], "denyOut": ["0.0.0.0/0"]});
    let made = world.make(with("network", network)).await;
    let path = format!("/sandboxes/{}/network", made.id);
    let put = async |body: Value| answer(world.control(Method::PUT, &path).json(&body)).await;
    let (status, _) = put(json!({"denyOut": ["10.0.0.0/8"], "allow_internet_access": true})).await;
    assert_eq!(status, 204);
    let shown = detail(&world, &made.id).await;
    let expected = json!({"denyOut": ["10.0.0.0/8"], "maskRequestHost": "h"});
    assert_eq!(shown["network"], expected);
    assert_eq!(shown["allowInternetAccess"], json!(true));
    let (status, refused) = put(json!({"denyOut": ["x"]})).await;
    let text = json!("invalid denied CIDR x");
    assert_eq!((status, &refused["message"]), (400, &text));
    assert_eq!(
        detail(&world, &made.id).await["network"],
        expected,
        "nothing changed"
    );
    assert_eq!(put(json!({})).await.0, 204);
    let shown = detail(&world, &made.id).await;
    assert_eq!(shown["network"], json!({"maskRequestHost": "h"}));
    let (status, _) = world
        .post(&format!("/sandboxes/{}/pause", made.id), json!({}))
        .await;
    assert_eq!(status, 204);
    assert_eq!(
        put(json!({})).await.0,
        404,
        "a paused one is not in the running store"
    );
}

#[tokio::test]
async fn a_create_with_a_key_is_done_once() {
    let world = World::start().await;
    let create = async |key: &str, body: &Value| {
        let request = world.control(Method::POST, "/v2/sandboxes").json(body);
        answer(request.header("Idempotency-Key", key)).await
    };
    let body = json!({"templateID": "base", "metadata": {"a": "b"}});
    let (status, first) = create("key-1", &body).await;
    assert_eq!(status, 201);
    assert_eq!(create("key-1", &body).await, (201, first.clone()));
    let (status, other) = create("key-2", &body).await;
    assert_eq!(status, 201);
    assert_ne!(other["sandboxID"], first["sandboxID"]);
    assert_eq!(world.standin.sandboxes().len(), 2);
    let (status, refused) = create("key-1", &json!({"templateID": "litellm"})).await;
    let code = json!("idempotency_request_mismatch");
    assert_eq!((status, &refused["error_code"]), (422, &code));
    let (status, refused) = create("Key_1", &body).await;
    let text = refused["message"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(text.starts_with("validation error: "), "{text}");
    // What failed is not remembered.
    let (status, _) = create("key-3", &json!({"templateID": "nope"})).await;
    assert_eq!(status, 404);
    assert_eq!(create("key-3", &body).await.0, 201);
}

#[tokio::test]
async fn a_key_in_use_at_the_same_time_makes_one_sandbox() {
    let world = World::start().await;
    let body = json!({"templateID": "base"});
    let create = || {
        let request = world.control(Method::POST, "/v2/sandboxes").json(&body);
        answer(request.header("Idempotency-Key", "same"))
    };
    let outcomes = futures_util::future::join_all([create(), create(), create()]).await;
    let made = outcomes.iter().filter(|(status, _)| *status == 201).count();
    assert!(made >= 1);
    for (status, answer) in &outcomes {
        let busy = *status == 409 && answer["error_code"] == "idempotency_in_progress";
        assert!(*status == 201 || busy, "{answer}");
    }
    assert_eq!(world.standin.sandboxes().len(), 1);
}
