//! The sandbox's own watch: it rests when it has nothing to watch, and ends nobody for what
//! somebody else has done.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use cutover_standin::engine::{EngineError, EngineSandbox, Identity, StdinMode};
use tokio::process::Command;

use crate::place::{Case, DEADLINE, Place, bash, case, drain, put, read_until, run, user, within};

pub(crate) const CASES: &[Case] = &[
    case!(
        the_watch_rests_while_only_files_are_used,
        &["isolation", "watch"]
    ),
    case!(
        root_is_forgotten_when_it_has_gone,
        &["isolation", "root", "watch"]
    ),
    case!(
        a_machine_without_room_halts_nobody,
        &["isolation", "python3", "watch"]
    ),
];

/// The number that init has on this machine.
async fn init_of(sandbox: &dyn EngineSandbox) -> u32 {
    let namespace = run(sandbox, bash("readlink /proc/self/ns/pid"))
        .await
        .stdout;
    let is_init = |pid: &u32| {
        let told = fs::read_link(format!("/proc/{pid}/ns/pid"));
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let number = |line: &str| line.starts_with("NSpid:") && line.ends_with("\t1");
        told.is_ok_and(|told| told.to_string_lossy() == namespace.trim())
            && status.lines().any(number)
    };
    let all = fs::read_dir("/proc").unwrap().flatten();
    let mut all = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    all.find(is_init).unwrap()
}

/// How often init has gone to sleep since it was made.
fn sleeps(init: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{init}/status")).unwrap();
    let count = |line: &str| {
        line.strip_prefix("voluntary_ctxt_switches:\t")?
            .parse()
            .ok()
    };
    status.lines().find_map(count).unwrap()
}

/// Waits for a span in which init went to sleep no more than `most` times.
async fn until_calm(init: u32, span: Duration, most: u64) {
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        let before = sleeps(init);
        tokio::time::sleep(span).await;
        if sleeps(init) - before <= most {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "init never came to rest");
    }
}

async fn the_watch_rests_while_only_files_are_used(place: Place) {
    let sandbox = place.sandbox().await;
    let init = init_of(&*sandbox).await;
    put(&*sandbox, "/tmp/long", &vec![1; 8 << 20], &user()).await;
    // Its server waits until the file is read to its end.
    let reader = within(sandbox.read("/tmp/long", &user())).await.unwrap();
    run(&*sandbox, bash("true")).await;
    // Two looks of the calmest watch.
    until_calm(init, Duration::from_millis(550), 0).await;
    drop(reader);
}

async fn root_is_forgotten_when_it_has_gone(place: Place) {
    let sandbox = place.sandbox().await;
    let init = init_of(&*sandbox).await;
    let mut keeper = within(sandbox.spawn(bash("echo up; exec sleep 1000")))
        .await
        .unwrap();
    read_until(&mut keeper.stdout, "up\n").await;
    let mut root = bash("true");
    root.identity = Identity::Root;
    run(&*sandbox, root).await;
    // Every 250 ms, not every 50.
    until_calm(init, Duration::from_secs(1), 6).await;
}

/// Asks for a limit of a process, or sets it.
async fn prlimit(pid: u32, arguments: &[&str]) -> String {
    let mut command = Command::new("prlimit");
    let command = command.arg(format!("--pid={pid}")).args(arguments);
    let output = within(command.stdin(Stdio::null()).output()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A process says when it has been halted and goes on.
const OBSERVER: &str = "
import signal, sys
signal.signal(signal.SIGCONT, lambda *_: print('was halted', flush=True))
print('up', flush=True)
sys.stdin.readline()
print('over', flush=True)
";

async fn a_machine_without_room_halts_nobody(place: Place) {
    let sandbox = place.sandbox().await;
    let init = init_of(&*sandbox).await;
    let mut observer = bash("");
    observer.argv = ["python3", "-c", OBSERVER].map(str::to_owned).into();
    observer.stdin = StdinMode::Pipe;
    let mut observer = within(sandbox.spawn(observer)).await.unwrap();
    read_until(&mut observer.stdout, "up\n").await;
    // As if all that init's user may have were taken by others.
    let before = prlimit(init, &["--nproc", "--output=SOFT", "--noheadings", "--raw"]).await;
    prlimit(init, &["--nproc=1:"]).await;
    let refused = within(sandbox.spawn(bash("true"))).await.unwrap_err();
    prlimit(init, &[&format!("--nproc={}:", before.trim())]).await;
    let full = EngineError::Os {
        operation: "fork".to_owned(),
        errno: libc::EAGAIN,
    };
    assert_eq!(refused, full);
    assert_eq!(run(&*sandbox, bash("echo fine")).await.stdout, "fine\n");
    drop(observer.stdin.take());
    let ran = drain(observer).await;
    assert_eq!(ran.stdout, "over\n", "nobody was halted: {ran:?}");
}
