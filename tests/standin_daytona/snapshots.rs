//! Snapshots (contract section 5).

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{World, isolated};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn requests_are_checked_in_the_services_words() {
    let world = World::start().await;
    let format =
        "Invalid snapshot name format. May contain letters, digits, dots, colons, and dashes";
    let build = json!({"dockerfileContent": "FROM a"});
    let post = "POST /api/snapshots";
    world
        .refuses(&[
            (post, json!({}), 400, "name must be a string"),
            (
                post,
                json!({"name": "a b", "imageName": "x:1"}),
                400,
                format,
            ),
            (
                post,
                json!({"name": "a", "imageName": "x:1", "buildInfo": build}),
                400,
                "Cannot specify an image name when using a build info entry",
            ),
            (
                post,
                json!({"name": "a", "entrypoint": ["x"], "buildInfo": build}),
                400,
                "Cannot specify an entrypoint when using a build info entry",
            ),
            (
                post,
                json!({"name": "a"}),
                400,
                "Must specify an image name when not using a build info entry",
            ),
            (
                post,
                json!({"name": "a", "imageName": "alpine"}),
                400,
                "Image name must include a tag (e.g., ubuntu:22.04) or digest (@sha256:...)",
            ),
            (
                post,
                json!({"name": "a", "imageName": "alpine:latest"}),
                400,
                "Images with tag \":latest\" are not allowed",
            ),
            (
                post,
                json!({"name": "a", "imageName": "alpine@sha256:1"}),
                400,
                "Invalid digest format. Must be image@sha256:64_hex_characters",
            ),
            (
                post,
                json!({"name": "a", "imageName": "a:1", "sandboxClass": "windows"}),
                400,
                "No runners are configured in region 'us' for sandbox class 'windows'. Try a \
                 different region or sandbox class.",
            ),
        ])
        .await;
    world.standin.stop().await;
}

#[tokio::test]
async fn names_are_taken_and_general_snapshots_stay() {
    let world = World::start().await;
    let post = "POST /api/snapshots";
    let general = "DELETE /api/snapshots/9d1b0f3e-86c4-4be2-8f52-0f6f4d1e7a02";
    let none = "DELETE /api/snapshots/00000000-0000-4000-8000-000000000000";
    let null = Value::Null;
    world
        .refuses(&[
            (
                post,
                json!({"name": "litellm", "imageName": "a:1"}),
                409,
                "Snapshot with name \"litellm\" already exists for this organization",
            ),
            (
                "GET /api/snapshots/x",
                null.clone(),
                404,
                "Snapshot with name x not found",
            ),
            (
                "DELETE /api/snapshots/x",
                null.clone(),
                400,
                "Validation failed (uuid is expected)",
            ),
            (
                general,
                null.clone(),
                403,
                "You cannot delete a general snapshot",
            ),
            (
                none,
                null.clone(),
                404,
                "Snapshot with name 00000000-0000-4000-8000-000000000000 not found",
            ),
            (
                "GET /api/snapshots/litellm/build-logs-url",
                null,
                404,
                "Snapshot litellm has no build info",
            ),
        ])
        .await;
    world.standin.stop().await;
}

#[tokio::test]
async fn a_snapshot_of_an_image_lives_and_goes_to_sleep() {
    let world = World::start().await;
    let body =
        json!({"name": "team/a:1", "imageName": "alpine:3.18", "cpu": 2, "entrypoint": ["x"]});
    let (status, made) = world.call("POST /api/snapshots", body).await;
    assert_eq!((status, &made["state"]), (200, &json!("pending")), "{made}");
    assert_eq!([&made["cpu"], &made["mem"], &made["disk"]], [2, 1, 3]);
    assert_eq!(
        (&made["general"], &made["entrypoint"]),
        (&json!(false), &json!(["x"]))
    );
    let id = made["id"].as_str().unwrap();
    let by_name = "/api/snapshots/team%2Fa:1";
    world.until_state(by_name, "active").await;
    let (_, sandbox) = world
        .call("POST /api/sandbox", json!({"snapshot": id}))
        .await;
    assert_eq!(
        (&sandbox["snapshot"], &sandbox["cpu"]),
        (&json!("team/a:1"), &json!(2))
    );
    let (_, ran) = world
        .execute(
            sandbox["id"].as_str().unwrap(),
            json!({"command": "echo $HOME; pwd"}),
        )
        .await;
    assert_eq!(
        ran["result"], "/root\n/root\n",
        "an image without a USER is root's"
    );
    world.standin.clock().advance(DAY * 15);
    let (_, now) = world.call(&format!("GET {by_name}"), Value::Null).await;
    assert_eq!(now["state"], "inactive");
    let activate = format!("POST /api/snapshots/{id}/activate");
    let deactivate = format!("POST /api/snapshots/{id}/deactivate");
    let create = (
        "POST /api/sandbox",
        json!({"snapshot": id}),
        400,
        "Snapshot team/a:1 is inactive",
    );
    world.refuses(std::slice::from_ref(&create)).await;
    let (status, now) = world.call(&activate, Value::Null).await;
    assert_eq!((status, &now["state"]), (200, &json!("pending")));
    world.until_state(by_name, "active").await;
    world
        .refuses(&[(
            &activate,
            Value::Null,
            400,
            "Snapshot team/a:1 is already active",
        )])
        .await;
    assert_eq!(
        world.call(&deactivate, Value::Null).await,
        (204, Value::Null)
    );
    world.refuses(&[create]).await;
    let delete = format!("DELETE /api/snapshots/{id}");
    assert_eq!(world.call(&delete, Value::Null).await, (200, Value::Null));
    assert_eq!(world.call(&delete, Value::Null).await.0, 404);
    world.standin.stop().await;
}

