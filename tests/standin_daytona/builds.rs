//! Sandboxes of a Dockerfile (contract 1.3, 5.1, 5.5, 5.6).

use serde_json::{Value, json};

use crate::support::{World, answer, isolated};

const DOCKERFILE: &str = "FROM alpine:3.18\nARG WHO=you\nENV GREETING=\"hello $WHO\"\n\
    RUN mkdir -p /app && echo by $(id -u) > /app/marker && echo said by the step\n\
    WORKDIR /app\nUSER user\n";

async fn log_of(world: &World, id: &str, query: &str) -> String {
    let route = format!("GET /api/sandbox/{id}/build-logs-url");
    let (status, body) = world.call(&route, Value::Null).await;
    assert_eq!(status, 200, "{body}");
    let url = format!("{}{query}", body["url"].as_str().unwrap());
    let request = world.client.get(url).bearer_auth(world.standin.key());
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_dockerfile_is_built_once_and_makes_sandboxes() {
    let world = World::start().await;
    let body = json!({
        "buildInfo": {"dockerfileContent": DOCKERFILE}, "cpu": 2, "memory": 4, "disk": 5,
        "env": {"OWN": "1"},
    });
    let (status, made) = world.call("POST /api/sandbox", body.clone()).await;
    assert_eq!(
        (status, &made["state"]),
        (200, &json!("pending_build")),
        "{made}"
    );
    assert_eq!([&made["cpu"], &made["memory"], &made["disk"]], [2, 4, 5]);
    assert_eq!(made["env"], json!({"OWN": "1"}));
    assert_eq!(made.get("snapshot"), None);
    let info = &made["buildInfo"];
    assert_eq!(info["dockerfileContent"], DOCKERFILE);
    let reference = info["snapshotRef"].as_str().unwrap();
    assert!(reference.starts_with("daytona-") && reference.ends_with(":daytona"));
    let id = made["id"].as_str().unwrap();
    if !isolated().await {
        world.until(id, "build_failed").await;
        return world.standin.stop().await;
    }
    // Followed from the start to the end: the stream ends by itself.
    let log = log_of(&world, id, "?follow=true").await;
    for line in [
        "Step 1/6 : FROM alpine:3.18\n",
        " ---> the built-in root of the stand-in stands in for alpine:3.18\n",
        "said by the step\n",
    ] {
        assert!(log.contains(line), "{line} in {log}");
    }
    world.until(id, "started").await;
    let command = "cat marker; pwd; echo $GREETING $OWN; id -un; echo $DAYTONA_SANDBOX_SNAPSHOT";
    let expected = format!("by 0\n/app\nhello you 1\nuser\n{reference}\n");
    let (_, ran) = world.execute(id, json!({"command": command})).await;
    assert_eq!(ran["result"], expected.as_str());
    let (_, again) = world.call("POST /api/sandbox", body).await;
    assert_eq!(again["state"], "creating", "it is built already");
    assert_eq!(again["buildInfo"]["snapshotRef"], reference);
    let id = again["id"].as_str().unwrap();
    world.until(id, "started").await;
    let (_, ran) = world.execute(id, json!({"command": command})).await;
    assert_eq!(ran["result"], expected.as_str());
    assert_eq!(log_of(&world, id, "").await, log, "nothing was built again");
    world.standin.stop().await;
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn a_build_that_fails_says_why() {
    let world = World::start().await;
    let run = if isolated().await {
        "failed to build image: The command '/bin/sh -c echo last words; exit 3' returned a non-zero code: 3"
    } else {
        "has no file system of its own"
    };
    let copied = if isolated().await {
        "COPY failed: file not found in build context or excluded by .dockerignore: stat x: file does not exist"
    } else {
        "has no file system of its own"
    };
    let cases = [
        ("FROM a\nRUN echo last words; exit 3\n", run),
        ("FROM a\nCOPY x /y\n", copied),
        ("FROM a\nWHAT x\n", "dockerfile parse error"),
        (
            "FROM a\nUSER nobody-there\n",
            "unable to find user nobody-there",
        ),
    ];
    for (text, reason) in cases {
        let body = json!({"buildInfo": {"dockerfileContent": text}});
        let (_, made) = world.call("POST /api/sandbox", body).await;
        let id = made["id"].as_str().unwrap();
        let path = format!("/api/sandbox/{id}");
        let failed = world.until_state(&path, "build_failed").await;
        let said = failed["errorReason"].as_str().unwrap();
        assert!(said.contains(reason), "{text}: {said}");
        let log = log_of(&world, id, "").await;
        assert!(
            log.contains(said.trim_start_matches("failed to build image: ")),
            "{log}"
        );
        let (status, _) = world.execute(id, json!({"command": "true"})).await;
        assert_eq!(status, 400);
        let errored = "Sandbox is in an errored state";
        let start = format!("POST {path}/start");
        let stop = format!("POST {path}/stop");
        world
            .refuses(&[
                (&start, Value::Null, 400, errored),
                (&stop, Value::Null, 400, errored),
            ])
            .await;
        assert_eq!(
            world.call(&format!("DELETE {path}"), Value::Null).await.0,
            200
        );
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn limits_and_logs_speak_the_services_words() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let more = "Need higher resource limits per-sandbox? Contact us at support@daytona.io and let \
                us know about your use case.";
    let build = |extra: Value| {
        let mut body = json!({"buildInfo": {"dockerfileContent": "FROM a\n"}});
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        body
    };
    let cpu = format!("CPU request 8 exceeds maximum allowed per sandbox (4).\n{more}");
    let memory = format!("Memory request 16GB exceeds maximum allowed per sandbox (8GB).\n{more}");
    let disk = format!("Disk request 20GB exceeds maximum allowed per sandbox (10GB).\n{more}");
    let no_info = format!("Sandbox {id} has no build info");
    let url = format!("GET /api/sandbox/{id}/build-logs-url");
    let create = "POST /api/sandbox";
    world
        .refuses(&[
            (create, build(json!({"cpu": 8})), 400, &cpu),
            (create, build(json!({"memory": 16})), 400, &memory),
            (create, build(json!({"disk": 20})), 400, &disk),
            (create, build(json!({"cpu": 0})), 400, "cpu must not be less than 1"),
            (
                create,
                build(json!({"gpu": 1})),
                400,
                "GPU sandboxes must be ephemeral - set autoDeleteInterval to 0",
            ),
            (create, build(json!({"gpu": 1, "autoDeleteInterval": 0})), 400, "No available runners"),
            (
                create,
                json!({"buildInfo": {"dockerfileContent": 1, "contextHashes": "x"}}),
                400,
                "buildInfo.dockerfileContent must be a string, buildInfo.contextHashes must be an array",
            ),
            (&url, Value::Null, 404, &no_info),
        ])
        .await;
    let log = format!("http://{}/sandboxes/{id}/build-logs", world.standin.addr());
    assert_eq!(answer(world.client.get(&log)).await.0, 401);
    let keyed = world.client.get(&log).bearer_auth(world.standin.key());
    assert_eq!(answer(keyed).await.0, 404);
    world.standin.stop().await;
}
