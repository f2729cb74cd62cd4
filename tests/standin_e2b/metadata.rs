//! Metadata of files, and `/files/compose` (contract 3.3, 4, 4.3).

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Frames, Made, World, answer, end, output};

fn upload(world: &World, made: &Made, path: &str, metadata: &[(&str, &str)]) -> RequestBuilder {
    let mut request = world
        .inside(Method::POST, made, &format!("/files?path={path}"))
        .header("Content-Type", "application/octet-stream")
        .body(path.to_owned());
    for (key, value) in metadata {
        request = request.header(format!("X-Metadata-{key}"), *value);
    }
    request
}

async fn entry(world: &World, made: &Made, path: &str) -> Value {
    let message = json!({"path": path});
    let (status, body) = world.rpc(made, "filesystem.Filesystem/Stat", message).await;
    assert_eq!(status, 200, "{body}");
    body["entry"].clone()
}

#[tokio::test]
async fn metadata_is_kept_with_the_file_until_the_next_upload() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let sent = [("Author", "me"), ("Purpose", "a test"), ("Empty", "")];
    let kept = json!({"author": "me", "empty": "", "purpose": "a test"});
    let (status, written) = answer(upload(&world, &made, "d/f", &sent)).await;
    let expected =
        json!([{"path": "/home/user/d/f", "name": "f", "type": "file", "metadata": kept}]);
    assert_eq!((status, written), (200, expected));
    assert_eq!(entry(&world, &made, "d/f").await["metadata"], kept);
    // What a process inside sets counts as well, if it is text.
    let script = "cd d; : > g; ln -s f link; ln -s no broken; python3 -c \"import os
os.setxattr('g', 'user.e2b.k', b'v'); os.setxattr('g', 'user.e2b.b', b'\\xff')
os.setxattr('g', 'user.other', b'x')\"";
    let done = world.run(&made, script).await;
    assert_eq!(
        end(&done)["status"],
        "exit status 0",
        "{}",
        output(&done, "stderr")
    );
    let list = json!({"path": "d"});
    let (_, listed) = world
        .rpc(&made, "filesystem.Filesystem/ListDir", list)
        .await;
    let metadata: Vec<&Value> = listed["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["metadata"])
        .collect();
    assert_eq!(
        metadata,
        [&Value::Null, &kept, &json!({"k": "v"}), &kept],
        "broken, f, g, link"
    );
    answer(upload(&world, &made, "d/f", &[("Author", "you")])).await;
    assert_eq!(
        entry(&world, &made, "d/f").await["metadata"],
        json!({"author": "you"})
    );
    let (_, written) = answer(upload(&world, &made, "d/f", &[])).await;
    assert!(written[0].get("metadata").is_none());
    assert!(entry(&world, &made, "d/f").await.get("metadata").is_none());
}

#[tokio::test]
async fn metadata_that_cannot_be_kept_is_refused_before_the_file_is_touched() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let (long, large) = ("k".repeat(247), "v".repeat(4090));
    for (key, value, message) in [
        (
            "a",
            "\u{e9}",
            "metadata value for key \"a\" contains non-printable-ASCII byte 0xc3 at offset 0"
                .to_owned(),
        ),
        (
            long.as_str(),
            "",
            format!("metadata key \"{long}\" exceeds 246 bytes"),
        ),
        (
            "a",
            large.as_str(),
            "total metadata size 4100 exceeds 4096 bytes".to_owned(),
        ),
    ] {
        let request = upload(&world, &made, "f", &[(key, value)]);
        let message = format!("invalid metadata: {message}");
        assert_eq!(
            answer(request).await,
            (400, json!({"code": 400, "message": message}))
        );
    }
    let message = json!({"path": "f"});
    let (status, _) = world
        .rpc(&made, "filesystem.Filesystem/Stat", message)
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn an_event_carries_the_entry_of_its_moment() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let watch = json!({"path": "~", "includeEntry": true, "allowNetworkMounts": true});
    let request = world.stream(&made, "filesystem.Filesystem/WatchDir", &watch);
    let mut frames = Frames::open(request).await;
    assert_eq!(frames.next().await, json!({"start": {}}));
    answer(upload(&world, &made, "f", &[("a", "b")])).await;
    loop {
        let event = frames.next().await["filesystem"].clone();
        assert_eq!(event["name"], "f", "{event}");
        if event["entry"]["metadata"] == json!({"a": "b"}) {
            break;
        }
    }
}

