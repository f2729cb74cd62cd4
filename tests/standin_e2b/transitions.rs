//! What is answered while a sandbox is on its way from one state to another, at the plan's limit,
//! and by an engine that does not do everything (contract 1.5, 1.9).

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::fake::{FakeEngine, Gates};
use crate::support::{World, answer, until};

async fn world(refuses: bool) -> (World, Arc<Gates>) {
    let engine = Arc::new(FakeEngine::new(refuses));
    let gates = Arc::clone(&engine.gates);
    let world = World::with(|options| options.engine = engine).await;
    (world, gates)
}

/// Each of these calls gives this status and text now.
async fn refused(world: &World, id: &str, expected: &[(&str, u16, &str)]) {
    for (call, status, text) in expected {
        let path = format!("/sandboxes/{id}/{call}");
        let (got, answer) = world.post(&path, json!({"timeout": 30})).await;
        let text = text.replace("{id}", id);
        assert_eq!((got, &answer["message"]), (*status, &json!(text)), "{call}");
    }
}

/// Whether it is being `paused` or `snapshotted`. Asked by a call that begins neither.
async fn is_being(world: &World, id: &str, done: &str) -> bool {
    let timeout = json!({"timeout": 300});
    let (_, answer) = world
        .post(&format!("/sandboxes/{id}/timeout"), timeout)
        .await;
    answer["message"] == json!(format!("Sandbox \"{id}\" is being {done}"))
}

#[tokio::test]
async fn while_it_is_being_paused() {
    let (world, gates) = world(false).await;
    let id = world.sandbox().await.id;
    let path = format!("/sandboxes/{id}");
    gates.close("freeze");
    let (pause, connect) = (format!("{path}/pause"), format!("/v2{path}/connect"));
    let meanwhile = async {
        until("pausing", || is_being(&world, &id, "paused")).await;
        assert_eq!(world.get(&path).await.1["state"], "paused");
        let expected = [
            ("timeout", 409, "Sandbox \"{id}\" is being paused"),
            ("refreshes", 409, "Sandbox \"{id}\" is being paused"),
            (
                "snapshots",
                409,
                "Sandbox '{id}' cannot be snapshotted while in 'pausing' state",
            ),
            (
                "fork",
                409,
                "Sandbox '{id}' cannot be forked while in 'pausing' state",
            ),
        ];
        refused(&world, &id, &expected).await;
        let open = async { gates.open("freeze") };
        // It waits for the pause to be over.
        tokio::join!(world.post(&connect, json!({})), open).0
    };
    let (paused, connected) = tokio::join!(world.post(&pause, json!({})), meanwhile);
    assert_eq!((paused.0, connected.0), (204, 201));
}

#[tokio::test]
async fn while_a_snapshot_is_made() {
    let (world, gates) = world(false).await;
    let id = world.sandbox().await.id;
    let path = format!("/sandboxes/{id}");
    gates.close("export_files");
    let (snapshots, connect) = (format!("{path}/snapshots"), format!("/v2{path}/connect"));
    let meanwhile = async {
        until("snapshotting", || is_being(&world, &id, "snapshotted")).await;
        assert_eq!(world.get(&path).await.1["state"], "running");
        let expected = [
            ("timeout", 409, "Sandbox \"{id}\" is being snapshotted"),
            (
                "resume",
                409,
                "Sandbox snapshot is currently being created for sandbox '{id}'",
            ),
            (
                "fork",
                409,
                "Sandbox '{id}' cannot be forked while in 'snapshotting' state",
            ),
        ];
        refused(&world, &id, &expected).await;
        let open = async { gates.open("export_files") };
        tokio::join!(world.post(&connect, json!({})), open).0
    };
    let (kept, connected) = tokio::join!(world.post(&snapshots, json!({})), meanwhile);
    assert_eq!((kept.0, connected.0), (201, 200));
    let made = json!({"templateID": kept.1["snapshotID"]});
    assert_eq!(world.post("/v2/sandboxes", made).await.0, 201);
    let (status, forks) = world
        .post(&format!("{path}/fork"), json!({"count": 9}))
        .await;
    assert_eq!(status, 201);
    let forks = forks.as_array().unwrap();
    assert!(forks.len() == 9 && forks.iter().all(|fork| fork["sandbox"].is_object()));
}

