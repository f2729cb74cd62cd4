//! What of a sandbox can be set (contract 1.3, 1.5, 7.1).

use serde_json::{Value, json};

use crate::support::{World, isolated};

#[tokio::test]
async fn settings_are_checked_and_shown() {
    let world = World::start().await;
    let id = world.make(json!({"labels": {"a": "1"}})).await;
    let of = |path: &str| format!("POST /api/sandbox/{id}{path}");
    let cases = [
        ("/autostop/5", "autoStopInterval", json!(5)),
        ("/autoarchive/0", "autoArchiveInterval", json!(43_200)),
        ("/autoarchive/99999", "autoArchiveInterval", json!(43_200)),
        ("/autodelete/-1", "autoDeleteInterval", json!(-1)),
        ("/autodelete/7", "autoDeleteInterval", json!(7)),
        ("/public/true", "public", json!(true)),
        ("/public/false", "public", json!(false)),
        ("/autopause/0", "public", json!(false)),
    ];
    for (path, field, value) in cases {
        let (status, body) = world.call(&of(path), Value::Null).await;
        assert_eq!((status, &body[field]), (201, &value), "{path}");
    }
    let (status, body) = world
        .call(
            &format!("PUT /api/sandbox/{id}/labels"),
            json!({"labels": {"b": "2"}}),
        )
        .await;
    assert_eq!((status, &body["labels"]), (200, &json!({"b": "2"})));
    let labels = format!("PUT /api/sandbox/{id}/labels");
    world
        .refuses(&[
            (
                &of("/autostop/-1"),
                Value::Null,
                400,
                "Auto-stop interval must be non-negative",
            ),
            (
                &of("/autoarchive/-1"),
                Value::Null,
                400,
                "Auto-archive interval must be non-negative",
            ),
            (
                &of("/autostop/x"),
                Value::Null,
                400,
                "Validation failed (numeric string is expected)",
            ),
            (
                &of("/public/x"),
                Value::Null,
                400,
                "Validation failed (boolean string is expected)",
            ),
            (
                &labels,
                json!({"labels": 1}),
                400,
                "labels must be an object",
            ),
            (&labels, json!({}), 400, "labels must be an object"),
            (
                "POST /api/sandbox",
                json!({"name": "<b>x</b>"}),
                400,
                "name must not contain URLs or HTML",
            ),
        ])
        .await;
    world.standin.stop().await;
}

#[tokio::test]
async fn networks_are_checked() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let set = format!("POST /api/sandbox/{id}/network-settings");
    let eleven = ["10.0.0.0/8"; 11].join(",");
    let cases = [
        (
            "10.0.0.0",
            "Invalid network format: \"10.0.0.0\". Missing CIDR prefix length (e.g., /24)",
        ),
        (
            "300.0.0.0/8",
            "Invalid IP address: \"300.0.0.0\" in network \"300.0.0.0/8\". Must be a valid IPv4 address",
        ),
        (
            eleven.as_str(),
            "Network allow list cannot contain more than 10 networks",
        ),
    ];
    for (list, message) in cases {
        let body = json!({"networkAllowList": list});
        world
            .refuses(&[
                (&set, body.clone(), 400, message),
                ("POST /api/sandbox", body, 400, message),
            ])
            .await;
    }
    let body = json!({"networkAllowList": "10.0.0.0/8, 1.2.3.4/32", "domainAllowList": "*.a.b,c"});
    let (status, now) = world.call(&set, body).await;
    assert_eq!(status, 200, "{now}");
    assert_eq!(now["networkAllowList"], "10.0.0.0/8, 1.2.3.4/32");
    assert_eq!(now["domainAllowList"], "*.a.b,c");
    let (_, now) = world
        .call(
            &set,
            json!({"networkBlockAll": true, "networkAllowList": ""}),
        )
        .await;
    assert_eq!(now["networkBlockAll"], true);
    assert_eq!(now.get("networkAllowList"), None);
    assert_eq!(now["domainAllowList"], "*.a.b,c", "what is not named stays");
    world.standin.stop().await;
    let open = World::with(|options| options.allow_network = true).await;
    let list = json!({"networkAllowList": "10.0.0.0/8"});
    let (status, _) = open.call("POST /api/sandbox", list).await;
    assert_eq!(status, 501, "a list that would not be kept to is not taken");
    open.standin.stop().await;
}

#[tokio::test]
async fn a_backup_is_kept_or_fails_by_name() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let short = world.make(json!({"autoDeleteInterval": 0})).await;
    let of = |id: &str| format!("POST /api/sandbox/{id}/backup");
    let message = "Ephemeral sandboxes cannot be backed up";
    world
        .refuses(&[(&of(&short), Value::Null, 400, message)])
        .await;
    let (status, body) = world.call(&of(&id), Value::Null).await;
    assert_eq!((status, &body["backupState"]), (201, &json!("InProgress")));
    let route = format!("GET /api/sandbox/{id}");
    let ended = loop {
        let (_, now) = world.call(&route, Value::Null).await;
        if now["backupState"] != "InProgress" {
            break now;
        }
    };
    if isolated().await {
        assert_eq!(ended["backupState"], "Completed");
        assert!(ended["backupCreatedAt"].is_string());
    }
    world.standin.stop().await;
}
