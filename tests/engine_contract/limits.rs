//! Limits: a sandbox at its limit suffers, and nobody else.

use cutover_standin::engine::{ExitStatus, Identity, Profile};
use tokio::io::AsyncWriteExt;

use crate::place::{Case, Place, bash, case, profile, put, read_until, run, user, within};

pub(crate) const CASES: &[Case] = &[
    case!(a_full_sandbox_says_enospc, &["isolation", "files_limit"]),
    case!(inodes_end_as_well, &["isolation", "files_limit", "watch"]),
    case!(processes_are_limited_per_sandbox, &["isolation"]),
    case!(memory_is_limited_per_sandbox, &["memory_limit", "python3"]),
    case!(a_fork_bomb_leaves_the_sandbox_usable, &["isolation"]),
    case!(open_files_are_limited, &["isolation"]),
    case!(killing_everything_leaves_init, &["isolation"]),
    case!(the_network_is_loopback_only, &["isolation"]),
    case!(the_hosts_network_is_the_operators_choice, &["isolation"]),
];

fn small(files_bytes_max: u64, processes_max: u32) -> Profile {
    Profile {
        files_bytes_max,
        processes_max,
        ..profile("small")
    }
}

async fn a_full_sandbox_says_enospc(place: Place) {
    let sandbox = place.sandbox_of(small(4 << 20, 64)).await;
    let mut writer = sandbox.write("/home/user/f", &user()).await.unwrap();
    let piece = vec![1; 1 << 20];
    let mut failed = None;
    for _ in 0..16 {
        if let Err(error) = within(writer.write(&piece)).await {
            failed = Some(error);
            break;
        }
    }
    let error = match failed {
        Some(error) => error,
        None => within(writer.finish()).await.unwrap_err(),
    };
    assert_eq!(error.errno(), Some(libc::ENOSPC));
    let ran = run(
        &*sandbox,
        bash("head -c 9000000 /dev/zero > /tmp/x; echo $?; rm /tmp/x ~/f"),
    )
    .await;
    assert!(ran.stderr.contains("No space left"), "{ran:?}");
    put(&*sandbox, "/home/user/g", &piece, &user()).await;
}

async fn inodes_end_as_well(place: Place) {
    let sandbox = place.sandbox_of(small(4 << 20, 64)).await;
    let ran = run(
        &*sandbox,
        bash("cd ~; for i in {1..2000}; do : > f$i || break; done; ls | wc -l"),
    )
    .await;
    assert!(ran.stderr.contains("No space left"), "{ran:?}");
    let made: u32 = ran.stdout.trim().parse().unwrap();
    assert!((100..1024).contains(&made), "{made}");
}

async fn processes_are_limited_per_sandbox(place: Place) {
    let first = place.sandbox_of(small(16 << 20, 40)).await;
    let second = place.sandbox_of(small(16 << 20, 40)).await;
    let script = "for i in {1..30}; do sleep 1000 & done 2>/dev/null; echo up; wait";
    let mut full = within(first.spawn(bash(script))).await.unwrap();
    read_until(&mut full.stdout, "up\n").await;
    // A sandbox has its own count: the neighbour is not near its limit.
    let ran = run(
        &*second,
        bash("for i in {1..30}; do sleep 0.01 & done; wait; echo fine"),
    )
    .await;
    assert_eq!(ran.stdout, "fine\n", "{ran:?}");
    // Not bash, which tries a fork again for half a minute.
    let mut request = bash("");
    let script = "i=0; while [ $i -lt 60 ]; do sleep 1000 >/dev/null 2>&1 & i=$((i+1)); done";
    request.argv = ["/bin/sh", "-c", script].map(str::to_owned).into();
    let over = run(&*second, request).await;
    assert_ne!(over.status, ExitStatus::Code(0), "{over:?}");
    assert!(over.stderr.contains("fork"), "{over:?}");
}

