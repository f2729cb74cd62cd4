//! States and the conflicts between their changes (contract 1.4, 1.5).

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::World;

const IN_PROGRESS: &str = "Sandbox state change in progress";

#[tokio::test]
async fn a_change_under_way_is_a_conflict_for_every_other() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    // A program that will not go politely keeps the stop under way.
    let command = "trap '' TERM; echo up > /tmp/up; while :; do sleep 0.1; done";
    let (run, body) = (world.execute(&id, json!({"command": command})), async {
        let up = json!({"command": "until [ -e /tmp/up ]; do sleep 0.05; done"});
        world.execute(&id, up).await;
        let stop = format!("POST /api/sandbox/{id}/stop");
        let (status, body) = world.call(&stop, Value::Null).await;
        assert_eq!(
            (status, &body["state"]),
            (200, &json!("stopping")),
            "{body}"
        );
        assert_eq!(body["desiredState"], "stopped");
        let of = |verb: &str, path: &str| format!("{verb} /api/sandbox/{id}{path}");
        for route in [
            of("POST", "/start"),
            of("POST", "/stop"),
            of("POST", "/archive"),
            of("DELETE", ""),
            of("POST", "/resize"),
            of("POST", "/snapshot"),
            of("POST", "/backup"),
        ] {
            let body = json!({"cpu": 2, "name": "s"});
            world.refuses(&[(&route, body, 409, IN_PROGRESS)]).await;
        }
        let message = "Sandbox is not started";
        let network = of("POST", "/network-settings");
        world.refuses(&[(&network, json!({}), 400, message)]).await;
        let (status, body) = world.execute(&id, json!({"command": "true"})).await;
        assert_eq!((status, body), (502, Value::Null));
        world.until(&id, "stopped").await;
    });
    tokio::join!(run, body);
    world.standin.stop().await;
}

#[tokio::test]
async fn the_archive_and_the_way_back() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let of = |path: &str| format!("POST /api/sandbox/{id}{path}");
    world
        .execute(&id, json!({"command": "echo kept > f"}))
        .await;
    world
        .refuses(&[(&of("/archive"), Value::Null, 400, "Sandbox is not stopped")])
        .await;
    world.call(&of("/stop?force=true"), Value::Null).await;
    world.until(&id, "stopped").await;
    let (status, body) = world.call(&of("/archive"), Value::Null).await;
    assert_eq!((status, &body["state"]), (200, &json!("archiving")));
    assert_eq!(body["desiredState"], "archived");
    world.until(&id, "archived").await;
    let (status, body) = world.execute(&id, json!({"command": "true"})).await;
    let said = body["message"].as_str().unwrap();
    assert_eq!(status, 404);
    assert!(
        said.starts_with("not found: sandbox container not found"),
        "{said}"
    );
    world
        .refuses(&[
            (
                &of("/stop"),
                Value::Null,
                400,
                "Sandbox is not in a stoppable state",
            ),
            (&of("/archive"), Value::Null, 400, "Sandbox is not stopped"),
            (
                &of("/recover"),
                Value::Null,
                400,
                "Sandbox is not in a recoverable state",
            ),
            (
                &of("/snapshot"),
                json!({"name": "s"}),
                400,
                "Sandbox is not in valid state",
            ),
        ])
        .await;
    let (status, body) = world.call(&of("/start"), Value::Null).await;
    assert_eq!((status, &body["state"]), (200, &json!("restoring")));
    world.until(&id, "started").await;
    let (status, body) = world.call(&of("/start"), Value::Null).await;
    assert_eq!(
        (status, &body["state"]),
        (200, &json!("started")),
        "again changes nothing"
    );
    let (_, ran) = world.execute(&id, json!({"command": "cat f"})).await;
    assert_eq!(ran["result"], "kept\n");
    world.standin.stop().await;
}

