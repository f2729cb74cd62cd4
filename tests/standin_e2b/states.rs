//! Pause, resume, cold boot, expiry, traffic that wakes up (contract 1.9).

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Frames, Made, World, answer, end, output, shell, until};

async fn state(world: &World, made: &Made) -> Value {
    let (status, detail) = world.get(&format!("/sandboxes/{}", made.id)).await;
    assert_eq!(status, 200, "{detail}");
    json!([detail["state"], detail["pauseMode"]])
}

async fn listed(world: &World, made: &Made) -> Value {
    world.rpc(made, "process.Process/List", json!({})).await.1
}

async fn started(world: &World, made: &Made) -> u64 {
    let start = shell("exec sleep 600");
    let request = world.stream(made, "process.Process/Start", &start);
    Frames::open(request).await.pid().await
}

#[tokio::test]
async fn a_pause_with_memory_keeps_processes_and_environment() {
    let world = World::start().await;
    let made = world
        .make(json!({"templateID": "base", "envVars": {"A": "1"}}))
        .await;
    let pid = started(&world, &made).await;
    let path = format!("/sandboxes/{}", made.id);
    assert_eq!(world.post(&format!("{path}/pause"), json!({})).await.0, 204);
    assert_eq!(state(&world, &made).await, json!(["paused", "full"]));
    let (status, refused) = world.post(&format!("{path}/pause"), json!({})).await;
    let text = format!(
        "Error pausing sandbox - sandbox '{}' is already paused",
        made.id
    );
    assert_eq!((status, &refused["message"]), (409, &json!(text)));
    for (name, status) in [
        ("timeout", 404),
        ("refreshes", 404),
        ("snapshots", 404),
        ("fork", 409),
    ] {
        let body = json!({"timeout": 30});
        let (got, answer) = world.post(&format!("{path}/{name}"), body).await;
        assert_eq!(got, status, "{name}: {answer}");
    }
    let (status, dead) = answer(world.inside(Method::GET, &made, "/envs")).await;
    assert_eq!(
        (status, &dead["message"]),
        (502, &json!("The sandbox was not found"))
    );
    let (status, back) = world.post(&format!("/v2{path}/connect"), json!({})).await;
    assert_eq!((status, &back["sandboxID"]), (201, &json!(made.id)));
    assert_eq!(back["envdAccessToken"], json!(made.token));
    assert_eq!(state(&world, &made).await, json!(["running", null]));
    assert_eq!(
        listed(&world, &made).await["processes"][0]["pid"],
        json!(pid)
    );
    let (_, envs) = answer(world.inside(Method::GET, &made, "/envs")).await;
    assert_eq!(envs["A"], "1");
    let run = world.run(&made, "echo alive").await;
    assert_eq!(output(&run, "stdout"), "alive\n");
}

#[tokio::test]
async fn without_memory_only_files_and_settings_are_left() {
    let world = World::start().await;
    // At the pause, or only at the connect.
    for (pause, connect, mode) in [
        (json!({"memory": false}), json!({}), "filesystem"),
        (json!({"memory": true}), json!({"memory": false}), "full"),
    ] {
        let made = world
            .make(json!({"templateID": "base", "envVars": {"A": "1"}, "metadata": {"k": "v"}}))
            .await;
        let run = world
            .run(
                &made,
                "echo kept >~/f; sleep 600 >/dev/null 2>&1 & echo $! >~/pid",
            )
            .await;
        assert_eq!(end(&run)["status"], "exit status 0");
        started(&world, &made).await;
        let path = format!("/sandboxes/{}", made.id);
        assert_eq!(world.post(&format!("{path}/pause"), pause).await.0, 204);
        assert_eq!(state(&world, &made).await, json!(["paused", mode]));
        let (status, back) = world.post(&format!("/v2{path}/connect"), connect).await;
        assert_eq!(status, 201, "{back}");
        assert_eq!(back["envdAccessToken"], json!(made.token));
        assert_eq!(listed(&world, &made).await, json!({}));
        let run = world
            .run(
                &made,
                "cat ~/f; echo $A; kill -0 $(cat ~/pid) 2>/dev/null; echo $?",
            )
            .await;
        assert_eq!(output(&run, "stdout"), "kept\n\n1\n", "{mode}");
        let (_, envs) = answer(world.inside(Method::GET, &made, "/envs")).await;
        assert_eq!(envs["E2B_SANDBOX_ID"], json!(made.id));
        let (_, detail) = world.get(&path).await;
        assert_eq!(detail["metadata"]["k"], "v");
        assert_eq!(answer(world.control(Method::DELETE, &path)).await.0, 204);
    }
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn the_deprecated_resume_wants_a_paused_sandbox() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let path = format!("/sandboxes/{}", made.id);
    let resume = format!("{path}/resume");
    let (status, refused) = world.post(&resume, json!({})).await;
    let text = format!("Sandbox {} is already running", made.id);
    assert_eq!((status, &refused["message"]), (409, &json!(text)));
    assert_eq!(
        answer(world.control(Method::POST, &format!("{path}/pause")))
            .await
            .0,
        204
    );
    for (body, text) in [
        (json!({"timeout": 0}), "Timeout must be greater than 0"),
        (
            json!({"timeout": 90_000}),
            "Timeout cannot be greater than 24 hours",
        ),
    ] {
        let (status, refused) = world.post(&resume, body).await;
        assert_eq!((status, &refused["message"]), (400, &json!(text)));
    }
    // Without a body: 15 s.
    let (status, back) = answer(world.control(Method::POST, &resume)).await;
    assert_eq!((status, &back["sandboxID"]), (201, &json!(made.id)));
    let (_, detail) = world.get(&path).await;
    let end: Timestamp = detail["endAt"].as_str().unwrap().parse().unwrap();
    let left = end.duration_since(world.standin.clock().now()).as_secs();
    assert!((13..=15).contains(&left), "{left}");
    assert_eq!(
        world.post("/sandboxes/inever/resume", json!({})).await.0,
        404
    );
}

