//! Faults, planted differences and the swapped shell.

use std::sync::Arc;

use cutover_standin::fault::{Fault, Tamper};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Frames, World, answer, end, output, shell};

fn faults(text: &str) -> Vec<Fault> {
    vec![text.parse().unwrap()]
}

#[tokio::test]
async fn a_refusal_on_a_bad_day_has_the_providers_shape() {
    let world = World::start().await;
    world.standin.set_faults(faults("429"));
    let response = world
        .control(Method::GET, "/v2/sandboxes")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], 429);
    world.standin.set_faults(faults("503"));
    let (status, body) = world.get("/v2/sandboxes").await;
    assert_eq!((status, &body["code"]), (503, &json!(503)));
    world.standin.set_faults(Vec::new());
    assert_eq!(world.get("/v2/sandboxes").await, (200, json!([])));
}

#[tokio::test]
async fn a_sandbox_dies_when_it_is_addressed() {
    let world = World::start().await;
    let made = world.sandbox().await;
    world.standin.set_faults(faults("death"));
    assert_eq!(world.get("/v2/sandboxes").await.0, 200, "addresses none");
    let start = world.stream(&made, "process.Process/Start", &shell("true"));
    let (status, body) = answer(start).await;
    assert_eq!(
        (status, &body["message"]),
        (502, &json!("The sandbox was not found"))
    );
    world.standin.set_faults(Vec::new());
    assert_eq!(world.get(&format!("/sandboxes/{}", made.id)).await.0, 404);
}

#[tokio::test]
async fn a_truncated_stream_breaks_off() {
    let world = World::start().await;
    let made = world.sandbox().await;
    world.standin.set_faults(faults("truncate"));
    let request = world.stream(&made, "process.Process/Start", &shell("echo x"));
    let mut frames = Frames::open(request).await;
    let mut seen = Vec::new();
    let broken = loop {
        match frames.try_next().await {
            Ok(Some(message)) => seen.push(message),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    let whole = seen.iter().any(|it| it.get("end_of_stream").is_some());
    assert!(broken || !whole, "{seen:?}");
}

/// Plants one difference in each shape of message.
#[derive(Debug)]
struct Planted;

impl Tamper for Planted {
    fn json(&self, route: &str, message: &mut Value) {
        if route == "POST /process.Process/Start" && message["event"].get("end").is_some() {
            message["event"]["end"]["exitCode"] = json!(9);
        }
        if route == "POST /filesystem.Filesystem/Stat" {
            message["entry"]["name"] = json!("planted");
        }
    }

    fn bytes(&self, route: &str, body: &mut Vec<u8>) {
        if route == "GET /files" {
            body.push(b'!');
        }
    }
}

#[tokio::test]
async fn differences_can_be_planted_in_every_message() {
    let world = World::with(|options| options.tamper = Some(Arc::new(Planted))).await;
    let made = world.sandbox().await;
    let all = world.run(&made, "echo hi > ~/f").await;
    assert_eq!(end(&all)["exitCode"], 9);
    let stat = world.rpc(&made, "filesystem.Filesystem/Stat", json!({"path": "f"}));
    assert_eq!(stat.await.1["entry"]["name"], "planted");
    let file = world.inside(Method::GET, &made, "/files?path=f");
    assert_eq!(file.send().await.unwrap().text().await.unwrap(), "hi\n!");
}

#[tokio::test]
async fn the_swapped_shell_reads_its_script_and_merges_its_streams() {
    let script = "echo out; echo err >&2; shopt -q login_shell || echo plain; exit 3";
    for swap in [false, true] {
        let world = World::with(|options| options.swap_shell = swap).await;
        let made = world.sandbox().await;
        let all = world.run(&made, script).await;
        assert_eq!(end(&all)["exitCode"], 3);
        let expected = if swap {
            ("out\nerr\nplain\n", "")
        } else {
            ("out\n", "err\n")
        };
        let seen = (output(&all, "stdout"), output(&all, "stderr"));
        assert_eq!((seen.0.as_str(), seen.1.as_str()), expected);
    }
}
