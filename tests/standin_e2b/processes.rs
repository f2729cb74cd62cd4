//! `process.Process` (contract 3.2, 5).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Frames, World, answer, end, envelope, output, shell, until};

const START: &str = "process.Process/Start";

fn with_stdin(script: &str) -> Value {
    let mut start = shell(script);
    start["stdin"] = json!(true);
    start
}

#[tokio::test]
async fn a_command_starts_talks_and_ends_in_this_order() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let all = world.run(&made, "echo out; echo err >&2; exit 3").await;
    assert!(all[0]["event"]["start"]["pid"].is_u64());
    assert_eq!(output(&all, "stdout"), "out\n");
    assert_eq!(output(&all, "stderr"), "err\n");
    let tail = &all[all.len() - 2..];
    let ended =
        json!({"exitCode": 3, "exited": true, "status": "exit status 3", "error": "exit status 3"});
    assert_eq!(
        tail,
        [
            json!({"event": {"end": ended}}),
            json!({"end_of_stream": {}})
        ]
    );
    let quiet = world.run(&made, "true").await;
    let ended = json!({"exited": true, "status": "exit status 0"});
    assert_eq!(end(&quiet), &ended);
    let killed = world.run(&made, "kill -9 $$").await;
    let ended = json!({"exitCode": -1, "status": "signal: killed", "error": "signal: killed"});
    assert_eq!(end(&killed), &ended);
}

#[tokio::test]
async fn the_environment_is_the_daemons_the_sandboxs_then_the_commands() {
    let world = World::start().await;
    let body = json!({"templateID": "base", "envVars": {
        "A": "sandbox", "B": "sandbox", "LOGNAME": "sandbox", "E2B_SANDBOX_ID": "mine"}});
    let made = world.make(body).await;
    let start =
        json!({"process": {"cmd": "/usr/bin/env", "envs": {"B": "command"}}, "stdin": false});
    let all = Frames::open(world.stream(&made, START, &start))
        .await
        .rest()
        .await;
    let mut lines: Vec<String> = output(&all, "stdout").lines().map(str::to_owned).collect();
    lines.retain(|line| !line.starts_with("HOME=") && !line.starts_with("TMPDIR="));
    lines.sort();
    let (_, template) = world.get(&format!("/sandboxes/{}", made.id)).await;
    let expected = [
        "A=sandbox".to_owned(),
        "B=command".to_owned(),
        "E2B_SANDBOX=true".to_owned(),
        format!("E2B_SANDBOX_ID={}", made.id),
        format!(
            "E2B_TEMPLATE_ID={}",
            template["templateID"].as_str().unwrap()
        ),
        "LOGNAME=sandbox".to_owned(),
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        "USER=user".to_owned(),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn what_cannot_start_is_an_invalid_argument_at_the_end_of_the_stream() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let file = world.run(&made, "true > $HOME/file").await;
    assert_eq!(end(&file)["status"], "exit status 0");
    for (cwd, message) in [
        ("/no/such", "cwd '/no/such' does not exist"),
        (
            "~root",
            "failed to expand path '' for user 'user': cannot expand user-specific home dir",
        ),
        (
            "file",
            "error starting process '/bin/bash -l -c true': fork/exec /bin/sh: not a directory",
        ),
    ] {
        let mut start = shell("true");
        start["process"]["cwd"] = json!(cwd);
        let all = Frames::open(world.stream(&made, START, &start))
            .await
            .rest()
            .await;
        let error = json!({"code": "invalid_argument", "message": message});
        assert_eq!(all, [json!({"end_of_stream": {"error": error}})], "{cwd}");
    }
    let start = json!({"process": {"cmd": "/no/such/program"}, "stdin": false});
    let all = Frames::open(world.stream(&made, START, &start))
        .await
        .rest()
        .await;
    let complaint = "nice: '/no/such/program': No such file or directory\n";
    assert_eq!(output(&all, "stderr"), complaint);
    assert_eq!(end(&all)["exitCode"], 127);
}

#[tokio::test]
async fn input_reaches_the_process_until_it_is_closed() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = with_stdin("cat");
    let mut frames = Frames::open(world.stream(&made, START, &start)).await;
    let process = json!({"pid": frames.pid().await});
    let send = |input: Value| json!({"process": process, "input": input});
    let input = "process.Process/SendInput";
    let hello = json!({"stdin": STANDARD.encode("hello")});
    assert_eq!(
        world.rpc(&made, input, send(hello.clone())).await,
        (200, json!({}))
    );
    assert_eq!(output(&[frames.next().await], "stdout"), "hello");
    let (status, wrong) = world.rpc(&made, input, send(json!({"pty": "aGk="}))).await;
    assert_eq!((status, &wrong["code"]), (500, &json!("internal")));
    assert_eq!(world.rpc(&made, input, send(json!({}))).await.0, 501);

    let mut stream = envelope(&json!({"start": {"process": process}}));
    stream.extend(envelope(&json!({"keepalive": {}})));
    for word in ["a", "b"] {
        stream.extend(envelope(
            &json!({"data": {"input": {"stdin": STANDARD.encode(word)}}}),
        ));
    }
    let request = world
        .inside(Method::POST, &made, "/process.Process/StreamInput")
        .header("Content-Type", "application/connect+json")
        .body(stream);
    let done = Frames::open(request).await.rest().await;
    assert_eq!(done, [json!({}), json!({"end_of_stream": {}})]);

    let close = "process.Process/CloseStdin";
    let (status, _) = world.rpc(&made, close, json!({"process": process})).await;
    assert_eq!(status, 200);
    let all = frames.rest().await;
    assert_eq!(output(&all, "stdout"), "ab");
    assert_eq!(end(&all)["status"], "exit status 0");
    let text = format!("process with pid {} not found", process["pid"]);
    let gone = json!({"code": "not_found", "message": text});
    assert_eq!(world.rpc(&made, input, send(hello)).await, (404, gone));
}