#[tokio::test]
async fn while_it_is_being_killed() {
    let (world, gates) = world(false).await;
    let id = world.sandbox().await.id;
    let path = format!("/sandboxes/{id}");
    gates.close("destroy");
    let connect = format!("/v2{path}/connect");
    let meanwhile = async {
        until("killing", || async { world.get(&path).await.0 == 404 }).await;
        let text = json!(format!("Sandbox \"{id}\" is being killed"));
        for path in [
            &connect,
            &format!("{path}/timeout"),
            &format!("{path}/refreshes"),
        ] {
            let (status, refused) = world.post(path, json!({"timeout": 5})).await;
            assert_eq!((status, &refused["message"]), (409, &text), "{path}");
        }
        assert_eq!(
            world.post(&format!("{path}/resume"), json!({})).await.0,
            404
        );
        assert_eq!(world.get("/v2/sandboxes").await.1, json!([]));
        assert_eq!(answer(world.control(Method::DELETE, &path)).await.0, 404);
        gates.open("destroy");
    };
    let (killed, ()) = tokio::join!(answer(world.control(Method::DELETE, &path)), meanwhile);
    assert_eq!(killed.0, 204);
    assert_eq!(world.post(&connect, json!({})).await.0, 404);
}

#[tokio::test]
async fn a_pause_is_finished_without_who_asked_for_it() {
    let (world, gates) = world(false).await;
    let id = world.sandbox().await.id;
    let path = format!("/sandboxes/{id}");
    gates.close("freeze");
    let pause = format!("{path}/pause");
    tokio::select! {
        _ = world.post(&pause, json!({})) => panic!("nobody opened the gate"),
        () = until("pausing", || is_being(&world, &id, "paused")) => {}
    }
    gates.open("freeze");
    until("paused", || async {
        world.get(&path).await.1["pauseMode"] == "full"
    })
    .await;
}

#[tokio::test]
async fn the_plan_counts_what_runs() {
    let (world, _) = world(false).await;
    let body = json!({"templateID": "base"});
    let mut last = Value::Null;
    for _ in 0..100 {
        let (status, made) = world.post("/v2/sandboxes", body.clone()).await;
        assert_eq!(status, 201);
        last = made;
    }
    let text = json!(
        "you have reached the maximum number of concurrent E2B sandboxes (100). If you need more, \
         please visit 'https://e2b.dev/docs/billing'"
    );
    let (status, refused) = world.post("/v2/sandboxes", body.clone()).await;
    assert_eq!((status, &refused["message"]), (429, &text));
    let id = last["sandboxID"].as_str().unwrap();
    let (status, forks) = world
        .post(&format!("/sandboxes/{id}/fork"), json!({}))
        .await;
    assert_eq!((status, &forks[0]["error"]["code"]), (201, &json!(429)));
    assert_eq!(
        world
            .post(&format!("/sandboxes/{id}/pause"), json!({}))
            .await
            .0,
        204
    );
    assert_eq!(
        world.post("/v2/sandboxes", body).await.0,
        201,
        "a paused one does not count"
    );
    let connect = format!("/v2/sandboxes/{id}/connect");
    let (status, refused) = world.post(&connect, json!({})).await;
    assert_eq!((status, &refused["message"]), (429, &text));
    let other = world
        .standin
        .sandboxes()
        .into_iter()
        .find(|it| it != id)
        .unwrap();
    assert!(world.standin.kill(&other).await);
    assert_eq!(world.post(&connect, json!({})).await.0, 201);
}

#[tokio::test]
async fn what_an_engine_refuses_is_said_and_changes_nothing() {
    let (world, _) = world(true).await;
    let id = world.sandbox().await.id;
    let path = format!("/sandboxes/{id}");
    for (name, body, what) in [
        ("pause", json!({}), "pausing sandbox"),
        ("pause", json!({"memory": false}), "pausing sandbox"),
        ("snapshots", json!({}), "copying sandbox"),
        ("fork", json!({}), "copying sandbox"),
    ] {
        let (status, refused) = world.post(&format!("{path}/{name}"), body).await;
        let text = format!("the stand-in does not implement {what} on this engine: it will not");
        assert_eq!((status, &refused["message"]), (501, &json!(text)), "{name}");
        assert_eq!(world.get(&path).await.1["state"], "running");
    }
    assert_eq!(world.get(&format!("{path}/metrics")).await.0, 501);
    let port = world
        .envd(Method::GET, &id, "/")
        .header("Host", format!("80-{id}.e2b.app"))
        .send()
        .await
        .unwrap();
    assert_eq!(port.status(), 501);
    assert_eq!(
        world
            .post(&format!("{path}/timeout"), json!({"timeout": 5}))
            .await
            .0,
        204
    );
}

#[tokio::test]
async fn what_cannot_be_paused_at_its_end_dies() {
    let (world, _) = world(true).await;
    let body = json!({"templateID": "base", "timeout": 10, "autoPause": true});
    let id = world.make(body).await.id;
    world.standin.clock().advance(Duration::from_secs(10));
    let path = format!("/sandboxes/{id}");
    until("dead", || async { world.get(&path).await.0 == 404 }).await;
    assert!(world.standin.sandboxes().is_empty());
}