async fn compose(world: &World, made: &Made, order: &Value) -> (u16, Value) {
    let request = world.inside(Method::POST, made, "/files/compose");
    answer(request.json(order)).await
}

#[tokio::test]
async fn sources_become_one_file_and_are_gone() {
    let world = World::start().await;
    let made = world.sandbox().await;
    for path in ["one", "two", "/tmp/three"] {
        answer(upload(&world, &made, path, &[])).await;
    }
    answer(upload(&world, &made, "new/whole", &[])).await;
    let order = json!({"source_paths": ["two", "~/one", "/tmp/three"], "destination": "new/whole"});
    let whole = json!({"path": "/home/user/new/whole", "name": "whole", "type": "file"});
    assert_eq!(compose(&world, &made, &order).await, (200, whole));
    let script = "cat new/whole; stat -c ' %U %a' new/whole; ls -A /tmp new; ls -d one two";
    let done = world.run(&made, script).await;
    let expected = "twoone/tmp/three user 644\n/tmp:\n\nnew:\nwhole\n";
    let engine_maps_tmp = output(&done, "stdout");
    assert!(
        engine_maps_tmp.starts_with("twoone/tmp/three user 644\n"),
        "{engine_maps_tmp}"
    );
    if engine_maps_tmp.contains("/tmp:\n\n") {
        assert_eq!(engine_maps_tmp, expected);
    }
    let (_, again) = compose(&world, &made, &order).await;
    assert_eq!(again["message"], "source file not found: two");
}

#[tokio::test]
async fn what_cannot_be_composed_is_said() {
    let world = World::start().await;
    let made = world.sandbox().await;
    answer(upload(&world, &made, "f", &[])).await;
    let foreign = "failed to expand path '' for user 'user': cannot expand user-specific home dir";
    for (order, status, message) in [
        (json!({}), 400, "source_paths must not be empty".to_owned()),
        (
            json!({"source_paths": []}),
            400,
            "source_paths must not be empty".to_owned(),
        ),
        (
            json!({"source_paths": ["f"]}),
            400,
            "destination is required".to_owned(),
        ),
        (
            json!({"source_paths": ["f"], "destination": "x", "username": "no"}),
            401,
            "error looking up user 'no': user: unknown user no".to_owned(),
        ),
        (
            json!({"source_paths": ["f"], "destination": "~x"}),
            400,
            format!("error resolving destination path: {foreign}"),
        ),
        (
            json!({"source_paths": ["~x"], "destination": "x"}),
            400,
            format!("error resolving source path \"~x\": {foreign}"),
        ),
        (
            json!({"source_paths": ["f"], "destination": "~/f"}),
            400,
            "source path \"f\" cannot be the same as destination".to_owned(),
        ),
        (
            json!({"source_paths": ["f", "no"], "destination": "x"}),
            404,
            "source file not found: no".to_owned(),
        ),
        (
            json!({"source_paths": ["/tmp"], "destination": "x"}),
            400,
            "source path is not a regular file: /tmp".to_owned(),
        ),
        (
            json!({"source_paths": ["f"], "destination": "f/x"}),
            500,
            "error ensuring directories: path is a file: /home/user/f".to_owned(),
        ),
    ] {
        let expected = (status, json!({"code": status, "message": message}));
        assert_eq!(compose(&world, &made, &order).await, expected, "{order}");
    }
}

#[tokio::test]
async fn a_composition_that_fails_leaves_nothing() {
    let world = World::start().await;
    let made = world.sandbox().await;
    answer(upload(&world, &made, "f", &[])).await;
    let directory = json!({"source_paths": ["f"], "destination": "/tmp"});
    let (status, refused) = compose(&world, &made, &directory).await;
    let text = refused["message"].as_str().unwrap();
    assert!(
        status == 500 && text.starts_with("error finalizing compose: rename "),
        "{text}"
    );
    assert!(text.ends_with(" /tmp: file exists"), "{text}");
    for (body, reason) in [("", "EOF"), ("{", "unexpected EOF")] {
        let request = world
            .inside(Method::POST, &made, "/files/compose")
            .body(body);
        let text = format!("invalid request body: {reason}");
        assert_eq!(
            answer(request).await,
            (400, json!({"code": 400, "message": text}))
        );
    }
    let left = world
        .run(&made, "cat f; ls -A / /home/user | grep -c e2b-compose")
        .await;
    assert_eq!(output(&left, "stdout"), "f0\n");
}
