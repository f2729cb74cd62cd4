//! Create, look up, list, settings (contract section 1).

use reqwest::Method;
use serde_json::{Value, json};

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
            501,
            "the stand-in does not implement `buildInfo` of a sandbox",
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

#[tokio::test]
async fn doors_are_checked_in_order() {
    let world = World::start().await;
    // A route that is not there is told even to a stranger; one that is there asks for the key.
    let cases = [
        (
            "GET",
            "/api/nonsense?x=1",
            404,
            "Cannot GET /api/nonsense?x=1",
        ),
        (
            "GET",
            "/api/socket.io/?EIO=4",
            404,
            "Cannot GET /api/socket.io/?EIO=4",
        ),
        ("PATCH", "/api/sandbox", 404, "Cannot PATCH /api/sandbox"),
        ("GET", "/api/sandbox", 401, "Invalid credentials"),
        ("POST", "/api/snapshots", 401, "Invalid credentials"),
    ];
    for (method, path, status, message) in cases {
        for key in [None, Some("wrong")] {
            let url = format!("http://{}{path}", world.standin.addr());
            let mut request = world.client.request(method.parse().unwrap(), url);
            if let Some(key) = key {
                request = request.bearer_auth(key);
            }
            let (got, body) = answer(request).await;
            assert_eq!(
                (got, body["message"].as_str()),
                (status, Some(message)),
                "{path}"
            );
        }
    }
    let response = world
        .request(Method::GET, "/api/sandbox")
        .send()
        .await
        .unwrap();
    assert!(response.headers().contains_key("x-daytona-api-version"));
    let page = world.request(Method::GET, "/sandbox").send().await.unwrap();
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    for (route, name) in [
        ("POST /api/snapshots", "POST /api/snapshots"),
        ("GET /api/volumes", "GET /api/volumes"),
        ("POST /api/sandbox/x/fork", "POST /api/sandbox/x/fork"),
    ] {
        let (status, body) = world.call(route, Value::Null).await;
        let message = format!("the stand-in does not implement {name}");
        assert_eq!(
            (status, body["message"].as_str()),
            (501, Some(message.as_str()))
        );
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::start().await;
    for name in ["a1", "a2", "b1"] {
        world
            .make(json!({"name": name, "labels": {"team": &name[..1]}}))
            .await;
    }
    let names = |body: &Value| -> Vec<String> {
        let items = body["items"].as_array().unwrap().iter();
        items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let cases = [
        ("sort=name&order=asc", vec!["a1", "a2", "b1"]),
        ("name=A&sort=name&order=asc", vec!["a1", "a2"]),
        ("labels=%7B%22team%22%3A%22b%22%7D", vec!["b1"]),
        ("states=stopped", vec![]),
        (
            "states=started&states=stopped&order=asc",
            vec!["a1", "a2", "b1"],
        ),
    ];
    for (query, expected) in cases {
        let (status, body) = world
            .call(&format!("GET /api/sandbox?{query}"), Value::Null)
            .await;
        assert_eq!(
            (status, names(&body)),
            (200, expected.iter().map(|&s| s.to_owned()).collect()),
            "{query}"
        );
        assert_eq!(body["nextCursor"], Value::Null);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let route = format!("GET /api/sandbox?limit=2&cursor={cursor}");
        let (_, body) = world.call(&route, Value::Null).await;
        seen.extend(names(&body));
        assert!(
            body["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|item| item.get("env").is_none())
        );
        match body["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, ["b1", "a2", "a1"]);
    let (status, _) = world.call("GET /api/sandbox?limit=201", Value::Null).await;
    assert_eq!(status, 400);
    let (_, page) = world
        .call("GET /api/sandbox/paginated?limit=2&page=2", Value::Null)
        .await;
    assert_eq!(
        (&page["total"], &page["totalPages"], names(&page)),
        (&json!(3), &json!(2), vec!["a1".to_owned()])
    );
    world.standin.stop().await;
}
