//! Requests that name nothing, or say it wrongly (contract 1.1, 1.2).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, answer};

#[tokio::test]
async fn credentials_are_refused_in_the_providers_words() {
    let world = World::start().await;
    let deprecated = "E2B_ACCESS_TOKEN is deprecated and no longer accepted. Use an API key \
                      (E2B_API_KEY) instead.";
    let url = format!("http://{}/v2/sandboxes", world.standin.addr());
    for (name, value, message) in [
        ("x-other", "x", "authorization header is missing"),
        ("x-api-key", "", "authorization header is missing"),
        ("x-api-key", "sk_x", "Invalid API key format"),
        (
            "x-api-key",
            "e2b_00",
            "Cannot get the team for the given API key",
        ),
        ("authorization", "Bearer sk_e2b_00", deprecated),
        (
            "authorization",
            "Bearer x",
            "Cannot get the user for the given token",
        ),
        ("x-team-id", "t", "authorization header is missing"),
    ] {
        let request = world.client.get(&url).header(name, value);
        let expected = json!({"code": 401, "message": message});
        assert_eq!(answer(request).await, (401, expected), "{name}: {value}");
    }
    let with_team = world
        .control(Method::GET, "/v2/sandboxes")
        .header("X-Team-ID", "t");
    assert_eq!(answer(with_team).await, (200, json!([])));
}

#[tokio::test]
async fn what_is_left_out_says_so_by_name_and_why() {
    let world = World::start().await;
    for (method, path, why) in [
        (
            Method::POST,
            "/v2/templates",
            "this way of building templates is deprecated",
        ),
        (Method::POST, "/volumes", "the engines have no volumes"),
        (Method::GET, "/secrets", "there is no gateway"),
        (Method::GET, "/teams", "there is one team"),
        (Method::GET, "/nodes", "there is no cluster"),
    ] {
        let start = format!("the stand-in does not implement {method} {path}: {why}");
        let request = world.control(method, path).json(&json!({}));
        let (status, answer) = answer(request).await;
        let text = answer["message"].as_str().unwrap();
        assert_eq!((status, &answer["code"]), (501, &json!(501)), "{path}");
        assert!(text.starts_with(&start), "{text}");
    }
}

#[tokio::test]
async fn what_names_nothing_is_not_found_without_a_key_too() {
    let world = World::start().await;
    let unknown = json!({
        "code": 404,
        "message": "validation error: no matching operation was found",
    });
    let wrong = json!({"code": 400, "message": "validation error: method not allowed"});
    for (method, path, expected) in [
        (Method::GET, "/nothing", (404, unknown.clone())),
        (Method::GET, "/", (404, unknown.clone())),
        (Method::GET, "/sandboxes/", (404, unknown.clone())),
        (Method::POST, "/sandboxes/i1/dance", (404, unknown)),
        (Method::DELETE, "/sandboxes", (400, wrong.clone())),
        (Method::PATCH, "/sandboxes/i1", (400, wrong)),
    ] {
        let url = format!("http://{}{path}", world.standin.addr());
        let got = answer(world.client.request(method.clone(), url)).await;
        assert_eq!(got, expected, "{method} {path}");
    }
    for path in ["/sandboxes/NO", "/sandboxes/a-b-c", "/sandboxes/a%2Fb"] {
        let (status, invalid) = world.get(path).await;
        let text = json!("Invalid sandbox ID");
        assert_eq!((status, &invalid["message"]), (400, &text), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused() {
    let world = World::start().await;
    let create = || world.control(Method::POST, "/v2/sandboxes");
    let json_type = ("content-type", "application/json");
    for (kind, body, message) in [
        (json_type.1, "{", "failed to decode request body"),
        (json_type.1, "[]", "value must be an object"),
        (json_type.1, "", "value is required but missing"),
        (
            "text/plain",
            "{}",
            "header Content-Type has unexpected value: \"text/plain\"",
        ),
        ("", "{}", "header Content-Type has unexpected value: \"\""),
        (
            "application/json; charset=utf-8",
            "{}",
            "property \"templateID\" is missing",
        ),
    ] {
        let request = create().header(json_type.0, kind).body(body);
        let (status, refused) = answer(request).await;
        let text = refused["message"].as_str().unwrap();
        assert_eq!(status, 400, "{kind} {body}");
        assert!(text.starts_with("validation error: "), "{text}");
        assert!(text.contains(message), "{kind} {body}: {text}");
    }
    let huge = vec![b' '; (4 << 20) + 1];
    let request = create().header(json_type.0, json_type.1).body(huge);
    let expected = json!({"code": 413, "message": "request too large"});
    assert_eq!(answer(request).await, (413, expected));
    // The JavaScript SDK sends its bodies in chunks, without a length.
    let pieces = ["{\"templateID\"", ":\"base\"}"];
    let pieces = futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>));
    let request = create().header(json_type.0, json_type.1);
    let (status, made) = answer(request.body(reqwest::Body::wrap_stream(pieces))).await;
    assert_eq!(status, 201, "{made}");
    let made: &Value = &made["sandboxID"];
    assert_eq!(json!(world.standin.sandboxes()), json!([made]));
}
