//! How commands end: time limits, kills, held pipes, lost clients (contract 5.3, 5.4).

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Frames, Made, World, end, output, shell, until};

const START: &str = "process.Process/Start";

fn late() -> Value {
    let error = json!({"code": "deadline_exceeded", "message": "context deadline exceeded"});
    json!({"end_of_stream": {"error": error}})
}

async fn is_listed(world: &World, made: &Made) -> bool {
    let (_, list) = world.rpc(made, "process.Process/List", json!({})).await;
    list != json!({})
}

#[tokio::test]
async fn a_time_limit_kills_the_leader_and_ends_the_stream_without_an_end() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let request = world.stream(&made, START, &shell("echo x; exec sleep 60"));
    let mut frames = Frames::open(request.header("Connect-Timeout-Ms", "700")).await;
    let pid = frames.pid().await;
    let attach = json!({"process": {"pid": pid}});
    let other = world.stream(&made, "process.Process/Connect", &attach);
    let other = Frames::open(other).await;
    let rest = frames.rest().await;
    assert_eq!(output(&rest, "stdout"), "x\n");
    assert_eq!(rest.last(), Some(&late()));
    let others = other.rest().await;
    assert_eq!(
        end(&others)["status"],
        "signal: killed",
        "others see the end"
    );
}

#[tokio::test]
async fn a_limit_of_zero_has_passed_but_binds_no_process() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let request = world.stream(&made, START, &shell("exec sleep 60"));
    let frames = Frames::open(request.header("Connect-Timeout-Ms", "0")).await;
    assert_eq!(frames.rest().await, [late()]);
    assert!(is_listed(&world, &made).await);
}

#[tokio::test]
async fn the_limit_of_connect_binds_only_its_stream() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = world.stream(&made, START, &shell("exec sleep 60"));
    let mut first = Frames::open(start).await;
    let attach = json!({"process": {"pid": first.pid().await}});
    let request = world.stream(&made, "process.Process/Connect", &attach);
    let mut second = Frames::open(request.header("Connect-Timeout-Ms", "50")).await;
    second.pid().await;
    assert_eq!(second.rest().await, [late()]);
    assert!(is_listed(&world, &made).await);
}

#[tokio::test]
async fn a_child_that_holds_the_pipe_keeps_the_command_open_until_it_is_killed() {
    let world = World::start().await;
    let made = world.sandbox().await;
    // The child ends with its standard input, so that nothing outlives the test.
    let script = "exec 3<&0; (read x <&3) & echo started; wait";
    let mut start = shell(script);
    start["stdin"] = json!(true);
    let mut frames = Frames::open(world.stream(&made, START, &start)).await;
    let pid = frames.pid().await;
    assert_eq!(output(&[frames.next().await], "stdout"), "started\n");
    let kill = json!({"process": {"pid": pid}, "signal": "SIGNAL_SIGKILL"});
    let (status, _) = world.rpc(&made, "process.Process/SendSignal", kill).await;
    assert_eq!(status, 200);
    let rest = frames.rest().await;
    assert_eq!(
        end(&rest)["status"],
        "signal: killed",
        "does not wait for the child"
    );
}

#[tokio::test]
async fn a_leader_that_exits_before_its_child_is_still_there() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let script = "exec 3<&0; (while kill -0 $$ 2>/dev/null; do sleep 0.01; done; \
                  echo orphan; read x <&3; echo child) & exit 7";
    let mut start = shell(script);
    start["stdin"] = json!(true);
    let mut frames = Frames::open(world.stream(&made, START, &start)).await;
    let pid = frames.pid().await;
    assert_eq!(output(&[frames.next().await], "stdout"), "orphan\n");
    let kill = json!({"process": {"pid": pid}, "signal": "SIGNAL_SIGKILL"});
    let dead = "error sending signal: os: process already finished";
    let (status, refused) = world.rpc(&made, "process.Process/SendSignal", kill).await;
    assert_eq!((status, &refused["message"]), (500, &json!(dead)));
    assert!(is_listed(&world, &made).await);
    let enter = json!({"process": {"pid": pid}, "input": {"stdin": "Cg=="}});
    let (status, _) = world.rpc(&made, "process.Process/SendInput", enter).await;
    assert_eq!(status, 200);
    let rest = frames.rest().await;
    assert_eq!(output(&rest, "stdout"), "child\n");
    assert_eq!(end(&rest)["exitCode"], 7);
}

#[tokio::test]
async fn a_client_that_goes_away_kills_nothing() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = world.stream(&made, START, &shell("exec sleep 60"));
    let mut frames = Frames::open(start).await;
    let pid = frames.pid().await;
    drop(frames);
    // Answers of the same server to later requests: it has had its time to notice.
    for _ in 0..5 {
        assert!(is_listed(&world, &made).await);
    }
    let attach = json!({"process": {"pid": pid}});
    let request = world.stream(&made, "process.Process/Connect", &attach);
    assert_eq!(Frames::open(request).await.pid().await, pid);
}

#[tokio::test]
async fn death_breaks_the_streams_and_stop_leaves_nothing() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let mut broken = Vec::new();
    for _ in 0..2 {
        let start = world.stream(&made, START, &shell("exec sleep 60"));
        let mut frames = Frames::open(start).await;
        frames.pid().await;
        broken.push(frames);
    }
    assert!(world.standin.kill(&made.id).await);
    assert!(!world.standin.kill(&made.id).await);
    for mut frames in broken {
        assert!(frames.try_next().await.is_err(), "no end, no trailer");
    }
    let other = world.sandbox().await;
    let start = world.stream(&other, START, &shell("exec sleep 60"));
    let mut frames = Frames::open(start).await;
    frames.pid().await;
    let stop = tokio::time::timeout(Duration::from_secs(10), world.standin.stop());
    stop.await.expect("stop returns");
    assert!(frames.try_next().await.is_err());
    let request = world.control(reqwest::Method::GET, "/v2/sandboxes");
    assert!(request.send().await.unwrap_err().is_connect());
    assert!(world.standin.sandboxes().is_empty());
}

#[tokio::test]
async fn a_dropped_stand_in_is_gone() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let start = world.stream(&made, START, &shell("exec sleep 60"));
    let mut frames = Frames::open(start).await;
    frames.pid().await;
    let url = format!("http://{}/health", world.standin.addr());
    let World { standin, client } = world;
    drop(standin);
    assert!(frames.try_next().await.is_err());
    until("nobody listens", || async {
        let refused = client.get(&url).send().await;
        refused.is_err_and(|error| error.is_connect())
    })
    .await;
}

#[tokio::test]
async fn last_words_of_a_terminated_process_are_heard() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let script = "trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.01; done";
    let mut frames = Frames::open(world.stream(&made, START, &shell(script))).await;
    let pid = frames.pid().await;
    assert_eq!(output(&[frames.next().await], "stdout"), "ready\n");
    let term = json!({"process": {"pid": pid}, "signal": "SIGNAL_SIGTERM"});
    world.rpc(&made, "process.Process/SendSignal", term).await;
    let rest = frames.rest().await;
    assert_eq!(output(&rest, "stdout"), "bye\n");
    assert_eq!(end(&rest)["exitCode"], 9);
}
