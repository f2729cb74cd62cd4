//! Create and look up (contract 1.3, 1.4).

use reqwest::Method;
use serde_json::json;

use crate::support::{World, answer};

#[tokio::test]
async fn create_refuses_in_the_services_words() {
    let world = World::start().await;
    let cases = [
        (
            json!({"snapshot": "x"}),
            400,
            "Snapshot x not found. Did you add it through the Daytona Dashboard?",
        ),
        (
            json!({"cpu": 2}),
            400,
            "Cannot specify Sandbox resources when using a snapshot",
        ),
        (
            json!({"autoStopInterval": -1}),
            400,
            "Auto-stop interval must be non-negative",
        ),
        (
            json!({"autoArchiveInterval": -1}),
            400,
            "Auto-archive interval must be non-negative",
        ),
        (json!({"target": "moon"}), 404, "Region not found"),
        (
            json!({"snapshot": "litellm", "buildInfo": {"dockerfileContent": "FROM x"}}),
            400,
            "Cannot specify a snapshot when using a build info entry",
        ),
        (
            json!({"buildInfo": {}}),
            400,
            "buildInfo.dockerfileContent must be a string",
        ),
        (
            json!({"linkedSandbox": "x"}),
            501,
            "the stand-in does not implement `linkedSandbox` of a sandbox",
        ),
        (
            json!({"name": 1, "public": "x"}),
            400,
            "name must be a string, public must be a boolean value",
        ),
    ];
    for (body, status, message) in cases {
        let (got, answer) = world.call("POST /api/sandbox", body.clone()).await;
        assert_eq!(
            (got, answer["message"].as_str()),
            (status, Some(message)),
            "{body}"
        );
        assert_eq!(answer["statusCode"], status, "{body}");
        assert_eq!(answer["path"], "/api/sandbox");
    }
    let broken = world.request(Method::POST, "/api/sandbox").body("{");
    let expected = json!({
        "statusCode": 400, "message": "Invalid JSON in request body", "error": "Bad Request",
    });
    assert_eq!(answer(broken).await, (400, expected));
    assert!(world.standin.sandboxes().is_empty());
    world.standin.stop().await;
}

#[tokio::test]
async fn a_sandbox_shows_every_required_field() {
    let world = World::start().await;
    let body = json!({"name": "n", "env": {"A": "b"}, "labels": {"l": "v"}, "unknown": 1});
    let (status, made) = world.call("POST /api/sandbox", body).await;
    assert_eq!(status, 200, "{made}");
    for field in [
        "id",
        "organizationId",
        "name",
        "user",
        "target",
        "toolboxProxyUrl",
    ] {
        assert!(
            made[field].as_str().is_some_and(|text| !text.is_empty()),
            "{field}: {made}"
        );
    }
    for field in ["public", "networkBlockAll", "kvm"] {
        assert_eq!(made[field], false, "{field}");
    }
    assert_eq!(made["env"], json!({"A": "b"}));
    assert_eq!(made["labels"], json!({"l": "v"}));
    assert_eq!(
        [&made["cpu"], &made["gpu"], &made["memory"], &made["disk"]],
        [1, 0, 1, 3]
    );
    // The default snapshot is kept warm; a cold one is shown as it was inserted.
    assert_eq!(made["state"], "started");
    let (_, cold) = world
        .call("POST /api/sandbox", json!({"snapshot": "litellm"}))
        .await;
    assert_eq!(
        (&cold["state"], &cold["snapshot"]),
        (&json!("creating"), &json!("litellm"))
    );
    assert_eq!(world.state(cold["id"].as_str().unwrap()).await, "started");
    let expected = json!("Sandbox with name n already exists");
    let (status, again) = world.call("POST /api/sandbox", json!({"name": "n"})).await;
    assert_eq!((status, &again["message"]), (409, &expected));
    world.standin.stop().await;
    assert!(world.standin.sandboxes().is_empty());
}