async fn a_fork_bomb_leaves_the_sandbox_usable(place: Place) {
    let bombed = place.sandbox_of(small(16 << 20, 64)).await;
    let neighbour = place.sandbox().await;
    let request = bash("echo lit; b() { b | b & }; b 2>/dev/null; sleep 1000");
    let mut process = within(bombed.spawn(request)).await.unwrap();
    read_until(&mut process.stdout, "lit\n").await;
    assert_eq!(run(&*neighbour, bash("echo fine")).await.stdout, "fine\n");
    // Root's file operations are init's own and not held by the limit.
    put(&*bombed, "/tmp/note", b"x", &Identity::Root).await;
    within(bombed.destroy()).await;
}

async fn open_files_are_limited(place: Place) {
    let sandbox = place.sandbox().await;
    let ran = run(&*sandbox, bash("ulimit -n; ulimit -Hn; ulimit -u")).await;
    // A container's processes are held by its cgroup.
    let processes = if place.has("watch") { "512\n" } else { "" };
    let expected = format!("1024\n1024\n{processes}");
    assert!(ran.stdout.starts_with(&expected), "{ran:?}");
}

async fn killing_everything_leaves_init(place: Place) {
    let sandbox = place.sandbox().await;
    let ran = run(
        &*sandbox,
        bash("kill -9 1; kill -STOP 1; kill -9 -1; echo not reached"),
    )
    .await;
    assert!(matches!(
        ran.status,
        ExitStatus::Signal { signal: 9, .. } | ExitStatus::Code(_)
    ));
    assert_eq!(run(&*sandbox, bash("echo alive")).await.stdout, "alive\n");
}

async fn the_network_is_loopback_only(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "cat < /dev/tcp/127.0.0.1/9; cat < /dev/tcp/192.0.2.1/9; \
                  grep -c : /proc/net/dev";
    let ran = run(&*sandbox, bash(script)).await;
    assert!(
        ran.stderr.contains("Connection refused"),
        "lo is up: {ran:?}"
    );
    assert!(ran.stderr.contains("Network is unreachable"), "{ran:?}");
}

async fn the_hosts_network_is_the_operators_choice(place: Place) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port} && head -c 5 <&3");
    let with = |network| Profile {
        network,
        ..profile("net")
    };
    let closed = place.sandbox_of(with(false)).await;
    let ran = run(&*closed, bash(&script)).await;
    assert!(ran.stderr.contains("Connection refused"), "{ran:?}");
    let open = place.sandbox_of(with(true)).await;
    let (ran, ()) = tokio::join!(run(&*open, bash(&script)), async {
        let (mut peer, _) = within(listener.accept()).await.unwrap();
        within(peer.write_all(b"hello")).await.unwrap();
    });
    assert_eq!(ran.stdout, "hello", "{ran:?}");
}

/// The one who takes too much is ended, whoever he is, and the sandbox lives on.
async fn memory_is_limited_per_sandbox(place: Place) {
    let profile = Profile {
        memory_bytes_max: 48 << 20,
        ..profile("small")
    };
    let sandbox = place.sandbox_of(profile).await;
    let usage = within(sandbox.usage()).await.unwrap();
    assert_eq!(usage.memory_bytes_max, 48 << 20);
    // One that is too large, and several that are small enough each.
    let hold =
        |mib: u32| format!("python3 -c 'import time; x = bytearray({mib} << 20); time.sleep(60)'");
    let ran = run(&*sandbox, bash(&format!("{}; echo ended $?", hold(128)))).await;
    assert!(ran.stdout.ends_with("ended 137\n"), "{ran:?}");
    let many = format!(
        "for i in 1 2 3 4 5 6; do {} & done; wait -n; echo first $?",
        hold(16)
    );
    let ran = run(
        &*sandbox,
        bash(&format!("{many}; kill $(jobs -p) 2>/dev/null")),
    )
    .await;
    assert!(ran.stdout.contains("first 137\n"), "{ran:?}");
    let ran = run(&*sandbox, bash("echo lives")).await;
    assert_eq!(ran.stdout, "lives\n");
}