#[tokio::test]
async fn the_end_of_a_paused_sandbox_is_the_time_of_its_pause() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let path = format!("/sandboxes/{}", made.id);
    let before = world.standin.clock().now();
    assert_eq!(world.post(&format!("{path}/pause"), json!({})).await.0, 204);
    let (_, detail) = world.get(&path).await;
    let end: Timestamp = detail["endAt"].as_str().unwrap().parse().unwrap();
    assert!(before <= end && end <= world.standin.clock().now());
    world.standin.clock().advance(Duration::from_secs(100_000));
    assert_eq!(
        state(&world, &made).await,
        json!(["paused", "full"]),
        "it does not expire"
    );
    let (_, running) = world.get("/v2/sandboxes?state=running").await;
    assert_eq!(running, json!([]));
    let (_, paused) = world.get("/v2/sandboxes?state=paused").await;
    assert_eq!(paused[0]["sandboxID"], json!(made.id));
    assert_eq!(world.get("/sandboxes").await.1, json!([]));
    assert_eq!(answer(world.control(Method::DELETE, &path)).await.0, 204);
    assert_eq!(world.get(&path).await.0, 404);
}

#[tokio::test]
async fn at_its_end_it_is_paused_the_way_its_creator_said() {
    let world = World::start().await;
    for (memory, mode) in [(true, "full"), (false, "filesystem")] {
        let made = world
            .make(json!({
                "templateID": "base",
                "timeout": 10,
                "autoPause": true,
                "autoPauseMemory": memory,
            }))
            .await;
        let run = world.run(&made, "echo kept >~/f").await;
        assert_eq!(end(&run)["status"], "exit status 0");
        world.standin.clock().advance(Duration::from_secs(10));
        until("paused", || async {
            state(&world, &made).await == json!(["paused", mode])
        })
        .await;
        // Without `autoResume` traffic finds nothing.
        let health = world.inside(Method::GET, &made, "/health");
        assert_eq!(answer(health).await.0, 502);
        let connect = format!("/v2/sandboxes/{}/connect", made.id);
        assert_eq!(world.post(&connect, json!({})).await.0, 201);
        let run = world.run(&made, "cat ~/f").await;
        assert_eq!(output(&run, "stdout"), "kept\n");
        assert!(world.standin.kill(&made.id).await);
    }
}

#[tokio::test]
async fn traffic_that_shows_its_token_wakes_a_sandbox_up() {
    let world = World::start().await;
    let made = world
        .make(json!({
            "templateID": "base",
            "timeout": 10,
            "autoPause": true,
            "autoResume": {"enabled": true},
        }))
        .await;
    let pid = started(&world, &made).await;
    world.standin.clock().advance(Duration::from_secs(10));
    // Whether the pause has been made yet or not.
    let refused = answer(world.envd(Method::GET, &made.id, "/health")).await;
    let text = "This sandbox can't be resumed with the credentials provided. Check your access \
                token and try again.";
    let expected = json!({"sandboxId": made.id, "message": text, "code": 403});
    assert_eq!(refused, (403, expected));
    let wake = || answer(world.inside(Method::GET, &made, "/health"));
    let all = futures_util::future::join_all([wake(), wake(), wake()]).await;
    assert!(all.iter().all(|(status, _)| *status == 204), "{all:?}");
    assert_eq!(state(&world, &made).await, json!(["running", null]));
    assert_eq!(
        listed(&world, &made).await["processes"][0]["pid"],
        json!(pid)
    );
    let (_, detail) = world.get(&format!("/sandboxes/{}", made.id)).await;
    let end: Timestamp = detail["endAt"].as_str().unwrap().parse().unwrap();
    let left = end.duration_since(world.standin.clock().now()).as_secs();
    assert!((295..=300).contains(&left), "{left}");
    // A pause of files only is not woken up.
    let pause = format!("/sandboxes/{}/pause", made.id);
    assert_eq!(world.post(&pause, json!({"memory": false})).await.0, 204);
    assert_eq!(wake().await.0, 502);
}

#[tokio::test]
async fn pauses_and_connects_at_once_settle() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let path = format!("/sandboxes/{}", made.id);
    for _ in 0..5 {
        let pause = format!("{path}/pause");
        let connect = format!("/v2{path}/connect");
        let (paused, connected) = tokio::join!(
            world.post(&pause, json!({})),
            world.post(&connect, json!({}))
        );
        assert!([204, 409].contains(&paused.0), "{paused:?}");
        assert!([200, 201, 409].contains(&connected.0), "{connected:?}");
        let (status, back) = world.post(&connect, json!({})).await;
        assert!([200, 201].contains(&status), "{back}");
        let run = world.run(&made, "echo alive").await;
        assert_eq!(output(&run, "stdout"), "alive\n");
    }
}