#[tokio::test]
async fn input_that_nobody_takes_is_refused() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = world.stream(&made, START, &shell("exec sleep 60"));
    let mut frames = Frames::open(start).await;
    let process = json!({"pid": frames.pid().await});
    let hi = json!({"process": process, "input": {"stdin": "aGk="}});
    let refused = json!({
        "code": "internal",
        "message": "error writing to stdin: stdin not enabled or closed",
    });
    assert_eq!(
        world.rpc(&made, "process.Process/SendInput", hi).await,
        (500, refused)
    );
    for (signal, status) in [
        (json!("SIGNAL_UNSPECIFIED"), 501),
        (json!(2), 501),
        (json!("SIGHUP"), 400),
        (json!("SIGNAL_SIGTERM"), 200),
    ] {
        let kill = json!({"process": process, "signal": signal});
        let (got, body) = world.rpc(&made, "process.Process/SendSignal", kill).await;
        assert_eq!(got, status, "{signal}: {body}");
    }
    assert_eq!(end(&frames.rest().await)["status"], "signal: terminated");
    let none = json!({"signal": "SIGNAL_SIGKILL"});
    let (status, _) = world.rpc(&made, "process.Process/SendSignal", none).await;
    assert_eq!(status, 501);
}

#[tokio::test]
async fn live_processes_are_listed_as_they_were_sent() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let mut start = shell("exec sleep 60");
    start["tag"] = json!("mine");
    start["process"]["cwd"] = json!("~");
    let mut frames = Frames::open(world.stream(&made, START, &start)).await;
    let pid = frames.pid().await;
    let (_, list) = world.rpc(&made, "process.Process/List", json!({})).await;
    let info = json!({"config": start["process"], "pid": pid, "tag": "mine"});
    assert_eq!(list, json!({"processes": [info]}));
    let kill = json!({"process": {"tag": "mine"}, "signal": 9});
    let (status, _) = world.rpc(&made, "process.Process/SendSignal", kill).await;
    assert_eq!(status, 200);
    until("the list is empty", || async {
        world.rpc(&made, "process.Process/List", json!({})).await.1 == json!({})
    })
    .await;
}