#[tokio::test]
async fn a_resize_knows_its_bounds() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let path = format!("/api/sandbox/{id}");
    let resize = format!("POST {path}/resize");
    let more = "Need higher resource limits per-sandbox? Contact us at support@daytona.io and let \
                us know about your use case.";
    let cpu = format!("CPU request 5 exceeds maximum allowed per sandbox (4).\n{more}");
    world
        .refuses(&[
            (
                &resize,
                json!({"cpu": 0}),
                400,
                "cpu must not be less than 1",
            ),
            (
                &resize,
                json!({"memory": "x"}),
                400,
                "memory must be a number conforming to the specified constraints",
            ),
            (
                &resize,
                json!({}),
                400,
                "No resource changes specified - sandbox is already at the desired configuration",
            ),
            (
                &resize,
                json!({"disk": 5}),
                400,
                "Disk resize can only be performed on a stopped sandbox",
            ),
            (&resize, json!({"cpu": 5}), 400, &cpu),
        ])
        .await;
    let (status, body) = world.call(&resize, json!({"cpu": 2, "memory": 2})).await;
    assert_eq!(
        (status, &body["state"]),
        (200, &json!("resizing")),
        "{body}"
    );
    let now = world.until_state(&path, "started").await;
    assert_eq!([&now["cpu"], &now["memory"], &now["disk"]], [2, 2, 3]);
    world
        .refuses(&[(
            &resize,
            json!({"cpu": 1}),
            400,
            "Sandbox must be in stopped state to decrease the number of CPU cores",
        )])
        .await;
    world
        .call(&format!("POST {path}/stop?force=true"), Value::Null)
        .await;
    world.until(&id, "stopped").await;
    let decreased = "Sandbox disk size cannot be decreased";
    world
        .refuses(&[(&resize, json!({"disk": 2}), 400, decreased)])
        .await;
    world.call(&resize, json!({"cpu": 1, "disk": 10})).await;
    let now = world.until_state(&path, "stopped").await;
    assert_eq!([&now["cpu"], &now["memory"], &now["disk"]], [1, 2, 10]);
    world.standin.stop().await;
}

#[tokio::test]
async fn what_needs_a_virtual_machine_is_refused() {
    let world = World::start().await;
    let id = world.make(json!({})).await;
    let of = |path: &str| format!("POST /api/sandbox/{id}{path}");
    world
        .refuses(&[
            (
                &of("/fork"),
                json!({"name": "x"}),
                422,
                "Forking is not supported for this sandbox",
            ),
            (
                &of("/pause"),
                Value::Null,
                422,
                "Pausing is not supported for this sandbox",
            ),
            (
                &of("/autopause/5"),
                Value::Null,
                422,
                "Pausing is not supported for this sandbox",
            ),
            (
                "POST /api/sandbox",
                json!({"autoPauseInterval": 5}),
                422,
                "Pausing is not supported for this sandbox",
            ),
        ])
        .await;
    for path in ["forks", "ancestors"] {
        let route = format!("GET /api/sandbox/{id}/{path}");
        assert_eq!(world.call(&route, Value::Null).await, (200, json!([])));
    }
    let (status, body) = world.call(&of("/ssh-access"), Value::Null).await;
    assert_eq!(status, 501);
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .ends_with("there is no SSH gateway")
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn a_time_to_live_ends_in_any_state() {
    let world = World::start().await;
    let stopped = world.make(json!({"ttlMinutes": 10})).await;
    let extended = world
        .make(json!({"ttlMinutes": 10, "autoStopInterval": 0}))
        .await;
    let path = format!("/api/sandbox/{extended}");
    let (_, now) = world.call(&format!("GET {path}"), Value::Null).await;
    assert!(
        now["autoDestroyAt"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z')),
        "{now}"
    );
    world
        .call(
            &format!("POST /api/sandbox/{stopped}/stop?force=true"),
            Value::Null,
        )
        .await;
    world.until(&stopped, "stopped").await;
    let (status, now) = world
        .call(&format!("POST {path}/ttl/60"), Value::Null)
        .await;
    assert_eq!(status, 201, "{now}");
    world.standin.clock().advance(Duration::from_secs(601));
    world.until(&stopped, "gone").await;
    assert_eq!(world.state(&extended).await, "started");
    let (_, now) = world.call(&format!("POST {path}/ttl/0"), Value::Null).await;
    assert_eq!(now.get("autoDestroyAt"), None);
    world.standin.clock().advance(Duration::from_secs(7200));
    assert_eq!(world.state(&extended).await, "started");
    world.standin.stop().await;
}
