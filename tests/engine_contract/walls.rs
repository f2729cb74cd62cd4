//! Walls: what one sandbox takes of memory, processes and terminals ends at its own limit, whoever
//! inside takes it, and its neighbours do not notice.

use cutover_standin::engine::{
    EngineError, EngineSandbox, ExitStatus, Identity, OutputMode, Profile, SpawnRequest,
};

use crate::place::{Case, Place, bash, case, drain, profile, put, read_until, run, user, within};

pub(crate) const CASES: &[Case] = &[
    case!(each_kind_of_memory_is_limited, &["memory_limit", "python3"]),
    case!(threads_do_not_hide_memory, &["memory_limit", "python3"]),
    case!(
        starting_a_program_is_not_twice_the_memory,
        &["memory_limit", "python3"]
    ),
    case!(what_nobody_holds_goes_first, &["memory_limit", "python3"]),
    case!(
        open_files_of_all_are_limited,
        &["memory_limit", "python3", "watch"]
    ),
    case!(files_mapped_are_files, &["memory_limit", "python3"]),
    case!(
        processes_of_all_users_are_limited,
        &["isolation", "root", "python3"]
    ),
    case!(
        root_of_many_users_is_limited,
        &["isolation", "root", "python3"]
    ),
    case!(threads_count_as_processes, &["isolation", "python3"]),
    case!(
        terminals_of_one_are_not_all,
        &["isolation", "python3", "terminals"]
    ),
    case!(low_soft_limits_are_not_handed_on, &["isolation"]),
];

fn small(memory_mib: u64, processes_max: u32) -> Profile {
    Profile {
        memory_bytes_max: memory_mib << 20,
        processes_max,
        ..profile("small")
    }
}

fn python(script: &str, argument: &str) -> SpawnRequest {
    let mut request = bash("");
    request.argv = ["python3", "-c", script, argument]
        .map(str::to_owned)
        .into();
    request
}

/// Takes 256 MiB of a kind in pieces, and keeps them.
const HOG: &str = "
import ctypes, mmap, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
piece, kept = 8 << 20, []
for _ in range(32):
    kind = sys.argv[1]
    if kind == 'private':
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        kept.append(mmap.mmap(-1, piece, flags=flags))
        kept[-1].write(b'x' * piece)
    elif kind == 'shared':
        kept.append(mmap.mmap(-1, piece))
        kept[-1].write(b'x' * piece)
    elif kind == 'memfd':
        kept.append(os.memfd_create('x'))
        os.write(kept[-1], b'x' * piece)
    else:
        segment = libc.shmget(0, ctypes.c_size_t(piece), 0o1600)
        if segment < 0:
            print('refused', flush=True)
            break
        at = libc.shmat(segment, None, 0)
        ctypes.memset(at, 1, piece)
        if kind == 'left': libc.shmdt(ctypes.c_void_p(at))
print('taken', flush=True)
time.sleep(1 if kind == 'left' else 50)
";

async fn each_kind_of_memory_is_limited(place: Place) {
    let sandbox = place.sandbox_of(small(96, 64)).await;
    let neighbour = place.sandbox().await;
    let bystander = "python3 -c 'import time; x = bytearray(8 << 20); print(\"up\", flush=True); time.sleep(600)'";
    let mut bystander = within(sandbox.spawn(bash(bystander))).await.unwrap();
    read_until(&mut bystander.stdout, "up\n").await;
    for kind in ["private", "shared", "memfd", "system v"] {
        let ran = run(&*sandbox, python(HOG, kind)).await;
        let killed = ExitStatus::Signal {
            signal: libc::SIGKILL,
            core: false,
        };
        // System V memory is bounded by the kernel where there is a root inside.
        let refused = kind == "system v" && ran.stdout.starts_with("refused");
        assert!(ran.status == killed || refused, "{kind} {ran:?}");
        assert!(refused || !ran.stdout.contains("taken"), "{kind} {ran:?}");
        assert_eq!(run(&*neighbour, bash("echo fine")).await.stdout, "fine\n");
        assert_eq!(
            *bystander.exit.borrow(),
            None,
            "{kind}: the holder is ended"
        );
        assert_eq!(run(&*sandbox, bash("echo fine")).await.stdout, "fine\n");
    }
}

/// Memory of a process whose first thread has ended, and memory files that only another thread has.
async fn threads_do_not_hide_memory(place: Place) {
    let sandbox = place.sandbox_of(small(96, 64)).await;
    let script = "
import ctypes, os, sys, threading, time
libc = ctypes.CDLL(None)
kept = []
def take():
    if sys.argv[1] == 'files': libc.unshare(0x400)
    else: time.sleep(0.3)
    for _ in range(32):
        if sys.argv[1] == 'files':
            kept.append(os.memfd_create('x'))
            os.write(kept[-1], b'x' * (8 << 20))
        else: kept.append(bytearray(8 << 20))
    print('taken', flush=True)
    time.sleep(50)
threading.Thread(target=take).start()
if sys.argv[1] == 'headless': libc.pthread_exit(None)
time.sleep(60)
";
    for kind in ["files", "headless"] {
        let ran = run(&*sandbox, python(script, kind)).await;
        assert!(!ran.stdout.contains("taken"), "{kind} {ran:?}");
        let killed = ExitStatus::Signal {
            signal: libc::SIGKILL,
            core: false,
        };
        assert_eq!(ran.status, killed, "{kind}");
    }
}

