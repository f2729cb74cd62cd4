//! Several clients of one process, and input as a stream (contract 3.2, 5.3).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Frames, Made, World, end, envelope, output, shell, until};

const START: &str = "process.Process/Start";
const CONNECT: &str = "process.Process/Connect";
const INPUT: &str = "process.Process/StreamInput";

fn with_stdin(script: &str) -> Value {
    let mut start = shell(script);
    start["stdin"] = json!(true);
    start
}

async fn send(world: &World, made: &Made, messages: &[Value]) -> Vec<Value> {
    let body: Vec<u8> = messages.iter().flat_map(envelope).collect();
    let request = world
        .inside(Method::POST, made, &format!("/{INPUT}"))
        .header("Content-Type", "application/connect+json")
        .body(body);
    Frames::open(request).await.rest().await
}

fn data(text: &str) -> Value {
    json!({"data": {"input": {"stdin": STANDARD.encode(text)}}})
}

#[tokio::test]
async fn input_comes_as_a_stream() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = with_stdin("read a; read b; echo $a-$b");
    let mut frames = Frames::open(world.stream(&made, START, &start)).await;
    let process = json!({"pid": frames.pid().await});
    let messages = [
        json!({"start": {"process": process}}),
        data("one\n"),
        json!({"keepalive": {}}),
        data("two\n"),
    ];
    let done = send(&world, &made, &messages).await;
    assert_eq!(done, [json!({}), json!({"end_of_stream": {}})]);
    assert_eq!(output(&frames.rest().await, "stdout"), "one-two\n");
    for (messages, code, text) in [
        (
            vec![json!({"start": {"process": {"pid": 999_999}}})],
            "not_found",
            "process with pid 999999 not found",
        ),
        (vec![json!({})], "unimplemented", "invalid event type <nil>"),
        (
            vec![json!({"start": {}})],
            "unimplemented",
            "invalid input type <nil>",
        ),
    ] {
        let error = json!({"code": code, "message": text});
        let done = send(&world, &made, &messages).await;
        assert_eq!(done, [json!({"end_of_stream": {"error": error}})]);
    }
    assert_eq!(
        send(&world, &made, &[]).await,
        [json!({}), json!({"end_of_stream": {}})]
    );
}

#[tokio::test]
async fn a_process_is_found_by_its_tag_while_it_lives_and_a_moment_longer() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let mut tagged = with_stdin("read x; echo $x");
    tagged["tag"] = json!("mine");
    let other = world.stream(&made, START, &shell("exec sleep 60"));
    Frames::open(other).await.pid().await;
    let mut first = Frames::open(world.stream(&made, START, &tagged)).await;
    let pid = first.pid().await;
    let attach = json!({"process": {"tag": "mine"}});
    let mut second = Frames::open(world.stream(&made, CONNECT, &attach)).await;
    assert_eq!(second.pid().await, pid);
    // Whoever goes away takes nothing with them.
    drop(first);
    let messages = [json!({"start": {"process": {"tag": "mine"}}}), data("hi\n")];
    assert_eq!(send(&world, &made, &messages).await.len(), 2);
    let rest = second.rest().await;
    assert_eq!(
        (output(&rest, "stdout"), &end(&rest)["exited"]),
        ("hi\n".to_owned(), &json!(true))
    );
    let late = Frames::open(world.stream(&made, CONNECT, &attach))
        .await
        .rest()
        .await;
    assert_eq!(late[0]["event"]["start"]["pid"], pid);
    assert_eq!(end(&late)["status"], "exit status 0");
    world.standin.clock().advance(Duration::from_secs(30));
    let gone = Frames::open(world.stream(&made, CONNECT, &attach))
        .await
        .rest()
        .await;
    let text = "process with tag mine not found";
    assert_eq!(gone[0]["end_of_stream"]["error"]["message"], text);
}

#[tokio::test]
async fn a_reader_that_stops_stalls_the_others_until_it_leaves() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = with_stdin("read x; head -c 12000000 /dev/zero; echo done");
    let mut reader = Frames::open(world.stream(&made, START, &start)).await;
    let pid = reader.pid().await;
    let attach = json!({"process": {"pid": pid}});
    let mut stopped = Frames::open(world.stream(&made, CONNECT, &attach)).await;
    stopped.pid().await;
    let messages = [json!({"start": {"process": {"pid": pid}}}), data("\n")];
    send(&world, &made, &messages).await;
    // Far more than sockets and queues hold; while one does not read, the end cannot come.
    let silence = Duration::from_secs(1);
    while let Ok(message) = tokio::time::timeout(silence, reader.next()).await {
        assert!(message["event"]["end"].is_null(), "nobody was waited for");
    }
    drop(stopped);
    let rest = reader.rest().await;
    assert_eq!(end(&rest)["status"], "exit status 0");
}

