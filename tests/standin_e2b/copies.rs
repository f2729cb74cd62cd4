//! Snapshots and forks (contract 1.4, 1.7).

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use crate::fake::FakeEngine;
use crate::support::{Frames, Made, World, answer, end, output, shell};

async fn sandbox_with_a_file(world: &World) -> Made {
    let made = world
        .make(json!({"templateID": "base", "envVars": {"A": "1"}, "metadata": {"k": "v"}}))
        .await;
    let script = "echo kept >~/f; mkdir ~/d; ln -s ../f ~/d/l; chmod 600 ~/f";
    let run = world.run(&made, script).await;
    assert_eq!(end(&run)["status"], "exit status 0");
    made
}

async fn snapshot(world: &World, id: &str, body: Value) -> Value {
    let (status, made) = world
        .post(&format!("/sandboxes/{id}/snapshots"), body)
        .await;
    assert_eq!(status, 201, "{made}");
    made
}

/// A world whose sandboxes have no files, for what is not about files.
async fn quick() -> World {
    World::with(|options| options.engine = Arc::new(FakeEngine::new(false))).await
}

fn made(answer: &Value) -> Made {
    Made {
        id: answer["sandboxID"].as_str().unwrap().to_owned(),
        token: answer["envdAccessToken"].as_str().unwrap().to_owned(),
    }
}

#[tokio::test]
async fn a_sandbox_made_of_a_snapshot_has_its_files_and_environment() {
    let world = World::start().await;
    let first = sandbox_with_a_file(&world).await;
    let start = shell("exec sleep 600");
    let pid = Frames::open(world.stream(&first, "process.Process/Start", &start))
        .await
        .pid()
        .await;
    let kept = snapshot(&world, &first.id, json!({})).await;
    let id = kept["snapshotID"].as_str().unwrap().to_owned();
    assert!(id.ends_with(":default"), "{id}");
    assert_eq!(kept["names"], json!([]));
    // The source goes on as it was.
    let (_, list) = world.rpc(&first, "process.Process/List", json!({})).await;
    assert_eq!(list["processes"][0]["pid"], json!(pid));
    world.run(&first, "echo later >~/f").await;
    let second = world.make(json!({"templateID": id})).await;
    let run = world
        .run(&second, "cat ~/f ~/d/l; stat -c '%a' ~/f; echo $A")
        .await;
    assert_eq!(output(&run, "stdout"), "kept\nkept\n600\n1\n");
    let (_, list) = world.rpc(&second, "process.Process/List", json!({})).await;
    assert_eq!(list, json!({}), "processes are not copied");
    let (_, detail) = world.get(&format!("/sandboxes/{}", second.id)).await;
    assert_eq!(detail["metadata"], json!({"k": "v"}));
    assert_eq!(detail["templateID"], json!(id.trim_end_matches(":default")));
    let (_, logs) = world
        .get(&format!("/v2/sandboxes/{}/logs?level=warn", second.id))
        .await;
    let text = "Files, environment and metadata were copied; processes were not";
    assert_eq!(logs["logs"][0]["message"], text);
    let own = json!({"templateID": id, "envVars": {"B": "2"}, "metadata": {}});
    let third = world.make(own).await;
    let run = world.run(&third, "echo $A-$B").await;
    assert_eq!(
        output(&run, "stdout"),
        "-2\n",
        "what a create says replaces what was kept"
    );
}

