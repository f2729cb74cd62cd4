//! Who gets into a sandbox's envd, and what stands at the door (contract 2, 3.1, 4).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Frames, World, answer, shell};

const UNAUTHORIZED: &str =
    "unauthorized access, please provide a valid access token or method signing if supported";

#[tokio::test]
async fn the_token_is_asked_for_everywhere_but_at_health_and_files() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let refused = json!({"code": 401, "message": UNAUTHORIZED});
    for (method, path, given, expected) in [
        (Method::GET, "/health", "", (204, Value::Null)),
        (Method::GET, "/envs", "", (401, refused.clone())),
        (Method::GET, "/envs", "wrong", (401, refused.clone())),
        (Method::GET, "/nothing", "", (401, refused.clone())),
        (
            Method::POST,
            "/process.Process/List",
            "",
            (401, refused.clone()),
        ),
        (Method::HEAD, "/health", &made.token, (405, Value::Null)),
        (Method::HEAD, "/files", &made.token, (405, Value::Null)),
        (Method::HEAD, "/health", "", (401, Value::Null)),
        (Method::PUT, "/files", &made.token, (405, Value::Null)),
        (
            Method::GET,
            "/files/compose",
            &made.token,
            (405, Value::Null),
        ),
        (Method::POST, "/files/compose", "", (401, refused.clone())),
        (Method::GET, "/metrics", "", (401, refused.clone())),
        (
            Method::POST,
            "/process.Process/No",
            &made.token,
            (404, json!("404 page not found\n")),
        ),
        (
            Method::GET,
            "/nothing",
            &made.token,
            (404, json!("404 page not found\n")),
        ),
        (
            Method::GET,
            "/process.Process/List",
            &made.token,
            (405, Value::Null),
        ),
        (
            Method::POST,
            "/process.Process/List",
            &made.token,
            (415, Value::Null),
        ),
        (
            Method::GET,
            "/files",
            "",
            (
                401,
                json!({"code": 401, "message": "missing signature query parameter"}),
            ),
        ),
    ] {
        let name = format!("{method} {path} {given}");
        let mut request = world.envd(method, &made.id, path);
        if !given.is_empty() {
            request = request.header("X-Access-Token", given);
        }
        assert_eq!(answer(request).await, expected, "{name}");
    }
}

#[tokio::test]
async fn the_proxy_answers_before_the_sandbox_does() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let never = world.envd(Method::POST, "inever", "/process.Process/Start");
    let dead = json!({"sandboxId": "inever", "message": "The sandbox was not found", "code": 502});
    assert_eq!(answer(never.body("x")).await, (502, dead));
    let init = world.envd(Method::POST, "inever", "/init").body("{}");
    let (status, reserved) = answer(init).await;
    assert_eq!((status, &reserved["path"]), (404, &json!("/init")));
    let url = format!("http://{}/", world.standin.addr());
    let host = |host: String| world.client.get(&url).header("Host", host);
    let closed = json!({
        "sandboxId": made.id,
        "message": "The sandbox is running but port is not open",
        "port": 8080,
        "code": 502,
    });
    let request = host(format!("8080-{}.e2b.app", made.id));
    assert_eq!(answer(request).await, (502, closed));
    let health = world
        .client
        .get(format!("{url}health"))
        .header("Host", format!("49983-{}-x.e2b.app", made.id));
    assert_eq!(answer(health).await.0, 204);
    let half = world.client.get(&url).header("E2b-Sandbox-Id", &made.id);
    assert_eq!(answer(half).await, (400, json!("missing header\n")));
}

#[tokio::test]
async fn the_basic_user_must_exist_on_every_route() {
    let world = World::start().await;
    let made = world.sandbox().await;
    // `nope:`
    let basic = "Basic bm9wZTo=";
    let error = json!({"code": "unauthenticated", "message": "invalid username: 'nope'"});
    for (method, path) in [
        (Method::GET, "/health"),
        (Method::GET, "/files"),
        (Method::POST, "/process.Process/List"),
    ] {
        let request = world.inside(method, &made, path).json(&json!({}));
        let request = request.header("Authorization", basic);
        assert_eq!(answer(request).await, (401, error.clone()), "{path}");
    }
    let start = world.stream(&made, "process.Process/Start", &shell("true"));
    let frames = Frames::open(start.header("Authorization", basic)).await;
    assert_eq!(
        frames.rest().await,
        [json!({"end_of_stream": {"error": error}})]
    );
    let bearer = world.inside(Method::POST, &made, "/process.Process/List");
    let bearer = bearer.header("Authorization", "Bearer x").json(&json!({}));
    assert_eq!(answer(bearer).await, (200, json!({})));
}

#[tokio::test]
async fn a_call_that_makes_no_sense_is_answered_in_connects_words() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let list = || world.inside(Method::POST, &made, "/process.Process/List");
    let json_type = "application/json";
    let (status, empty) = answer(list().header("Content-Type", json_type)).await;
    assert_eq!((status, &empty["code"]), (400, &json!("invalid_argument")));
    let text = empty["message"].as_str().unwrap();
    assert!(text.starts_with("unmarshal message: "), "{text}");
    let late = list().header("Connect-Timeout-Ms", "0").json(&json!({}));
    let deadline = json!({"code": "deadline_exceeded", "message": "context deadline exceeded"});
    assert_eq!(answer(late).await, (504, deadline));
    let bad = list().header("Connect-Timeout-Ms", "1s").json(&json!({}));
    let (status, bad) = answer(bad).await;
    assert_eq!(status, 400);
    assert!(
        bad["message"]
            .as_str()
            .unwrap()
            .starts_with("parse timeout: ")
    );
}

#[tokio::test]
async fn a_preflight_needs_no_token() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let response = world
        .envd(Method::OPTIONS, &made.id, "/process.Process/Start")
        .header("Origin", "http://x")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "connect-timeout-ms")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    for (name, value) in [
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "connect-timeout-ms"),
        ("access-control-max-age", "7200"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    let health = world.envd(Method::GET, &made.id, "/health");
    let health = health.header("Origin", "http://x").send().await.unwrap();
    assert_eq!(health.headers()["access-control-allow-origin"], "*");
    assert!(
        health
            .headers()
            .contains_key("access-control-expose-headers")
    );
}

#[tokio::test]
async fn metrics_are_measured_inside() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let (status, metrics) = answer(world.inside(Method::GET, &made, "/metrics")).await;
    assert_eq!(status, 200);
    for name in ["cpu_count", "mem_total", "mem_used", "disk_total"] {
        assert!(metrics[name].as_u64().unwrap() > 0, "{name}: {metrics}");
    }
}