/// A child shares the memory of its parent until it has become another program.
async fn starting_a_program_is_not_twice_the_memory(place: Place) {
    let sandbox = place.sandbox_of(small(96, 64)).await;
    let script = "
import os
x = bytearray(56 << 20)
for _ in range(500):
    os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)
for _ in range(100):
    if os.fork() == 0: os._exit(0)
    os.wait()
print('done')
";
    let ran = run(&*sandbox, python(script, "")).await;
    assert_eq!(ran.stdout, "done\n", "{ran:?}");
}

/// Bytes of System V memory, and the count of its semaphores.
const OBJECTS: &str = "awk 'NR > 1 { n += $(NF - 1) } END { print n + 0 }' /proc/sysvipc/shm; \
                       awk 'NR > 1 { n += $4 } END { print n + 0 }' /proc/sysvipc/sem";

async fn objects(sandbox: &dyn EngineSandbox) -> (u64, u64) {
    let said = run(sandbox, bash(OBJECTS)).await.stdout;
    let mut numbers = said.lines().map(|line| line.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

async fn what_nobody_holds_goes_first(place: Place) {
    let sandbox = place.sandbox_of(small(96, 64)).await;
    let ran = run(&*sandbox, python(HOG, "left")).await;
    assert_eq!(ran.status, ExitStatus::Code(0), "{ran:?}");
    let sets = "
import ctypes, time
libc = ctypes.CDLL(None)
for _ in range(200): libc.semget(0, 32000, 0o1600)
time.sleep(1)
";
    let ran = run(&*sandbox, python(sets, "")).await;
    assert_eq!(ran.status, ExitStatus::Code(0), "{ran:?}");
    let mut keeper = within(sandbox.spawn(bash("echo up; exec sleep 1000")))
        .await
        .unwrap();
    read_until(&mut keeper.stdout, "up\n").await;
    within(async {
        loop {
            let (bytes, semaphores) = objects(&*sandbox).await;
            if bytes + semaphores * 64 <= 96 << 20 {
                break;
            }
        }
    })
    .await;
    assert_eq!(*keeper.exit.borrow(), None);
}

/// More open files than the watch looks at would hide memory files among them.
async fn open_files_of_all_are_limited(place: Place) {
    let sandbox = place.sandbox_of(small(4096, 100)).await;
    let mut bystander = within(sandbox.spawn(bash("echo up; exec sleep 1000")))
        .await
        .unwrap();
    read_until(&mut bystander.stdout, "up\n").await;
    // 38 of them may have 32768 together.
    let script = "
import os, time
null = os.open('/dev/null', os.O_RDONLY)
for _ in range(40):
    if os.fork() == 0:
        for at in range(850): os.dup(null)
        os.dup2(null, 1), os.dup2(null, 2)
        time.sleep(1000)
ended = [os.waitpid(-1, 0)[1] for _ in range(2)]
print(ended)
";
    let ran = run(&*sandbox, python(script, "")).await;
    assert_eq!(ran.stdout, "[9, 9]\n", "{ran:?}");
    assert_eq!(*bystander.exit.borrow(), None);
    assert_eq!(run(&*sandbox, bash("echo fine")).await.stdout, "fine\n");
}

async fn files_mapped_are_files(place: Place) {
    let sandbox = place.sandbox_of(small(96, 64)).await;
    let script = "
import mmap, time
with open('/tmp/f', 'wb') as f:
    for _ in range(160): f.write(b'x' * (1 << 20))
with open('/tmp/f', 'r+b') as f:
    m = mmap.mmap(f.fileno(), 0)
    total = sum(m[i] for i in range(0, len(m), 4096))
    time.sleep(1)
    print(total)
";
    let ran = run(&*sandbox, python(script, "")).await;
    assert_eq!(ran.stdout, format!("{}\n", (160 << 8) * u32::from(b'x')));
}

/// Waits until what lives inside is within the limit, and looks for a while whether it stays so.
async fn stays_within(sandbox: &dyn EngineSandbox, max: u32) {
    let count = async || within(sandbox.usage()).await.unwrap().processes;
    within(async { while count().await > max {} }).await;
    for _ in 0..50 {
        // What is forked between two looks comes on top.
        assert!(count().await <= max * 2);
    }
}

async fn goes_on(sandbox: &dyn EngineSandbox, neighbour: &dyn EngineSandbox) {
    put(sandbox, "/tmp/note", b"x", &Identity::Root).await;
    put(sandbox, "/tmp/own", b"x", &user()).await;
    within(sandbox.stat("/tmp/note", true, &user()))
        .await
        .unwrap();
    let ran = run(
        neighbour,
        bash("for i in {1..30}; do sleep 0 & done; wait; echo fine"),
    )
    .await;
    assert_eq!(ran.stdout, "fine\n", "{ran:?}");
}

/// Forks as many as it is told that sleep, and does so again when they are ended.
const FORKS: &str = "
import os, sys, time
print('up', flush=True)
while True:
    for _ in range(int(sys.argv[1])):
        try:
            if os.fork() == 0: time.sleep(1000)
        except OSError: break
    time.sleep(0.05)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]: pass
    except OSError: pass
";

async fn processes_of_all_users_are_limited(place: Place) {
    let sandbox = place.sandbox_of(small(4096, 100)).await;
    let neighbour = place.sandbox_of(small(4096, 100)).await;
    let mut started = Vec::new();
    for uid in 2001..2007 {
        let mut request = python(FORKS, "80");
        "/tmp".clone_into(&mut request.cwd);
        request.identity = Identity::User {
            uid,
            gid: uid,
            groups: vec![],
        };
        // At the limit one that is new may be ended at once.
        if let Ok(process) = within(sandbox.spawn(request)).await {
            started.push(process);
        }
    }
    assert!(started.len() >= 2);
    stays_within(&*sandbox, 100 + place.room()).await;
    goes_on(&*sandbox, &*neighbour).await;
    within(sandbox.destroy()).await;
}

/// As many users as it is told, each of which forks.
const USERS: &str = "
import os, sys, time
print('up', flush=True)
for user in range(3000, 3000 + int(sys.argv[1])):
    if os.fork() == 0:
        os.setuid(user)
        while True:
            try:
                if os.fork() == 0: time.sleep(1000)
            except OSError: time.sleep(0.01)
time.sleep(1000)
";

async fn root_of_many_users_is_limited(place: Place) {
    let sandbox = place.sandbox_of(small(4096, 100)).await;
    let neighbour = place.sandbox_of(small(4096, 100)).await;
    let mut request = python(USERS, "6");
    request.identity = Identity::Root;
    let mut bomb = within(sandbox.spawn(request)).await.unwrap();
    read_until(&mut bomb.stdout, "up\n").await;
    stays_within(&*sandbox, 100 + place.room()).await;
    goes_on(&*sandbox, &*neighbour).await;
    within(sandbox.signal_all(libc::SIGKILL)).await.unwrap();
    within(async { while sandbox.signal_all(libc::SIGKILL).await.unwrap() > 0 {} }).await;
    assert_eq!(run(&*sandbox, bash("echo fine")).await.stdout, "fine\n");
    within(sandbox.destroy()).await;
}

async fn threads_count_as_processes(place: Place) {
    let sandbox = place.sandbox_of(small(4096, 64)).await;
    let script = "
import threading, time
made = 0
try:
    for made in range(200): threading.Thread(target=time.sleep, args=(50,), daemon=True).start()
except RuntimeError: pass
print(made, flush=True)
";
    let ran = run(&*sandbox, python(script, "")).await;
    let made: u32 = ran.stdout.trim().parse().unwrap();
    assert!((20..64 + place.room()).contains(&made), "{ran:?}");
    assert_eq!(run(&*sandbox, bash("echo fine")).await.stdout, "fine\n");
}

async fn terminals_of_one_are_not_all(place: Place) {
    let script = "
import os, sys
kept = []
try:
    while True: kept.append(os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY))
except OSError as error: print(len(kept), error.errno, flush=True)
sys.stdin.read()
";
    let terminal = || {
        let mut request = bash("tty");
        request.output = OutputMode::Pty { cols: 80, rows: 24 };
        request
    };
    let (hog, neighbour) = (place.sandbox().await, place.sandbox().await);
    let mut request = python(script, "");
    request.stdin = cutover_standin::engine::StdinMode::Pipe;
    let mut taking = within(hog.spawn(request)).await.unwrap();
    let said = read_until(&mut taking.stdout, "\n").await;
    assert_eq!(said, format!("64 {}\n", libc::ENOSPC));
    // Who has taken all is told so, and nobody else notices.
    let refused = within(hog.spawn(terminal())).await.unwrap_err();
    let full = EngineError::Os {
        operation: "terminal".to_owned(),
        errno: libc::ENOSPC,
    };
    assert_eq!(refused, full);
    let opened = run(&*neighbour, terminal()).await;
    assert_eq!(opened.stdout, "/dev/pts/0\r\n", "{opened:?}");
    let mut both = std::fs::OpenOptions::new();
    both.read(true).write(true).open("/dev/ptmx").unwrap();
    drop(taking.stdin.take());
    drain(taking).await;
    let opened = run(&*hog, terminal()).await;
    assert_eq!(opened.stdout, "/dev/pts/0\r\n", "{opened:?}");
}

async fn low_soft_limits_are_not_handed_on(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "for limit in f v d t s; do ulimit -S$limit; done; ulimit -c";
    let ran = run(&*sandbox, bash(script)).await;
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[4..], ["8192", "0"], "{ran:?}");
    for (limit, at) in ["f", "v", "d", "t"].iter().zip(lines) {
        let hard = run(&*sandbox, bash(&format!("ulimit -H{limit}"))).await;
        assert_eq!(at, hard.stdout.trim(), "{limit}");
    }
}
