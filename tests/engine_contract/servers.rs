//! File servers: the next operation with the same rights may find the last one's, and nobody
//! else ever sees it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use cutover_standin::engine::{EngineSandbox, Identity};
use futures_util::future::join_all;
use tokio::io::AsyncReadExt;

use crate::place::{Case, DEADLINE, Place, bash, case, get, put, run, user, within};

pub(crate) const CASES: &[Case] = &[
    case!(operations_share_a_server, &["isolation"]),
    case!(a_failed_operation_leaves_its_server, &["isolation"]),
    case!(no_identity_meets_the_server_of_another, &["isolation"]),
    case!(a_command_meets_no_idle_server, &["isolation"]),
    case!(nothing_waits_while_a_command_runs, &["isolation"]),
    case!(an_idle_server_ends_by_itself, &["isolation"]),
    case!(an_abandoned_read_spoils_nothing),
    case!(an_abandoned_operation_spoils_nothing),
    case!(a_half_written_file_spoils_nothing),
    case!(a_request_that_fits_no_frame_is_served),
];

/// The server that answers, as `/proc/<pid>`.
async fn server(sandbox: &dyn EngineSandbox, who: &Identity) -> String {
    within(sandbox.canonicalize("/proc/self", who))
        .await
        .unwrap()
}

/// Tries until two operations with something in between had one server: on a loaded machine it
/// may have waited too long.
async fn shares<F: AsyncFn()>(sandbox: &dyn EngineSandbox, between: F) {
    within(async {
        loop {
            let first = server(sandbox, &user()).await;
            between().await;
            if server(sandbox, &user()).await == first {
                return;
            }
        }
    })
    .await;
}

async fn operations_share_a_server(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/home/user/f", b"abc", &user()).await;
    shares(&*sandbox, async || {
        let stat = within(sandbox.stat("/home/user/f", true, &user())).await;
        assert_eq!(stat.unwrap().size, 3);
        assert_eq!(get(&*sandbox, "/home/user/f", &user()).await, b"abc");
        within(sandbox.list("/home/user", &user())).await.unwrap();
    })
    .await;
    within(sandbox.destroy()).await;
}

async fn a_failed_operation_leaves_its_server(place: Place) {
    let sandbox = place.sandbox().await;
    shares(&*sandbox, async || {
        let missing = within(sandbox.stat("/missing", true, &user())).await;
        assert_eq!(missing.unwrap_err().errno(), Some(libc::ENOENT));
    })
    .await;
    within(sandbox.destroy()).await;
}

async fn no_identity_meets_the_server_of_another(place: Place) {
    let sandbox = place.sandbox().await;
    let mut seen = Vec::new();
    for _ in 0..20 {
        for (who, may) in [(Identity::Root, true), (user(), false)] {
            let status = get(&*sandbox, "/proc/self/status", &who).await;
            let status = String::from_utf8(status).unwrap();
            let line = |name: &str| {
                let mut lines = status.lines().filter_map(|line| line.strip_prefix(name));
                lines.next().unwrap().trim().to_owned()
            };
            let can = line("CapEff:").contains(|digit| digit != '0');
            assert_eq!(can, may, "{who:?}");
            assert_eq!(line("Umask:"), "0022");
            seen.push((line("Pid:"), may));
        }
    }
    for (pid, may) in &seen {
        assert!(!seen.contains(&(pid.clone(), !may)), "{pid}");
    }
    within(sandbox.destroy()).await;
}

/// Says every process but init and the shell itself.
const OTHERS: &str = "for p in /proc/[0-9]*; do p=${p#/proc/}; \
                      [ $p = 1 ] || [ $p = $$ ] || echo $p; done";

async fn a_command_meets_no_idle_server(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/tmp/large", &vec![b'x'; 4 << 20], &user()).await;
    for _ in 0..30 {
        let identities = [user(), Identity::Root, user(), Identity::Root, user()];
        let stats = identities
            .iter()
            .map(|who| within(sandbox.stat("/tmp", true, who)));
        for stat in join_all(stats).await {
            stat.unwrap();
        }
        drop(within(sandbox.read("/tmp/large", &user())).await.unwrap());
        assert_eq!(run(&*sandbox, bash(OTHERS)).await.stdout, "");
    }
    within(sandbox.destroy()).await;
}

async fn nothing_waits_while_a_command_runs(place: Place) {
    let sandbox = place.sandbox().await;
    let command = within(sandbox.spawn(bash("exec sleep 1000")))
        .await
        .unwrap();
    let mut seen = Vec::new();
    for _ in 0..10 {
        let server = server(&*sandbox, &user()).await;
        assert!(!seen.contains(&server), "{server} in {seen:?}");
        seen.push(server);
    }
    drop(command);
    within(sandbox.destroy()).await;
}

async fn an_idle_server_ends_by_itself(place: Place) {
    let sandbox = place.sandbox().await;
    let waiting = server(&*sandbox, &user()).await;
    // Root's looks have a server of their own.
    within(async {
        while sandbox.stat(&waiting, true, &Identity::Root).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_ne!(server(&*sandbox, &user()).await, waiting);
    within(sandbox.destroy()).await;
}

async fn still_answers(sandbox: &dyn EngineSandbox) {
    let stat = within(sandbox.stat("/tmp/small", true, &user())).await;
    let stat = stat.unwrap();
    assert_eq!((stat.name.as_str(), stat.size), ("small", 5));
    assert_eq!(get(sandbox, "/tmp/small", &user()).await, b"small");
}

async fn an_abandoned_read_spoils_nothing(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/tmp/large", &vec![b'x'; 4 << 20], &user()).await;
    put(&*sandbox, "/tmp/small", b"small", &user()).await;
    for bytes in [0, 1, 64 * 1024, 1 << 20] {
        let mut file = within(sandbox.read("/tmp/large", &user())).await.unwrap();
        let read = within(file.bytes.read_exact(&mut vec![0; bytes])).await;
        assert_eq!(read.unwrap(), bytes);
        drop(file);
        still_answers(&*sandbox).await;
    }
    within(sandbox.destroy()).await;
}

/// Polls a future this many times, and abandons it.
async fn abandon<F: Future>(future: F, polls: usize) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let is_done = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready()));
        if is_done.await {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn an_abandoned_operation_spoils_nothing(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/tmp/small", b"small", &user()).await;
    for polls in 0..60 {
        abandon(sandbox.stat("/etc/passwd", true, &user()), polls).await;
        abandon(sandbox.list("/usr/bin", &user()), polls).await;
        still_answers(&*sandbox).await;
    }
    within(sandbox.destroy()).await;
}

async fn a_half_written_file_spoils_nothing(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/tmp/small", b"small", &user()).await;
    for _ in 0..5 {
        let mut writer = within(sandbox.write("/tmp/half", &user())).await.unwrap();
        within(writer.write(b"half")).await.unwrap();
        still_answers(&*sandbox).await;
        drop(writer);
        still_answers(&*sandbox).await;
    }
    within(sandbox.destroy()).await;
}

async fn a_request_that_fits_no_frame_is_served(place: Place) {
    let sandbox = place.sandbox().await;
    let long = "x".repeat(100_000);
    for _ in 0..2 {
        let stat = tokio::time::timeout(DEADLINE, sandbox.stat(&long, true, &user())).await;
        assert_eq!(stat.unwrap().unwrap_err().errno(), Some(libc::ENAMETOOLONG));
    }
    within(sandbox.destroy()).await;
}
