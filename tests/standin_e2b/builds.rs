//! Template builds: requested, uploaded, started, followed, used (contract 7).

use reqwest::Method;
use serde_json::{Value, json};

use crate::build_kit::{Asked, hash, messages, run, tar_of};
use crate::support::{World, answer};

#[tokio::test]
async fn a_template_is_built_and_its_sandboxes_have_what_the_build_made() {
    let world = World::start().await;
    if !world.builds_here().await {
        return;
    }
    let body = json!({"name": "Mine:v1", "tags": ["stable"], "cpuCount": 4, "memoryMB": 512});
    let (status, answer) = world.post("/v3/templates", body).await;
    assert_eq!(status, 202);
    assert_eq!(answer["names"], json!(["local/mine"]));
    assert_eq!(answer["aliases"], json!(["mine"]));
    assert_eq!(answer["tags"], json!(["v1", "stable"]));
    assert_eq!(answer["public"], json!(false));
    let asked = Asked {
        template: answer["templateID"].as_str().unwrap().to_owned(),
        build: answer["buildID"].as_str().unwrap().to_owned(),
    };
    let waiting = world.status(&asked).await;
    assert_eq!(waiting["status"], "waiting");
    assert_eq!(
        (&waiting["logs"], &waiting["logEntries"]),
        (&json!([]), &json!([]))
    );
    let files = tar_of(&[("src/a.txt", "A"), ("src/deep/b.txt", "B")]);
    assert_eq!(world.upload(&asked, &hash(1), files).await.0, 200);
    let one = tar_of(&[("one.txt", "1")]);
    assert_eq!(world.upload(&asked, &hash(2), one).await.0, 200);
    let globbed = tar_of(&[("g/x.md", "X"), ("g/y.md", "Y")]);
    assert_eq!(world.upload(&asked, &hash(3), globbed).await.0, 200);
    let steps = json!([
        {"type": "ENV", "args": ["GREETING", "hello $USER", "PATH", "/opt/tools:$PATH"]},
        {"type": "WORKDIR", "args": ["/srv/app"]},
        {"type": "COPY", "args": ["src", "code", "", ""], "filesHash": hash(1)},
        {"type": "COPY", "args": ["one.txt", "/etc/one.conf", "root", "0604"], "filesHash": hash(2)},
        {"type": "COPY", "args": ["g/*.md", "/docs/"], "filesHash": hash(3)},
        run("echo \"$GREETING in $PWD as $(id -un)\" > said && echo oops >&2"),
        {"type": "RUN", "args": ["id -u > /root-was", "root"]},
        {"type": "USER", "args": ["worker"]},
        run("id -un > ~/who"),
    ]);
    let built = world
        .build(&asked, json!({"fromImage": "python:3.12", "steps": steps}))
        .await;
    assert_eq!(built["status"], "ready", "{built:#}");
    let log = messages(&built);
    assert!(
        log[0].contains("[base] FROM python:3.12: not pulled"),
        "{log:?}"
    );
    assert!(log[0].contains("its one root stands in for it"), "{log:?}");
    assert!(
        log.iter()
            .any(|line| line == "[builder 6/9] [stderr]: oops"),
        "{log:?}"
    );
    for reference in ["mine:v1", "mine:stable", "local/mine:v1"] {
        let made = world.make(json!({"templateID": reference})).await;
        let said = world
            .says(
                &made,
                "cat /srv/app/said /root-was /home/worker/who; pwd; id -un",
            )
            .await;
        assert_eq!(
            said,
            "hello user in /srv/app as user\n0\nworker\n/srv/app\nworker\n"
        );
        let said = world
            .says(
                &made,
                "cd /srv/app/code && cat a.txt deep/b.txt /etc/one.conf /docs/*; \
                          stat -c '%a %U' /etc/one.conf a.txt; echo \"[$GREETING]\"",
            )
            .await;
        assert_eq!(
            said, "AB1XY604 root\n644 user\n[]\n",
            "ENV is the build's alone"
        );
    }
    let (_, detail) = world.get("/v2/sandboxes").await;
    assert_eq!(
        (&detail[0]["cpuCount"], &detail[0]["memoryMB"]),
        (&json!(4), &json!(512))
    );
    assert_eq!(detail[0]["alias"], "mine");
    // Without a tag the default one is meant, and no build has it.
    let (status, refusal) = world
        .post("/v2/sandboxes", json!({"templateID": "mine"}))
        .await;
    assert_eq!(status, 404);
    assert_eq!(
        refusal["message"],
        "tag 'default' does not exist for template 'mine'"
    );
    let (_, one) = world.get(&format!("/templates/{}", asked.template)).await;
    assert_eq!(
        (&one["builds"][0]["status"], &one["builds"][0]["cpuCount"]),
        (&json!("ready"), &json!(4))
    );
    let path = format!("/templates/{}/builds/{}/logs", asked.template, asked.build);
    let (_, logs) = world
        .get(&format!("{path}?limit=1&direction=backward"))
        .await;
    assert_eq!(logs["logs"][0]["message"], "Build finished");
    let (_, warned) = world.get(&format!("{path}?level=warn")).await;
    assert!(
        warned["logs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["level"] != "info")
    );
}

#[tokio::test]
async fn tags_are_given_taken_and_listed_and_a_template_goes() {
    let world = World::start().await;
    if !world.builds_here().await {
        return;
    }
    let first = world.request(json!({"name": "t"})).await;
    world
        .build(
            &first,
            json!({"fromImage": "x", "steps": [run("echo 1 > /tmp/n")]}),
        )
        .await;
    let second = world.request(json!({"name": "t", "tags": ["v2"]})).await;
    assert_eq!(first.template, second.template);
    world
        .build(
            &second,
            json!({"fromTemplate": "t", "steps": [run("echo 2 >> /tmp/n")]}),
        )
        .await;
    let made = world.make(json!({"templateID": "t:v2"})).await;
    assert_eq!(world.says(&made, "cat /tmp/n").await, "1\n2\n");
    let (status, tagged) = world
        .post(
            "/templates/tags",
            json!({"target": "t:v2", "tags": ["best"]}),
        )
        .await;
    assert_eq!(
        (status, tagged),
        (201, json!({"tags": ["best"], "buildID": second.build}))
    );
    let (_, tags) = world.get("/templates/t/tags").await;
    let tags: Vec<_> = tags
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["tag"].clone())
        .collect();
    assert_eq!(tags, ["default", "v2", "best"]);
    let untag = async |tags: Value| {
        let request = world.control(Method::DELETE, "/templates/tags");
        answer(request.json(&json!({"name": "t", "tags": tags}))).await
    };
    assert_eq!(untag(json!(["v2"])).await, (204, Value::Null));
    assert_eq!(untag(json!(["v2"])).await.0, 404);
    assert_eq!(untag(json!(["default"])).await.0, 400);
    let (status, patched) = answer(
        world
            .control(Method::PATCH, "/v2/templates/t")
            .json(&json!({"public": true})),
    )
    .await;
    assert_eq!((status, patched), (200, json!({"names": ["local/t"]})));
    let (_, found) = world.get("/templates/aliases/t").await;
    assert_eq!(found["public"], json!(true));
    let gone = answer(world.control(Method::DELETE, "/templates/t")).await;
    assert_eq!(gone.0, 204);
    assert_eq!(world.get("/templates/aliases/t").await.0, 404);
    let (status, _) = world
        .post("/v2/sandboxes", json!({"templateID": "t:best"}))
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn what_was_done_before_is_not_done_again_unless_forced() {
    let world = World::start().await;
    if !world.builds_here().await {
        return;
    }
    let slow = run("sleep 1.1; cat /proc/sys/kernel/random/uuid > /tmp/once");
    let read = async |steps: Value, force: bool| {
        let asked = world.request(json!({"name": "again"})).await;
        let body = json!({"fromImage": "x", "steps": steps, "force": force});
        let built = world.build(&asked, body).await;
        assert_eq!(built["status"], "ready", "{built:#}");
        let made = world.make(json!({"templateID": "again"})).await;
        let said = world
            .says(&made, "cat /tmp/once; cat /tmp/last || true")
            .await;
        let cached = messages(&built)
            .iter()
            .filter(|it| it.starts_with("CACHED"))
            .count();
        (cached, said)
    };
    let (cached, first) = read(json!([slow, run("true")]), false).await;
    assert_eq!(cached, 0);
    assert_eq!(
        read(json!([slow, run("true")]), false).await,
        (2, first.clone())
    );
    let (cached, other) = read(json!([slow, run("echo x > /tmp/last")]), false).await;
    assert_eq!((cached, other), (1, format!("{first}x\n")));
    let (cached, forced) = read(json!([slow, run("true")]), true).await;
    assert_eq!(cached, 0);
    assert_ne!(forced, first);
}

#[tokio::test]
async fn a_start_command_runs_in_each_sandbox_and_is_waited_for() {
    let world = World::start().await;
    if !world.builds_here().await {
        return;
    }
    let asked = world.request(json!({"name": "served"})).await;
    let start = json!({
        "fromImage": "x",
        "steps": [{"type": "ENV", "args": ["WORD", "up"]}],
        "startCmd": "echo $WORD > /tmp/state; exec sleep 1000",
        "readyCmd": "[ -s /tmp/state ]",
    });
    let built = world.build(&asked, start).await;
    assert_eq!(built["status"], "ready", "{built:#}");
    let made = world.make(json!({"templateID": "served"})).await;
    assert_eq!(world.says(&made, "cat /tmp/state").await, "up\n");
    let (_, listed) = world.rpc(&made, "process.Process/List", json!({})).await;
    let config = &listed["processes"][0]["config"];
    assert_eq!(
        config["args"][2],
        "echo $WORD > /tmp/state; exec sleep 1000"
    );
    let (_, log) = world.get(&format!("/v2/sandboxes/{}/logs", made.id)).await;
    assert!(
        log.to_string().contains("The start command runs anew"),
        "{log}"
    );
    // What is built of it starts the same.
    let child = world.request(json!({"name": "child"})).await;
    world.build(&child, json!({"fromTemplate": "served"})).await;
    let made = world.make(json!({"templateID": "child"})).await;
    assert_eq!(
        world
            .says(&made, "pgrep -x sleep >/dev/null && echo runs")
            .await,
        "runs\n"
    );
}
