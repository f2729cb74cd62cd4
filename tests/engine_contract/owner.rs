//! What is left when the process that owns a sandbox is killed: nothing.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use cutover_standin::engine::{EngineSandbox, Identity};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::images;
use crate::place::{
    Case, Place, bash, case, engine_of, profile, read_until, until, user, variable, within,
};

pub(crate) const CASES: &[Case] = &[
    case!(a_killed_owner_leaves_nothing, &["isolation", "child"]),
    case!(destroy_leaves_nothing, &["isolation"]),
    case!(
        a_killed_owner_leaves_no_file_server,
        &["isolation", "child"]
    ),
    case!(destroy_leaves_no_file_server, &["isolation", "child"]),
];

/// The hidden argument that makes this binary the owner of a sandbox.
pub(crate) const OWNER_ARGUMENT: &str = "__own-a-sandbox";

/// Makes the owner work on files instead of running a command.
const FILES_ARGUMENT: &str = "files";

/// Makes the owner build images: one that it keeps, and one that is never done.
pub(crate) const IMAGES_ARGUMENT: &str = "images";

/// Owns a sandbox with background processes until it is killed, if the arguments say so.
pub(crate) fn dispatch(helper: &Path) -> bool {
    if std::env::args().nth(1).as_deref() != Some(OWNER_ARGUMENT) {
        return false;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let engine = variable("CUTOVER_TEST_ENGINE").unwrap();
    runtime.block_on(async {
        let engine = engine_of(&engine, helper).await.unwrap();
        if std::env::args().nth(2).as_deref() == Some(IMAGES_ARGUMENT) {
            return images::own(&*engine).await;
        }
        let sandbox = engine.create(&profile("owned")).await.unwrap();
        if std::env::args().nth(2).as_deref() == Some(FILES_ARGUMENT) {
            return work_on_files(&*sandbox).await;
        }
        let script = "trap '' HUP TERM; setsid sleep 1000 & sleep 1000 & echo up; wait";
        let mut process = sandbox.spawn(bash(script)).await.unwrap();
        read_until(&mut process.stdout, "up\n").await;
        println!("up");
        std::future::pending::<()>().await;
    });
    true
}

/// Keeps file servers at hand until its input ends, then destroys the sandbox; never ends itself.
async fn work_on_files(sandbox: &dyn EngineSandbox) {
    let mut input = tokio::io::stdin();
    let mut buffer = [0];
    let mut end = std::pin::pin!(input.read(&mut buffer));
    let who = user();
    println!("up");
    loop {
        tokio::select! {
            _ = &mut end => break,
            stat = sandbox.stat("/tmp", true, &who) => drop(stat.unwrap()),
        }
        sandbox.stat("/tmp", true, &Identity::Root).await.unwrap();
    }
    sandbox.destroy().await;
    println!("down");
    std::future::pending::<()>().await;
}

/// Starts an owner that works on files and waits until it has a server.
async fn file_worker(place: &Place) -> (Child, HashMap<u32, String>) {
    let owner = Command::new(std::env::current_exe().unwrap())
        .args([OWNER_ARGUMENT, FILES_ARGUMENT])
        .env("CUTOVER_TEST_HELPER", &place.helper)
        .env("CUTOVER_TEST_ENGINE", place.engine.name())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let pid = owner.id().unwrap();
    // Helper, init and a server.
    let mut below = HashMap::new();
    until("it has a server", || {
        below = descendants(pid);
        below.len() >= 3
    })
    .await;
    (owner, below)
}

async fn a_killed_owner_leaves_no_file_server(place: Place) {
    let (mut owner, below) = file_worker(&place).await;
    owner.start_kill().unwrap();
    within(owner.wait()).await.unwrap();
    until("all processes are gone", || living(&below).is_empty()).await;
}

async fn destroy_leaves_no_file_server(place: Place) {
    let (mut owner, _) = file_worker(&place).await;
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    for (word, hang_up) in [("up", true), ("down", false)] {
        let line = within(lines.next_line()).await.unwrap();
        assert_eq!(line.as_deref(), Some(word));
        if hang_up {
            drop(owner.stdin.take());
        }
    }
    // Not polled: `destroy` returns when nothing is left.
    assert_eq!(descendants(owner.id().unwrap()), HashMap::new());
    owner.kill().await.unwrap();
}

/// Every process below one, with its start time, which tells it from a later one with its pid.
fn descendants(root: u32) -> HashMap<u32, String> {
    let mut parents = HashMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        if let Some((parent, started)) = facts(pid) {
            parents.insert(pid, (parent, started));
        }
    }
    let mut found = HashMap::new();
    let mut pending = vec![root];
    while let Some(pid) = pending.pop() {
        for (child, (parent, started)) in &parents {
            if *parent == pid && found.insert(*child, started.clone()).is_none() {
                pending.push(*child);
            }
        }
    }
    found
}

/// Parent and start time.
fn facts(pid: u32) -> Option<(u32, String)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Some((fields.get(1)?.parse().ok()?, (*fields.get(19)?).to_owned()))
}

fn living(processes: &HashMap<u32, String>) -> Vec<u32> {
    let alive =
        |(pid, started): &(&u32, &String)| facts(**pid).is_some_and(|(_, now)| now == **started);
    processes
        .iter()
        .filter(alive)
        .map(|(pid, _)| *pid)
        .collect()
}

fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").unwrap()
}

async fn a_killed_owner_leaves_nothing(place: Place) {
    let mounts_before = mounts();
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .arg(OWNER_ARGUMENT)
        .env("CUTOVER_TEST_HELPER", &place.helper)
        .env("CUTOVER_TEST_ENGINE", place.engine.name())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    assert_eq!(
        within(lines.next_line()).await.unwrap().as_deref(),
        Some("up")
    );
    let below = descendants(owner.id().unwrap());
    // Helper, init, the shell and its two children.
    assert!(below.len() >= 5, "{below:?}");
    owner.start_kill().unwrap();
    within(owner.wait()).await.unwrap();
    until("all processes are gone", || living(&below).is_empty()).await;
    assert_eq!(mounts(), mounts_before);
}

async fn destroy_leaves_nothing(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "trap '' TERM; setsid sleep 1234567 & echo up; wait";
    let mut process = within(sandbox.spawn(bash(script))).await.unwrap();
    read_until(&mut process.stdout, "up\n").await;
    let marked = || {
        fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            fs::read(entry.path().join("cmdline")).is_ok_and(|line| line == b"sleep\x001234567\x00")
        })
    };
    until("it runs", marked).await;
    within(sandbox.destroy()).await;
    // Not polled: `destroy` returns when nothing is left.
    assert!(!marked());
}
