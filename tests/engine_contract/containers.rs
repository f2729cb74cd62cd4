//! What the Docker daemon knows of sandboxes: while they live, and that nothing is left of them.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use cutover_standin::engine::{EngineError, Profile, by_settings, sweep};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::owner::OWNER_ARGUMENT;
use crate::place::{Case, DEADLINE, Place, bash, case, profile, run, settings, variable, within};

pub(crate) const CASES: &[Case] = &[
    case!(a_container_is_bound_and_labelled, &["container"]),
    case!(destroy_removes_the_container, &["container"]),
    case!(a_dropped_sandbox_removes_its_container, &["container"]),
    case!(a_killed_owner_leaves_no_container, &["container"]),
    case!(owners_killed_at_any_moment_leave_nothing, &["container"]),
    case!(a_sandbox_that_nobody_awaits_is_removed, &["container"]),
    case!(a_changed_image_is_not_exported, &["container"]),
    case!(an_image_of_a_container_keeps_its_programs, &["container"]),
    case!(an_image_that_is_not_there_is_named, &["container"]),
    case!(a_program_that_an_image_lacks_is_named, &["container"]),
];

/// Owners that are killed.
const KILLS: u64 = 20;

/// Asks the daemon, as its own client does.
pub(crate) async fn ask(path: &str) -> Value {
    let host = variable("DOCKER_HOST").unwrap_or_default();
    let socket = host
        .strip_prefix("unix://")
        .unwrap_or("/var/run/docker.sock");
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let head = format!("GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

/// The ids of all containers of a process.
pub(crate) async fn containers_of(pid: u32) -> Vec<String> {
    let filters = format!("%7B%22label%22%3A%5B%22cutover.pid%3D{pid}%22%5D%7D");
    let all = ask(&format!("/containers/json?all=true&filters={filters}")).await;
    let all = all.as_array().unwrap().iter();
    all.map(|one| one["Id"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits until a process has no containers.
pub(crate) async fn until_none_of(pid: u32) {
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        let left = containers_of(pid).await;
        if left.is_empty() {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "still there: {left:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The one container whose host name is this.
async fn container_named(hostname: &str) -> Option<Value> {
    for id in containers_of(std::process::id()).await {
        let facts = ask(&format!("/containers/{id}/json")).await;
        if facts["Config"]["Hostname"] == hostname {
            return Some(facts);
        }
    }
    None
}

async fn a_container_is_bound_and_labelled(place: Place) {
    let wanted = Profile {
        memory_bytes_max: 256 << 20,
        processes_max: 100,
        ..profile("bound")
    };
    let sandbox = place.sandbox_of(wanted).await;
    let facts = container_named("bound").await.unwrap();
    let host = &facts["HostConfig"];
    assert_eq!(host["Memory"], 256 << 20);
    assert_eq!(host["PidsLimit"], 100 + place.room());
    assert_eq!(host["NetworkMode"], "none");
    assert_eq!(host["Privileged"], false);
    let labels = &facts["Config"]["Labels"];
    assert_eq!(labels["cutover.pid"], std::process::id().to_string());
    for label in ["cutover-run", "cutover.started", "cutover.boot"] {
        assert!(
            labels[label].as_str().is_some_and(|it| !it.is_empty()),
            "{label}"
        );
    }
    let shown = facts["Mounts"].as_array().unwrap();
    assert!(shown.iter().all(|mount| mount["RW"] == false), "{shown:?}");
    // The place where init has connected is gone already.
    let control = shown
        .iter()
        .find(|mount| mount["Destination"] == "/dev/.cutover/run");
    let control = control.unwrap()["Source"].as_str().unwrap();
    assert!(!Path::new(control).exists());
    within(sandbox.destroy()).await;
}

async fn destroy_removes_the_container(place: Place) {
    let sandbox = place.sandbox_of(profile("destroyed")).await;
    assert!(container_named("destroyed").await.is_some());
    within(sandbox.destroy()).await;
    // Not polled: `destroy` returns when nothing is left.
    assert_eq!(container_named("destroyed").await, None);
}

async fn a_dropped_sandbox_removes_its_container(place: Place) {
    let sandbox = place.sandbox_of(profile("dropped")).await;
    drop(sandbox);
    within(async { while container_named("dropped").await.is_some() {} }).await;
}

async fn a_sandbox_that_nobody_awaits_is_removed(place: Place) {
    let wanted = profile("abandoned");
    let abandoned = place.engine.create(&wanted);
    // Long enough for the order to be sent, and too short for a container.
    assert!(
        tokio::time::timeout(Duration::from_millis(20), abandoned)
            .await
            .is_err()
    );
    place.sandbox_of(profile("after")).await.destroy().await;
    within(async { while container_named("abandoned").await.is_some() {} }).await;
}

fn owner(place: &Place) -> Child {
    owner_of(place, &[])
}

pub(crate) fn owner_of(place: &Place, arguments: &[&str]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .arg(OWNER_ARGUMENT)
        .args(arguments)
        .env("CUTOVER_TEST_HELPER", &place.helper)
        .env("CUTOVER_TEST_ENGINE", place.engine.name())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn a_killed_owner_leaves_no_container(place: Place) {
    let mut owner = owner(&place);
    let pid = owner.id().unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let line = within(lines.next_line()).await.unwrap();
    assert_eq!(line.as_deref(), Some("up"));
    assert_eq!(containers_of(pid).await.len(), 1);
    owner.kill().await.unwrap();
    until_none_of(pid).await;
}

async fn owners_killed_at_any_moment_leave_nothing(place: Place) {
    let mut pids = Vec::new();
    for at in 0..KILLS {
        let mut owner = owner(&place);
        pids.push(owner.id().unwrap());
        tokio::time::sleep(Duration::from_millis(at * 120)).await;
        owner.kill().await.unwrap();
    }
    // What the daemon was asked for by the dead may still be on its way.
    for pid in &pids {
        let end = tokio::time::Instant::now() + DEADLINE;
        loop {
            let swept = within(sweep(
                &settings(&place.helper).docker,
                &std::env::temp_dir(),
            ))
            .await;
            for one in swept.unwrap() {
                assert_eq!(one.kept, None, "{one:?}");
            }
            if containers_of(*pid).await.is_empty() {
                break;
            }
            assert!(tokio::time::Instant::now() < end, "still there");
        }
    }
    let folders = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let of_dead = |name: &String| {
        let is_of = |pid: &u32| name.starts_with(&format!("cutover-docker-{pid}-"));
        pids.iter().any(is_of)
    };
    assert_eq!(names.filter(of_dead).collect::<Vec<_>>(), [""; 0]);
}

async fn a_changed_image_is_not_exported(place: Place) {
    let sandbox = place.sandbox().await;
    within(sandbox.export_files()).await.map(drop).unwrap();
    let mut request = bash("touch /usr/local/own");
    request.identity = cutover_standin::engine::Identity::Root;
    run(&*sandbox, request).await;
    let refused = within(sandbox.export_files()).await.map(drop).unwrap_err();
    assert!(refused.to_string().contains("/usr"), "{refused}");
    within(sandbox.destroy()).await;
}

async fn an_image_of_a_container_keeps_its_programs(place: Place) {
    let wanted = Profile {
        outbound: true,
        ..profile("committed")
    };
    let sandbox = place.sandbox_of(wanted).await;
    let facts = container_named("committed").await.unwrap();
    assert_eq!(facts["HostConfig"]["NetworkMode"], "bridge");
    let mut request = bash("echo own > /usr/local/own && chown user /usr/local/own");
    request.identity = cutover_standin::engine::Identity::Root;
    run(&*sandbox, request).await;
    let built = within(sandbox.commit()).await.unwrap().unwrap();
    within(sandbox.destroy()).await;
    let image = &built.facts().name;
    let labels = &ask(&format!("/images/{image}/json")).await["Config"]["Labels"];
    assert_eq!(labels["cutover.pid"], std::process::id().to_string());
    let wanted = Profile {
        image: Some(image.clone()),
        ..profile("again")
    };
    let again = place.sandbox_of(wanted.clone()).await;
    let said = run(
        &*again,
        bash("cat /usr/local/own; stat -c %U /usr/local/own"),
    )
    .await;
    assert_eq!(said.stdout, "own\nuser\n");
    within(again.destroy()).await;
    within(built.remove()).await;
    within(built.remove()).await;
    let gone = within(place.engine.create(&wanted)).await.map(drop);
    assert!(gone.is_err());
}

/// Why an engine for one more image is refused.
async fn refusal(place: &Place, image: &str, program: &str) -> EngineError {
    let mut settings = settings(&place.helper);
    settings.docker.never_pull = true;
    settings.docker.images = vec![cutover_standin::engine::WantedImage {
        name: image.to_owned(),
        programs: vec![program.to_owned()],
    }];
    within(by_settings("docker", &settings)).await.unwrap_err()
}

async fn an_image_that_is_not_there_is_named(place: Place) {
    let error = refusal(&place, "cutover.invalid/none:1", "/bin/sh").await;
    let text = error.to_string();
    assert!(
        text.contains("docker pull cutover.invalid/none:1"),
        "{text}"
    );
}

async fn a_program_that_an_image_lacks_is_named(place: Place) {
    let image = crate::place::image()
        .unwrap_or_else(|| cutover_standin::engine::DOCKER_IMAGE_DEFAULT.to_owned());
    let error = refusal(&place, &image, "/bin/none").await.to_string();
    assert!(error.contains("has no /bin/none"), "{error}");
}
