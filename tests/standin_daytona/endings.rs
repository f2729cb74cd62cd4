//! How sandboxes end, and what is heard of them afterwards (contract 1.5, 2.2, 7.1).

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::World;

const BAD_KEY: &str = "unauthorized: authentication failed: Bearer token is invalid";

#[tokio::test]
async fn a_stop_keeps_files_and_ends_processes() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    world
        .execute(
            &id,
            json!({"command": "echo x > f; sleep 100 >/dev/null 2>&1 &"}),
        )
        .await;
    let (status, body) = world
        .call(&format!("POST /api/sandbox/{id}/stop?force=x"), Value::Null)
        .await;
    assert_eq!(
        (status, &body["message"]),
        (
            400,
            &json!("Validation failed (boolean string is expected)")
        )
    );
    let stop = format!("POST /api/sandbox/{id}/stop?force=false");
    let (status, body) = world.call(&stop, Value::Null).await;
    assert_eq!((status, &body["state"]), (200, &json!("stopping")));
    world.until(&id, "stopped").await;
    let (status, body) = world.call(&stop, Value::Null).await;
    assert_eq!(
        (status, &body["message"]),
        (400, &json!("Sandbox is not in a stoppable state"))
    );
    let (status, body) = world.execute(&id, json!({"command": "true"})).await;
    assert_eq!(status, 400);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .ends_with("Is the Sandbox started?"),
        "{body}"
    );
    let (status, body) = world
        .call(&format!("POST /api/sandbox/{id}/start"), Value::Null)
        .await;
    assert_eq!((status, &body["state"]), (200, &json!("started")));
    assert_eq!(
        world.execute(&id, json!({"command": "cat f"})).await.1["result"],
        "x\n"
    );
    let (status, body) = world
        .call(&format!("POST /api/sandbox/{id}/archive"), Value::Null)
        .await;
    assert_eq!(
        (status, &body["message"]),
        (400, &json!("Sandbox is not stopped"))
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn a_deleted_sandbox_is_remembered_for_a_while() {
    let world = World::start().await;
    let used = world.make(json!({"name": "used"})).await;
    let unused = world.make(json!({})).await;
    world.execute(&used, json!({"command": "true"})).await;
    for id in [&used, &unused] {
        let (status, body) = world
            .call(&format!("DELETE /api/sandbox/{id}"), Value::Null)
            .await;
        assert_eq!((status, &body["state"]), (200, &json!("destroying")));
        assert!(body["name"].as_str().unwrap().starts_with("DESTROYED_"));
    }
    assert_eq!(
        world.state("used").await,
        "gone",
        "its name is free at once"
    );
    for id in [&used, &unused] {
        world.until(id, "gone").await;
    }
    let (status, _) = world
        .call(&format!("DELETE /api/sandbox/{used}"), Value::Null)
        .await;
    assert_eq!(status, 404);
    let (status, body) = world.execute(&unused, json!({"command": "true"})).await;
    assert_eq!((status, body["message"].as_str()), (401, Some(BAD_KEY)));
    let (status, body) = world.execute(&used, json!({"command": "true"})).await;
    assert_eq!(status, 404);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .starts_with("not found: sandbox container not found")
    );
    world.standin.clock().advance(Duration::from_secs(121));
    let (status, body) = world.execute(&used, json!({"command": "true"})).await;
    assert_eq!((status, body["message"].as_str()), (401, Some(BAD_KEY)));
    world.standin.stop().await;
}

#[tokio::test]
async fn a_dead_machine_answers_nothing_and_stays_started() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    assert!(world.standin.kill(&id).await);
    assert_eq!(
        world.execute(&id, json!({"command": "true"})).await,
        (502, Value::Null)
    );
    assert_eq!(world.state(&id).await, "started");
    assert!(!world.standin.kill("none").await);
    let (status, _) = world
        .call(&format!("DELETE /api/sandbox/{id}"), Value::Null)
        .await;
    assert_eq!(status, 200);
    world.until(&id, "gone").await;
    world.standin.stop().await;
}

#[tokio::test]
async fn time_stops_archives_and_destroys() {
    let world = World::start().await;
    let idle = world
        .make(json!({"autoStopInterval": 1, "autoDeleteInterval": 2}))
        .await;
    let ephemeral = world
        .make(json!({"autoStopInterval": 1, "autoDeleteInterval": 0}))
        .await;
    let never = world.make(json!({"autoStopInterval": 0})).await;
    world.standin.clock().advance(Duration::from_secs(50));
    world.execute(&idle, json!({"command": "true"})).await;
    world.standin.clock().advance(Duration::from_secs(30));
    world.until(&ephemeral, "gone").await;
    assert_eq!(world.state(&idle).await, "started", "a command is activity");
    world.standin.clock().advance(Duration::from_secs(31));
    world.until(&idle, "stopped").await;
    world.standin.clock().advance(Duration::from_secs(120));
    world.until(&idle, "gone").await;
    assert_eq!(world.state(&never).await, "started");
    assert!(world.standin.expire(&never).await);
    assert_eq!(world.state(&never).await, "stopped");
    world
        .standin
        .clock()
        .advance(Duration::from_secs(7 * 24 * 3600 + 1));
    world.until(&never, "archived").await;
    let (status, body) = world
        .call(&format!("POST /api/sandbox/{never}/start"), Value::Null)
        .await;
    assert_eq!((status, &body["state"]), (200, &json!("restoring")));
    world.until(&never, "started").await;
    world.standin.stop().await;
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn faults_speak_the_providers_language() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let faults = |text: &str| cutover_standin::fault::Fault::parse_list(text).unwrap();
    world.standin.set_faults(faults("429"));
    let (status, body) = world.execute(&id, json!({"command": "true"})).await;
    assert_eq!(
        (status, &body["message"]),
        (429, &json!("ThrottlerException: Too Many Requests"))
    );
    world.standin.set_faults(faults("502"));
    assert_eq!(
        world.execute(&id, json!({"command": "true"})).await,
        (502, Value::Null)
    );
    world.standin.set_faults(faults("death"));
    assert_eq!(
        world.execute(&id, json!({"command": "true"})).await,
        (502, Value::Null)
    );
    world.standin.set_faults(Vec::new());
    world.standin.stop().await;
}