#[tokio::test]
async fn snapshots_have_names_and_come_in_pages() {
    let world = quick().await;
    let first = world.sandbox().await;
    let other = world.sandbox().await;
    let mut ids = Vec::new();
    for (id, body, expected) in [
        (&first.id, json!({"name": "a"}), "local/a:default"),
        (&first.id, json!({"name": "local/A:v2"}), "local/a:v2"),
        (&other.id, json!({"name": "b"}), "local/b:default"),
    ] {
        let kept = snapshot(&world, id, body).await;
        assert_eq!(kept["snapshotID"], expected);
        assert_eq!(kept["names"], json!([expected.split(':').next().unwrap()]));
        ids.insert(0, expected);
    }
    let ids_of = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|it| it["snapshotID"].as_str().unwrap().to_owned())
            .collect()
    };
    let response = world
        .control(Method::GET, "/snapshots?limit=2")
        .send()
        .await
        .unwrap();
    let next = response.headers()["x-next-token"]
        .to_str()
        .unwrap()
        .to_owned();
    let mut seen = ids_of(&response.json().await.unwrap());
    let (_, rest) = world
        .get(&format!("/snapshots?limit=2&nextToken={next}"))
        .await;
    seen.extend(ids_of(&rest));
    assert_eq!(seen, ids);
    for (query, expected) in [
        (format!("sandboxID={}", other.id), vec!["local/b:default"]),
        ("name=a".to_owned(), vec!["local/a:v2", "local/a:default"]),
        ("name=local/a:v2".to_owned(), vec!["local/a:v2"]),
        ("sandboxID=inever".to_owned(), vec![]),
    ] {
        let (_, found) = world.get(&format!("/snapshots?{query}")).await;
        assert_eq!(ids_of(&found), expected, "{query}");
    }
    for query in [
        "limit=0",
        "limit=101",
        "sandboxID=A",
        "name=a/b/c",
        "nextToken=x",
    ] {
        assert_eq!(
            world.get(&format!("/snapshots?{query}")).await.0,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn names_of_snapshots_are_the_teams_own_and_can_be_deleted() {
    let world = quick().await;
    let first = world.sandbox().await;
    for (name, text) in [
        ("x/a", "namespace 'x' must match your team 'local'"),
        ("a b", "Invalid name: invalid template reference: 'a b'"),
        ("base", "Invalid name: 'base' is a built-in template"),
    ] {
        let path = format!("/sandboxes/{}/snapshots", first.id);
        let (status, refused) = world.post(&path, json!({"name": name})).await;
        assert_eq!((status, &refused["message"]), (400, &json!(text)));
    }
    for name in ["a", "a:v2"] {
        snapshot(&world, &first.id, json!({"name": name})).await;
    }
    let delete =
        async |id: &str| answer(world.control(Method::DELETE, &format!("/templates/{id}"))).await;
    assert_eq!(delete("local%2Fa%3Av2").await.0, 204);
    assert_eq!(delete("local%2Fa%3Av2").await.0, 404);
    let (_, found) = world.get("/snapshots").await;
    assert_eq!(
        found,
        json!([{"snapshotID": "local/a:default", "names": ["local/a"]}])
    );
    let (status, gone) = world
        .post("/v2/sandboxes", json!({"templateID": "a:v2"}))
        .await;
    let text = "tag 'v2' does not exist for template 'a'";
    assert_eq!((status, &gone["message"]), (404, &json!(text)));
    assert_eq!(delete("base").await.0, 403);
}

#[tokio::test]
async fn snapshots_outlive_the_stand_in_in_its_folder() {
    let state = tempfile::tempdir().unwrap();
    let world = World::with(|options| options.state_dir = Some(state.path().to_owned())).await;
    let first = sandbox_with_a_file(&world).await;
    let kept = snapshot(&world, &first.id, json!({"name": "a"})).await;
    world.standin.stop().await;
    drop(world);
    let world = World::with(|options| options.state_dir = Some(state.path().to_owned())).await;
    assert_eq!(world.get("/snapshots").await.1, json!([kept]));
    let again = world.make(json!({"templateID": "a"})).await;
    let run = world.run(&again, "cat ~/f").await;
    assert_eq!(output(&run, "stdout"), "kept\n");
}

#[tokio::test]
async fn forks_are_sandboxes_of_their_own() {
    let world = World::start().await;
    let first = sandbox_with_a_file(&world).await;
    let path = format!("/sandboxes/{}/fork", first.id);
    let (status, forks) = world.post(&path, json!({"count": 2, "timeout": 90})).await;
    assert_eq!(status, 201, "{forks}");
    let forks = forks.as_array().unwrap();
    assert_eq!(forks.len(), 2);
    for fork in forks {
        let fork = made(&fork["sandbox"]);
        assert_ne!(fork.id, first.id);
        assert_ne!(fork.token, first.token);
        let run = world.run(&fork, "cat ~/f; echo $A; echo own >~/f").await;
        assert_eq!(output(&run, "stdout"), "kept\n1\n");
        let (_, detail) = world.get(&format!("/sandboxes/{}", fork.id)).await;
        assert_eq!(detail["metadata"]["k"], "v");
    }
    let run = world.run(&first, "cat ~/f").await;
    assert_eq!(output(&run, "stdout"), "kept\n");
    let (status, one) = answer(world.control(Method::POST, &path)).await;
    assert_eq!((status, one.as_array().unwrap().len()), (201, 1));
    assert_eq!(world.standin.sandboxes().len(), 4);
}

#[tokio::test]
async fn a_fork_that_cannot_be_is_refused_before_anything_is_copied() {
    let world = World::start().await;
    let first = world.sandbox().await;
    let path = format!("/sandboxes/{}/fork", first.id);
    for (body, status, text) in [
        (
            json!({"count": 0}),
            400,
            "\"/count\": number must be at least 1",
        ),
        (
            json!({"count": 101}),
            400,
            "\"/count\": number must be at most 100",
        ),
        (
            json!({"count": 100}),
            400,
            "Count must be lower than the maximum number of concurrent sandboxes (100)",
        ),
        (json!({"timeout": 0}), 400, "Timeout must be greater than 0"),
        (
            json!({"timeout": 90_000}),
            400,
            "Timeout cannot be greater than 24 hours",
        ),
    ] {
        let (got, refused) = world.post(&path, body.clone()).await;
        let message = refused["message"].as_str().unwrap();
        assert_eq!(got, status, "{body}");
        assert!(message.ends_with(text), "{body}: {message}");
    }
    let (status, _) = world.post("/sandboxes/inever/fork", json!({})).await;
    assert_eq!(status, 404);
    let pause = format!("/sandboxes/{}/pause", first.id);
    assert_eq!(world.post(&pause, json!({})).await.0, 204);
    let (status, refused) = world.post(&path, json!({})).await;
    let text = format!(
        "Sandbox '{}' is paused and cannot be forked; resume it first",
        first.id
    );
    assert_eq!((status, &refused["message"]), (409, &json!(text)));
    assert_eq!(world.standin.sandboxes().len(), 1);
}
