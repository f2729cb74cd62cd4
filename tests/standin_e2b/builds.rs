//! Template builds: requested, uploaded, started, followed, used (contract 7).

use std::sync::Arc;
use std::time::Duration;

use cutover_standin::engine::process::ProcessEngine;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Made, World, answer, end, output, until};

/// A hash of the right shape.
fn hash(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

/// A tar of paths and contents.
fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A build that was requested.
struct Asked {
    template: String,
    build: String,
}

impl World {
    async fn request(&self, body: Value) -> Asked {
        let (status, asked) = self.post("/v3/templates", body).await;
        assert_eq!(status, 202, "{asked}");
        Asked {
            template: asked["templateID"].as_str().unwrap().to_owned(),
            build: asked["buildID"].as_str().unwrap().to_owned(),
        }
    }

    async fn upload(&self, asked: &Asked, hash: &str, tar: Vec<u8>) -> (u16, Value) {
        let path = format!("/templates/{}/files/{hash}", asked.template);
        let (status, link) = self.get(&path).await;
        assert_eq!(status, 201, "{link}");
        let url = link["url"].as_str().unwrap();
        answer(self.client.put(url).body(tar)).await
    }

    async fn begin(&self, asked: &Asked, body: Value) -> (u16, Value) {
        let path = format!("/v2/templates/{}/builds/{}", asked.template, asked.build);
        self.post(&path, body).await
    }

    async fn status(&self, asked: &Asked) -> Value {
        let path = format!(
            "/templates/{}/builds/{}/status",
            asked.template, asked.build
        );
        let (status, answer) = self.get(&path).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Starts a build and waits for its end.
    async fn build(&self, asked: &Asked, body: Value) -> Value {
        let (status, refusal) = self.begin(asked, body).await;
        assert_eq!((status, &refusal), (202, &Value::Null));
        self.ended(asked).await
    }

    async fn ended(&self, asked: &Asked) -> Value {
        until("the build ends", async || {
            let status = self.status(asked).await;
            status["status"] == "ready" || status["status"] == "error"
        })
        .await;
        self.status(asked).await
    }

    /// Whether this machine has sandboxes in which templates are built.
    async fn builds_here(&self) -> bool {
        let asked = self.request(json!({"name": "probe"})).await;
        let ended = self.build(&asked, json!({"fromImage": "x"})).await;
        ended["status"] == "ready"
    }

    async fn says(&self, made: &Made, script: &str) -> String {
        let messages = self.run(made, script).await;
        let said = output(&messages, "stdout");
        assert_eq!(
            end(&messages)["status"],
            "exit status 0",
            "{script}: {said}"
        );
        said
    }
}

fn messages(status: &Value) -> Vec<String> {
    let entries = status["logEntries"].as_array().unwrap().iter();
    let text = |entry: &Value| entry["message"].as_str().unwrap().to_owned();
    entries.map(text).collect()
}

fn reason(status: &Value) -> &str {
    assert_eq!(status["status"], "error", "{status}");
    status["reason"]["message"].as_str().unwrap()
}

fn run(command: &str) -> Value {
    json!({"type": "RUN", "args": [command]})
}

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