#[tokio::test]
async fn a_built_snapshot_shows_its_log_and_its_failure() {
    let world = World::start().await;
    let text = "FROM a\nRUN echo built it\nENTRYPOINT [\"serve\", \"-v\"]\n";
    let body = json!({"name": "built", "buildInfo": {"dockerfileContent": text}});
    let (_, made) = world.call("POST /api/snapshots", body.clone()).await;
    assert_eq!(made["state"], "pending");
    assert_eq!(made["entrypoint"], json!(["serve", "-v"]));
    let (_, url) = world
        .call("GET /api/snapshots/built/build-logs-url", Value::Null)
        .await;
    let id = made["id"].as_str().unwrap();
    let expected = format!("http://{}/snapshots/{id}/build-logs", world.standin.addr());
    assert_eq!(url["url"], expected.as_str());
    world.until_state("/api/snapshots/built", "building").await;
    world.standin.clock().advance(Duration::from_secs(2));
    if isolated().await {
        let request = world.client.get(format!("{expected}?follow=true"));
        let request = request.bearer_auth(world.standin.key());
        let log = request.send().await.unwrap().text().await.unwrap();
        assert!(log.contains("built it\n"), "{log}");
        world.until_state("/api/snapshots/built", "active").await;
        let mut again = body;
        again["name"] = json!("again");
        let (_, again) = world.call("POST /api/snapshots", again).await;
        assert_eq!(
            again["state"], "active",
            "an identical build is there at once"
        );
    }
    let body =
        json!({"name": "bad", "buildInfo": {"dockerfileContent": "FROM a\nADD http://x /y\n"}});
    world.call("POST /api/snapshots", body.clone()).await;
    world.until_state("/api/snapshots/bad", "building").await;
    world.standin.clock().advance(Duration::from_secs(2));
    let failed = world
        .until_state("/api/snapshots/bad", "build_failed")
        .await;
    let reason = failed["errorReason"].as_str().unwrap();
    assert!(reason.contains("ADD http://x /y"), "{reason}");
    world
        .refuses(&[
            (
                "POST /api/snapshots",
                body,
                409,
                "Snapshot with name \"bad\" already exists for this organization",
            ),
            (
                "POST /api/sandbox",
                json!({"snapshot": "bad"}),
                400,
                "Snapshot bad is build_failed",
            ),
            (
                "POST /api/snapshots/bad/activate",
                Value::Null,
                400,
                "Snapshot bad cannot be activated - it is in build_failed state",
            ),
        ])
        .await;
    world.standin.stop().await;
}

#[tokio::test]
async fn pages_of_snapshots_are_counted() {
    let world = World::start().await;
    for name in ["c1", "c2", "c3"] {
        let body = json!({"name": name, "imageName": "a:1"});
        assert_eq!(world.call("POST /api/snapshots", body).await.0, 200);
    }
    let cases = [
        ("name=c&sort=name&order=asc&limit=2", vec!["c1", "c2"], 3, 2),
        (
            "name=C&sort=name&order=asc&limit=2&page=2",
            vec!["c3"],
            3,
            2,
        ),
        ("name=c&sort=createdAt", vec!["c3", "c2", "c1"], 3, 1),
        ("sourceSandboxId=x", vec![], 0, 0),
    ];
    for (query, expected, total, pages) in cases {
        let (_, body) = world
            .call(&format!("GET /api/snapshots?{query}"), Value::Null)
            .await;
        let items = body["items"].as_array().unwrap().iter();
        let names: Vec<&str> = items.map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
        assert_eq!(
            (&body["total"], &body["totalPages"]),
            (&json!(total), &json!(pages)),
            "{query}"
        );
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn a_sandboxs_files_outlive_it_and_its_stand_in() {
    if !isolated().await {
        // The files of such a sandbox are the host's: there is nothing to keep apart.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let state_dir = Some(folder.path().to_owned());
    let first = World::with(|options| options.state_dir.clone_from(&state_dir)).await;
    let id = first.make(json!({"env": {"A": "b"}})).await;
    first
        .execute(
            &id,
            json!({"command": "echo kept > f; ln -s f l; chmod 600 f"}),
        )
        .await;
    let route = format!("POST /api/sandbox/{id}/snapshot");
    first
        .refuses(&[
            (&route, json!({}), 400, "name must be a string"),
            (
                &route,
                json!({"name": "s", "includeMemory": true}),
                422,
                "Memory snapshots are not supported for this sandbox",
            ),
        ])
        .await;
    let (status, body) = first.call(&route, json!({"name": "s"})).await;
    assert_eq!(
        (status, &body["state"]),
        (200, &json!("snapshotting")),
        "{body}"
    );
    let snapshot = first.until_state("/api/snapshots/s", "active").await;
    assert_eq!(snapshot["sourceSandboxId"], id.as_str());
    first.until(&id, "started").await;
    let check = json!({"command": "cat l; stat -c %a f"});
    let copy = first.make(json!({"snapshot": "s"})).await;
    assert_eq!(
        first.execute(&copy, check.clone()).await.1["result"],
        "kept\n600\n"
    );
    first.standin.stop().await;
    let second = World::with(|options| options.state_dir.clone_from(&state_dir)).await;
    let copy = second.make(json!({"snapshot": "s"})).await;
    assert_eq!(
        second.execute(&copy, check).await.1["result"],
        "kept\n600\n"
    );
    let delete = format!("DELETE /api/snapshots/{}", snapshot["id"].as_str().unwrap());
    assert_eq!(second.call(&delete, Value::Null).await.0, 200);
    let left: Vec<_> = std::fs::read_dir(folder.path().join("snapshots"))
        .unwrap()
        .collect();
    assert!(left.is_empty(), "{left:?}");
    second.standin.stop().await;
}