#[tokio::test]
async fn a_terminal_is_one_stream_and_has_a_size() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = json!({
        "process": {"cmd": "/bin/sh", "args": ["-c", "read x; stty size; exit 5"]},
        "pty": {"size": {"cols": 80, "rows": 24}},
    });
    let mut frames = Frames::open(world.stream(&made, START, &start)).await;
    let process = json!({"pid": frames.pid().await});
    let size = json!({"process": process, "pty": {"size": {"cols": 70, "rows": 20}}});
    assert_eq!(
        world.rpc(&made, "process.Process/Update", size).await.0,
        200
    );
    let close = json!({"process": process});
    let (status, refused) = world.rpc(&made, "process.Process/CloseStdin", close).await;
    assert_eq!((status, &refused["code"]), (500, &json!("unknown")));
    let stdin = json!({"process": process, "input": {"stdin": "aGk="}});
    assert_eq!(
        world.rpc(&made, "process.Process/SendInput", stdin).await.0,
        500
    );
    let enter = json!({"process": process, "input": {"pty": "Cg=="}});
    assert_eq!(
        world.rpc(&made, "process.Process/SendInput", enter).await.0,
        200
    );
    let all = frames.rest().await;
    assert!(
        output(&all, "pty").contains("20 70"),
        "{}",
        output(&all, "pty")
    );
    assert_eq!(end(&all)["exitCode"], 5);
}

#[tokio::test]
async fn silence_is_filled_with_keepalives() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = world.stream(&made, START, &shell("exec sleep 60"));
    let mut frames = Frames::open(start.header("Keepalive-Ping-Interval", "1")).await;
    frames.pid().await;
    let began = Instant::now();
    assert_eq!(frames.next().await, json!({"event": {"keepalive": {}}}));
    assert!(began.elapsed() >= Duration::from_millis(900));
}

#[tokio::test]
async fn a_large_output_arrives_whole_in_small_events() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let all = world
        .run(&made, "head -c 1000000 /dev/zero | tr '\\0' x")
        .await;
    assert_eq!(output(&all, "stdout").len(), 1_000_000);
    let largest = all
        .iter()
        .map(|it| output(std::slice::from_ref(it), "stdout").len());
    assert!(largest.max().unwrap() <= 32 * 1024);
}

#[tokio::test]
async fn other_clients_of_a_process_see_what_comes_after_them() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = with_stdin("echo early; read x; echo late; read x");
    let mut first = Frames::open(world.stream(&made, START, &start)).await;
    let process = json!({"pid": first.pid().await});
    assert_eq!(output(&[first.next().await], "stdout"), "early\n");
    let attach = json!({"process": process});
    let connect = || world.stream(&made, "process.Process/Connect", &attach);
    let mut second = Frames::open(connect()).await;
    second.pid().await;
    drop(first);
    let enter = json!({"process": process, "input": {"stdin": "Cg=="}});
    world
        .rpc(&made, "process.Process/SendInput", enter.clone())
        .await;
    assert_eq!(output(&[second.next().await], "stdout"), "late\n");
    world.rpc(&made, "process.Process/SendInput", enter).await;
    assert_eq!(end(&second.rest().await)["status"], "exit status 0");

    let late = Frames::open(connect()).await.rest().await;
    assert_eq!(late.len(), 3, "start, end, trailer: {late:?}");
    assert_eq!(output(&late, "stdout"), "");
    world.standin.clock().advance(Duration::from_secs(30));
    let gone = Frames::open(connect()).await.rest().await;
    assert_eq!(gone[0]["end_of_stream"]["error"]["code"], "not_found");
    let request = world.inside(Method::GET, &made, "/envs");
    assert_eq!(answer(request).await.0, 200);
}