#[tokio::test]
async fn a_signal_and_a_time_limit_hit_the_leader_only() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let script = |name: &str| {
        let child =
            format!("(trap '' TERM; echo $BASHPID > ~/{name}; exec sleep 60 > /dev/null 2>&1)");
        shell(&format!("{child} & sleep 60"))
    };
    let killed = world.stream(&made, START, &script("killed"));
    let mut killed = Frames::open(killed).await;
    let pid = killed.pid().await;
    let late = world.stream(&made, START, &script("late"));
    let late = Frames::open(late.header("Connect-Timeout-Ms", "1500")).await;
    let alive = async |name: &str| {
        let done = world.run(&made, &format!("kill -0 $(cat ~/{name})")).await;
        end(&done)["status"] == "exit status 0"
    };
    for name in ["killed", "late"] {
        until("the child runs", || async { alive(name).await }).await;
    }
    let kill = json!({"process": {"pid": pid}, "signal": "SIGNAL_SIGKILL"});
    let sent = world.rpc(&made, "process.Process/SendSignal", kill).await;
    assert_eq!(sent, (200, json!({})));
    assert_eq!(end(&killed.rest().await)["status"], "signal: killed");
    let late = late.rest().await;
    let deadline = json!({"code": "deadline_exceeded", "message": "context deadline exceeded"});
    assert_eq!(
        late.last(),
        Some(&json!({"end_of_stream": {"error": deadline}}))
    );
    assert!(late.iter().all(|message| message["event"]["end"].is_null()));
    for name in ["killed", "late"] {
        assert!(alive(name).await, "{name}");
    }
}

#[tokio::test]
async fn a_terminal_of_a_login_shell_has_the_environment_that_is_sent() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = json!({
        "process": {
            "cmd": "/bin/bash",
            "args": ["-i", "-l"],
            "envs": {"X": "1", "TERM": "xterm-256color", "LANG": "C.UTF-8"},
            "cwd": "/tmp",
        },
        "pty": {"size": {"cols": 70, "rows": 20}},
    });
    let mut frames = Frames::open(world.stream(&made, START, &start)).await;
    let process = json!({"pid": frames.pid().await});
    let text = "stty size; echo =$X=$TERM=$LANG=; shopt -q login_shell && echo lo''gin; exit 7\n";
    let input = json!({"process": process, "input": {"pty": STANDARD.encode(text)}});
    assert_eq!(
        world.rpc(&made, "process.Process/SendInput", input).await.0,
        200
    );
    let all = frames.rest().await;
    let shown = output(&all, "pty");
    for expected in ["20 70", "=1=xterm-256color=C.UTF-8=", "login"] {
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
    assert_eq!(output(&all, "stdout"), "");
    assert_eq!(end(&all)["exitCode"], 7);
    let wrong = json!({
        "process": {"cmd": "/bin/bash", "cwd": "file"},
        "pty": {"size": {"cols": 70, "rows": 20}},
    });
    world.run(&made, ": > ~/file").await;
    let all = Frames::open(world.stream(&made, START, &wrong))
        .await
        .rest()
        .await;
    let text = all[0]["end_of_stream"]["error"]["message"]
        .as_str()
        .unwrap();
    assert_eq!(
        text,
        "error starting pty with command '/bin/bash' in dir '/home/user/file' with '70' cols and \
         '20' rows: fork/exec /bin/sh: not a directory"
    );
}

#[tokio::test]
async fn resizing_what_is_no_terminal_and_other_wrong_inputs_are_refused() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let mut frames = Frames::open(world.stream(&made, START, &with_stdin("cat"))).await;
    let process = json!({"pid": frames.pid().await});
    let size = json!({"size": {"cols": 1, "rows": 1}});
    for (method, message, status, body) in [
        (
            "Update",
            json!({"process": process, "pty": size}),
            500,
            json!({"code": "internal", "message": "error resizing tty: tty not assigned to process"}),
        ),
        ("Update", json!({"process": process}), 200, json!({})),
        (
            "SendInput",
            json!({"process": process, "input": {"pty": "aGk="}}),
            500,
            json!({"code": "internal", "message": "error writing to tty: tty not assigned to process \
                 — input should be written to the stdin, not the tty"}),
        ),
        (
            "SendInput",
            json!({"process": process, "input": {}}),
            501,
            json!({"code": "unimplemented", "message": "invalid input type <nil>"}),
        ),
        (
            "SendInput",
            json!({"process": process}),
            501,
            json!({"code": "unimplemented", "message": "invalid input type <nil>"}),
        ),
        (
            "SendSignal",
            json!({"process": process}),
            501,
            json!({"code": "unimplemented", "message": "invalid signal: SIGNAL_UNSPECIFIED"}),
        ),
        (
            "SendSignal",
            json!({"process": {"tag": "no"}, "signal": 9}),
            404,
            json!({"code": "not_found", "message": "process with tag no not found"}),
        ),
    ] {
        let seen = world
            .rpc(&made, &format!("process.Process/{method}"), message)
            .await;
        assert_eq!(seen, (status, body), "{method}");
    }
}

#[tokio::test]
async fn input_that_nobody_can_read_any_more_breaks() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let closing = world.stream(&made, START, &with_stdin("exec <&-; sleep 60"));
    let mut closing = Frames::open(closing).await;
    let process = json!({"pid": closing.pid().await});
    let refused = std::sync::Mutex::new(Value::Null);
    until("the read end is gone", || async {
        let input = json!({"process": process, "input": {"stdin": "aGk="}});
        let (status, body) = world.rpc(&made, "process.Process/SendInput", input).await;
        *refused.lock().unwrap() = body;
        status == 500
    })
    .await;
    let text = refused.lock().unwrap()["message"]
        .as_str()
        .unwrap()
        .to_owned();
    let pid = &process["pid"];
    let start =
        format!("error writing to stdin: error writing to stdin of process '{pid}': write ");
    assert!(
        text.starts_with(&start) && text.ends_with(": broken pipe"),
        "{text}"
    );
}
