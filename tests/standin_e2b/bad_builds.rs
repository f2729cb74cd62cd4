//! Template builds that are refused, fail, or are cut short: where and why (contract 7).

use std::sync::Arc;
use std::time::Duration;

use cutover_standin::engine::process::ProcessEngine;
use serde_json::{Value, json};

use crate::build_kit::{hash, messages, reason, run, tar_of};
use crate::support::{World, answer, until};

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[tokio::test]
async fn what_fails_says_at_which_step_and_why_and_leaves_nothing() {
    let world = World::start().await;
    if !world.builds_here().await {
        return;
    }
    let escaping = tar_of(&[("../out", "x"), ("/abs", "x")]);
    let whole = tar_of(&[("a", "x")]);
    for (number, tar) in [
        (1, escaping),
        (2, whole[..600].to_vec()),
        (3, b"\x1f\x8brubbish".to_vec()),
    ] {
        let asked = world.request(json!({"name": "bad"})).await;
        assert_eq!(world.upload(&asked, &hash(number), tar).await.0, 200);
    }
    let copy = |number| json!({"type": "COPY", "args": ["a", "/tmp/a"], "filesHash": hash(number)});
    for (body, step, expected) in [
        (
            json!({"steps": [run("true"), run("echo why >&2; exit 3")]}),
            "2",
            "failed to run command 'echo why >&2; exit 3': exit status 3",
        ),
        (
            json!({"steps": [copy(1)]}),
            "1",
            "`../out` leads out of the folder with `..`; `/abs` is an absolute path",
        ),
        (
            json!({"steps": [copy(2)]}),
            "1",
            "the upload is no whole tar file",
        ),
        (
            json!({"steps": [copy(3)]}),
            "1",
            "the upload is no whole gzip file",
        ),
        (
            json!({"steps": [copy(9)]}),
            "1",
            "nothing was uploaded under the hash 0909",
        ),
        (
            json!({"steps": [{"type": "WORKDIR", "args": ["/etc/passwd/x"]}]}),
            "1",
            "failed to make '/etc/passwd/x'",
        ),
        (
            json!({"startCmd": "exit 4", "readyCmd": "false"}),
            "finalize",
            "the start command has failed: exit status 4",
        ),
    ] {
        let asked = world.request(json!({"name": "bad"})).await;
        let mut order = json!({"fromImage": "x"});
        order
            .as_object_mut()
            .unwrap()
            .extend(body.as_object().unwrap().clone());
        let ended = world.build(&asked, order).await;
        let text = reason(&ended);
        assert!(text.contains(expected), "{expected}: {text}");
        assert_eq!(ended["reason"]["step"], step, "{text}");
        let last = messages(&ended).pop().unwrap();
        assert_eq!(last, format!("Build failed: {text}"));
    }
    let (status, refusal) = world
        .post("/v2/sandboxes", json!({"templateID": "bad"}))
        .await;
    assert_eq!(status, 404);
    assert_eq!(
        refusal["message"],
        "tag 'default' does not exist for template 'bad'"
    );
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn a_ready_command_that_never_succeeds_ends_the_build() {
    let world = World::start().await;
    if !world.builds_here().await {
        return;
    }
    let asked = world.request(json!({"name": "never"})).await;
    let order = json!({"fromImage": "x", "startCmd": "sleep 1000", "readyCmd": "false"});
    assert_eq!(world.begin(&asked, order).await.0, 202);
    until("it is waited for", async || {
        messages(&world.status(&asked).await)
            .iter()
            .any(|line| line == "[finalize] waiting until ready: false")
    })
    .await;
    world.standin.clock().advance(Duration::from_secs(601));
    let ended = world.ended(&asked).await;
    let expected = "the ready command 'false' did not succeed within 10 minutes";
    assert_eq!(
        (reason(&ended), &ended["reason"]["step"]),
        (expected, &json!("finalize"))
    );
}

#[tokio::test]
async fn more_builds_at_once_than_the_limit_are_refused() {
    let world = World::start().await;
    if !world.builds_here().await {
        return;
    }
    for _ in 0..20 {
        let asked = world.request(json!({"name": "many"})).await;
        let order = json!({"fromImage": "x", "steps": [run("sleep 1000")]});
        assert_eq!(world.begin(&asked, order).await.0, 202);
    }
    let (status, refusal) = world.post("/v3/templates", json!({"name": "many"})).await;
    let text = refusal["message"].as_str().unwrap();
    let expected = "you have reached the maximum number of concurrent template builds (20). ";
    assert_eq!(status, 429, "{text}");
    assert!(text.starts_with(expected), "{text}");
    world.standin.stop().await;
}

#[tokio::test]
async fn a_step_that_needs_a_network_fails_soon_and_says_so() {
    let world = World::start().await;
    if !world.builds_here().await {
        return;
    }
    let asked = world.request(json!({"name": "net"})).await;
    let began = std::time::Instant::now();
    let steps = [run(
        "pip install requests || python3 -m pip install requests",
    )];
    let ended = world
        .build(&asked, json!({"fromImage": "x", "steps": steps}))
        .await;
    let text = reason(&ended);
    assert!(
        text.contains(
            "a build has no network on the engine `namespaces`; the Docker engine has one"
        ),
        "{text}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[tokio::test]
async fn bad_requests_are_told_in_the_services_words() {
    let world = World::start().await;
    for (body, status, expected) in [
        (json!({}), 400, "Name is required"),
        (json!({"name": ""}), 400, "Name is required"),
        (json!({"name": "a b"}), 400, "Invalid name: "),
        (json!({"name": "a", "tags": ["x y"]}), 400, "Invalid tag: "),
        (json!({"name": "base"}), 409, "Alias 'base' is already used"),
        (
            json!({"name": "a", "cpuCount": 0}),
            400,
            "CPU count must be at least 1",
        ),
        (
            json!({"name": "a", "cpuCount": 34}),
            400,
            "CPU count must be at most 32",
        ),
        (
            json!({"name": "a", "cpuCount": 3}),
            400,
            "CPU count must be 1 or an even number",
        ),
        (
            json!({"name": "a", "cpuCount": 10}),
            400,
            "CPU count can't be higher than 8 (if you need",
        ),
        (
            json!({"name": "a", "memoryMB": 64}),
            400,
            "Memory must be at least 128 MiB",
        ),
        (
            json!({"name": "a", "memoryMB": 129}),
            400,
            "Memory must be divisible by 2",
        ),
        (
            json!({"name": "a", "memoryMB": 8194}),
            400,
            "Memory can't be higher than 8192 MiB (",
        ),
        (
            json!({"name": "a", "memoryMB": "x"}),
            400,
            "validation error: ",
        ),
    ] {
        let (found, refusal) = world.post("/v3/templates", body.clone()).await;
        let text = refusal["message"].as_str().unwrap();
        assert_eq!(found, status, "{body}: {text}");
        assert!(text.starts_with(expected), "{body}: {text}");
    }
    let (_, all) = world.get("/templates").await;
    assert_eq!(all.as_array().unwrap().len(), 3, "nothing was registered");
    let asked = world.request(json!({"name": "a"})).await;
    let builds = format!("/v2/templates/{}/builds", asked.template);
    let nobody = "00000000-0000-0000-0000-000000000000";
    for (path, body, status, expected) in [
        (
            format!("{builds}/x"),
            json!({"fromImage": "x"}),
            400,
            "Invalid build id".to_owned(),
        ),
        (
            format!("{builds}/{nobody}"),
            json!({"fromImage": "x"}),
            400,
            format!("Build '{nobody}' not found"),
        ),
        (
            format!("/v2/templates/base/builds/{nobody}"),
            json!({"fromImage": "x"}),
            403,
            "User does not have access to the template".to_owned(),
        ),
        (
            format!("{builds}/{}", asked.build),
            json!({}),
            400,
            "one of fromImage and fromTemplate must be given".to_owned(),
        ),
        (
            format!("{builds}/{}", asked.build),
            json!({"fromImage": "x", "fromTemplate": "y"}),
            400,
            "only one of fromImage".to_owned(),
        ),
        (
            format!("{builds}/{}", asked.build),
            json!({"fromTemplate": "nope"}),
            404,
            "template 'nope' not found".to_owned(),
        ),
        (
            format!("{builds}/{}", asked.build),
            json!({"fromImage": "x", "steps": [{"type": "FOO"}]}),
            400,
            "Invalid steps: step 1: unknown type `FOO`".to_owned(),
        ),
        (
            format!("{builds}/{}", asked.build),
            json!({"fromImage": "x", "fromImageRegistry": {"type": "registry", "username": "me"}}),
            400,
            "validation error: ".to_owned(),
        ),
    ] {
        let (found, refusal) = world.post(&path, body.clone()).await;
        let text = refusal["message"].as_str().unwrap();
        assert_eq!(found, status, "{body}: {text}");
        assert!(text.starts_with(&expected), "{body}: {text}");
    }
    assert_eq!(
        world.status(&asked).await["status"],
        "waiting",
        "it can still be started"
    );
    let bad = world
        .get(&format!("/templates/{}/files/XYZ", asked.template))
        .await;
    assert_eq!(
        (bad.0, &bad.1["message"]),
        (400, &json!("Invalid files hash"))
    );
    assert_eq!(world.begin(&asked, json!({"fromImage": "x"})).await.0, 202);
    let twice = world.begin(&asked, json!({"fromImage": "x"})).await;
    assert_eq!(
        (twice.0, &twice.1["message"]),
        (400, &json!("build is not in waiting state"))
    );
}

#[tokio::test]
async fn an_upload_is_whole_and_bounded_and_only_for_who_was_told_the_address() {
    let world = World::start().await;
    let asked = world.request(json!({"name": "a"})).await;
    let path = format!("/templates/{}/files/{}", asked.template, hash(1));
    let (_, link) = world.get(&path).await;
    assert_eq!(link["present"], json!(false));
    let url = link["url"].as_str().unwrap();
    let host = format!("http://{}/build-files/", world.standin.addr());
    assert!(url.starts_with(&host), "{url}");
    let put = |url: &str| world.client.put(url);
    let unknown = answer(put(&format!("{host}nobody")).body("x")).await;
    assert_eq!(unknown.0, 403);
    let chunked =
        reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("x")]));
    assert_eq!(answer(put(url).body(chunked)).await.0, 411);
    let large = answer(put(url).header("Content-Length", (2_u64 << 30).to_string())).await;
    assert_eq!(large.0, 413);
    assert!(
        large.1["message"]
            .as_str()
            .unwrap()
            .contains(".dockerignore"),
        "{}",
        large.1
    );
    assert_eq!(world.get(&path).await.1["present"], json!(false));
    assert_eq!(answer(put(url).body("x")).await, (200, Value::Null));
    assert_eq!(world.get(&path).await.1["present"], json!(true));
}

#[tokio::test]
async fn without_walls_nothing_is_built() {
    let world = World::with(|options| options.engine = Arc::new(ProcessEngine::new())).await;
    let asked = world.request(json!({"name": "a"})).await;
    let ended = world
        .build(&asked, json!({"fromImage": "x", "steps": [run("true")]}))
        .await;
    assert!(
        reason(&ended).contains("not built on the engine `process`"),
        "{ended}"
    );
}

#[tokio::test]
async fn a_stand_in_that_stops_leaves_no_build_behind() {
    let world = World::start().await;
    if !world.builds_here().await {
        return;
    }
    let asked = world.request(json!({"name": "a"})).await;
    let steps = [run("echo begun; sleep 1000")];
    world
        .begin(&asked, json!({"fromImage": "x", "steps": steps}))
        .await;
    until("the step runs", async || {
        messages(&world.status(&asked).await)
            .iter()
            .any(|line| line.ends_with("[stdout]: begun"))
    })
    .await;
    let stopped = tokio::time::timeout(Duration::from_secs(10), world.standin.stop()).await;
    stopped.unwrap();
}
