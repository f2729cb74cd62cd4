//! Which routes there are, who may use them and how often (contract 1.2, 1.5, 7.3).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, answer};

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
        ("GET /api/volumes", "GET /api/volumes: no volumes are kept"),
        (
            "GET /api/warm-pools",
            "GET /api/warm-pools: there are no pools to set",
        ),
        ("GET /api/audit", "GET /api/audit: no audit log is kept"),
        (
            "GET /api/secret/x",
            "GET /api/secret/x: no secrets are kept",
        ),
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
async fn what_anybody_may_ask_is_answered() {
    let world = World::start().await;
    let get = |path: &str| {
        let url = format!("http://{}{path}", world.standin.addr());
        answer(world.client.get(url))
    };
    let config = get("/api/config").await.1;
    let addr = world.standin.addr();
    assert_eq!(config["proxyToolboxUrl"], format!("http://{addr}/toolbox"));
    let template = config["proxyTemplateUrl"].as_str().unwrap();
    assert!(
        template.starts_with("http://{{PORT}}-{{sandboxId}}."),
        "{template}"
    );
    assert_eq!(
        config["rateLimit"]["sandboxCreate"],
        json!({"ttl": 60, "limit": 600})
    );
    for path in ["/api/health", "/api/health/ready"] {
        assert_eq!(get(path).await, (200, json!({"status": "ok"})));
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn requests_are_counted_by_the_minute() {
    let world = World::start().await;
    let bad = json!({"target": "moon"});
    let mut limited = None;
    // One more than a minute may have; a minute that ends in between begins a new count.
    for _ in 0..1202 {
        let request = world.request(Method::POST, "/api/sandbox").json(&bad);
        let response = request.send().await.unwrap();
        let headers = response.headers().clone();
        assert_eq!(headers["x-ratelimit-limit-sandbox-create"], "600");
        if response.status() == 429 {
            assert_eq!(headers["x-ratelimit-remaining-sandbox-create"], "0");
            assert!(headers.contains_key("retry-after-sandbox-create"));
            limited = Some(response.json::<Value>().await.unwrap());
            break;
        }
    }
    let limited = limited.unwrap();
    assert_eq!(limited["message"], "ThrottlerException: Too Many Requests");
    let (status, _) = world.call("GET /api/sandbox", Value::Null).await;
    assert_eq!(status, 200, "other requests have a count of their own");
    world
        .standin
        .clock()
        .advance(std::time::Duration::from_secs(60));
    let (status, _) = world.call("POST /api/sandbox", bad).await;
    assert_eq!(status, 404);
    world.standin.stop().await;
}

#[tokio::test]
async fn a_hundred_sandboxes_at_once_pass() {
    let world = World::start().await;
    let made = futures_util::future::join_all((0..100).map(|_| world.make(json!({})))).await;
    let ids: std::collections::BTreeSet<_> = made.into_iter().collect();
    assert_eq!(ids.len(), 100);
    assert_eq!(world.standin.sandboxes().len(), 100);
    world.standin.stop().await;
}
