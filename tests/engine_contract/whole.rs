//! The sandbox as a whole: connections to it, signals to all, freezing, what it uses.

use cutover_standin::engine::{EngineSandbox, ExitStatus, Identity};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::place::{
    Case, DEADLINE, Place, bash, case, ended, get, put, read_until, run, user, within,
};

pub(crate) const CASES: &[Case] = &[
    case!(a_port_inside_is_connected_to, &["python3"]),
    case!(nobody_listening_is_refused),
    case!(the_hosts_ports_are_not_inside, &["isolation"]),
    case!(a_signal_to_all_reaches_the_children),
    case!(a_signal_to_all_spares_the_file_servers),
    case!(
        a_signal_to_all_reaches_what_forks_on,
        &["isolation", "python3"]
    ),
    case!(an_unknown_signal_is_einval),
    case!(frozen_processes_halt_and_go_on),
    case!(a_frozen_sandbox_is_read_and_destroyed),
    case!(what_was_halted_before_stays_so, &["isolation"]),
    case!(usage_is_measured),
    case!(usage_counts_everything_inside, &["isolation"]),
];

/// Answers each connection with what it said in capitals; says its port first.
const SERVER: &str = "
import socket, sys
server = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
server.bind((sys.argv[1], 0))
server.listen()
print(server.getsockname()[1], flush=True)
while True:
    peer, _ = server.accept()
    peer.sendall(peer.recv(100).upper())
    peer.close()
";

async fn a_port_inside_is_connected_to(place: Place) {
    let sandbox = place.sandbox().await;
    for address in ["127.0.0.1", "::1"] {
        let mut request = bash("");
        request.argv = ["python3", "-c", SERVER, address].map(str::to_owned).into();
        let mut server = within(sandbox.spawn(request)).await.unwrap();
        let said = read_until(&mut server.stdout, "\n").await;
        let port = said.trim().parse().unwrap();
        for _ in 0..2 {
            let mut stream = within(sandbox.connect(port)).await.unwrap();
            stream.write_all(b"hello").await.unwrap();
            let mut answer = String::new();
            within(stream.read_to_string(&mut answer)).await.unwrap();
            assert_eq!(answer, "HELLO", "{address}");
        }
    }
    within(sandbox.destroy()).await;
}

async fn nobody_listening_is_refused(place: Place) {
    let sandbox = place.sandbox().await;
    // Bound, so that nobody else on this machine gets the port, and without a listener.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = bound.local_addr().unwrap().port();
    let error = within(sandbox.connect(port)).await.unwrap_err();
    assert_eq!(error.errno(), Some(libc::ECONNREFUSED));
    within(sandbox.destroy()).await;
}

async fn the_hosts_ports_are_not_inside(place: Place) {
    let sandbox = place.sandbox().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = within(sandbox.connect(port)).await.unwrap_err();
    assert_eq!(error.errno(), Some(libc::ECONNREFUSED));
}

/// Kills until nothing is left; how many the first signal reached.
async fn kill_all(sandbox: &dyn EngineSandbox) -> u32 {
    let first = within(sandbox.signal_all(libc::SIGKILL)).await.unwrap();
    within(async { while sandbox.signal_all(libc::SIGKILL).await.unwrap() > 0 {} }).await;
    first
}

async fn a_signal_to_all_reaches_the_children(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "sleep 1000 & sleep 1000 & trap 'echo told' USR1; echo up; \
                  while :; do wait; done";
    let mut first = within(sandbox.spawn(bash(script))).await.unwrap();
    read_until(&mut first.stdout, "up\n").await;
    let mut second = within(sandbox.spawn(bash("echo up; exec sleep 1000")))
        .await
        .unwrap();
    read_until(&mut second.stdout, "up\n").await;
    assert_eq!(
        within(sandbox.signal_all(libc::SIGUSR1)).await.unwrap(),
        4,
        "two leaders and two children"
    );
    read_until(&mut first.stdout, "told\n").await;
    let by = |signal| ExitStatus::Signal {
        signal,
        core: false,
    };
    assert_eq!(ended(&mut second).await, by(libc::SIGUSR1));
    put(&*sandbox, "/tmp/kept", b"x", &user()).await;
    assert!(kill_all(&*sandbox).await >= 1);
    assert_eq!(ended(&mut first).await, by(libc::SIGKILL));
    assert_eq!(get(&*sandbox, "/tmp/kept", &user()).await, b"x");
    assert_eq!(run(&*sandbox, bash("echo on")).await.stdout, "on\n");
    within(sandbox.destroy()).await;
}

async fn a_signal_to_all_spares_the_file_servers(place: Place) {
    let sandbox = place.sandbox().await;
    let mut events = within(sandbox.watch("/tmp", false, &user())).await.unwrap();
    let mut writer = within(sandbox.write("/home/user/half", &user()))
        .await
        .unwrap();
    within(writer.write(b"one ")).await.unwrap();
    kill_all(&*sandbox).await;
    within(sandbox.freeze(true)).await.unwrap();
    within(writer.write(b"two")).await.unwrap();
    within(writer.finish()).await.unwrap();
    assert_eq!(get(&*sandbox, "/home/user/half", &user()).await, b"one two");
    put(&*sandbox, "/tmp/seen", b"", &user()).await;
    assert_eq!(within(events.recv()).await.unwrap().name, "seen");
    within(sandbox.destroy()).await;
}

async fn a_signal_to_all_reaches_what_forks_on(place: Place) {
    let sandbox = place.sandbox().await;
    // Always another pid: nobody can list it and then signal it in time. On a loaded machine those
    // that have ended may not be taken as fast as they are made, and no more are made for a moment.
    let hop = "
import os
print('up', flush=True)
while True:
    try:
        if os.fork(): os._exit(0)
    except BlockingIOError:
        pass
";
    let mut request = bash("");
    request.argv = ["python3", "-c", hop].map(str::to_owned).into();
    let mut process = within(sandbox.spawn(request)).await.unwrap();
    read_until(&mut process.stdout, "up\n").await;
    within(sandbox.freeze(true)).await.unwrap();
    // A parent may have been halted between its fork and its end.
    let halted = sandbox.usage().await.unwrap();
    assert!((1..=4).contains(&halted.processes), "{halted:?}");
    assert_eq!(sandbox.usage().await.unwrap(), halted);
    within(sandbox.freeze(false)).await.unwrap();
    assert!(kill_all(&*sandbox).await >= 1);
    assert_eq!(sandbox.usage().await.unwrap().processes, 0);
}

async fn an_unknown_signal_is_einval(place: Place) {
    let sandbox = place.sandbox().await;
    for signal in [-1, 0, 999] {
        let error = within(sandbox.signal_all(signal)).await.unwrap_err();
        assert_eq!(error.errno(), Some(libc::EINVAL), "{signal}");
    }
    within(sandbox.destroy()).await;
}

/// The state letter of a process, asked by another.
async fn state(sandbox: &dyn EngineSandbox, pid: u32) -> String {
    let script = format!(
        "while read -r key value _; do [ $key = State: ] && echo $value; done < /proc/{pid}/status"
    );
    run(sandbox, bash(&script)).await.stdout.trim().to_owned()
}

async fn frozen_processes_halt_and_go_on(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "(while :; do :; done) & echo up $!; while read -r line; do echo $line; done";
    let mut request = bash(script);
    request.stdin = cutover_standin::engine::StdinMode::Pipe;
    let mut process = within(sandbox.spawn(request)).await.unwrap();
    let said = read_until(&mut process.stdout, "\n").await;
    let child: u32 = said.trim().trim_start_matches("up ").parse().unwrap();
    // Twice is as once.
    within(sandbox.freeze(true)).await.unwrap();
    within(sandbox.freeze(true)).await.unwrap();
    for pid in [process.pid, child] {
        assert_eq!(state(&*sandbox, pid).await, "T");
    }
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write_all(b"heard\n").await.unwrap();
    within(sandbox.freeze(false)).await.unwrap();
    read_until(&mut process.stdout, "heard\n").await;
    assert_eq!(state(&*sandbox, child).await, "R");
    within(sandbox.destroy()).await;
}

async fn a_frozen_sandbox_is_read_and_destroyed(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/tmp/f", b"text", &user()).await;
    let script = "trap '' TERM HUP; sleep 1000 & echo up; wait";
    let mut process = within(sandbox.spawn(bash(script))).await.unwrap();
    read_until(&mut process.stdout, "up\n").await;
    within(sandbox.freeze(true)).await.unwrap();
    assert_eq!(get(&*sandbox, "/tmp/f", &user()).await, b"text");
    assert_eq!(within(sandbox.usage()).await.unwrap().processes, 2);
    within(sandbox.destroy()).await;
    assert_eq!(
        ended(&mut process).await,
        ExitStatus::Signal {
            signal: libc::SIGKILL,
            core: false
        }
    );
}

async fn what_was_halted_before_stays_so(place: Place) {
    let sandbox = place.sandbox().await;
    let process = within(sandbox.spawn(bash("kill -STOP $$; echo on")))
        .await
        .unwrap();
    within(async { while state(&*sandbox, process.pid).await != "T" {} }).await;
    within(sandbox.freeze(true)).await.unwrap();
    within(sandbox.freeze(false)).await.unwrap();
    assert_eq!(state(&*sandbox, process.pid).await, "T");
    assert_eq!(sandbox.signal_all(libc::SIGCONT).await.unwrap(), 1);
    let ran = crate::place::drain(process).await;
    assert_eq!(ran.stdout, "on\n");
}

async fn usage_is_measured(place: Place) {
    let sandbox = place.sandbox().await;
    let before = within(sandbox.usage()).await.unwrap();
    assert_eq!(before.processes, 0);
    assert_eq!((before.cpu_us, before.memory_bytes), (0, 0));
    put(&*sandbox, "/home/user/f", &vec![1; 3 << 20], &user()).await;
    let script = "(while :; do :; done) & echo up; wait";
    let mut process = within(sandbox.spawn(bash(script))).await.unwrap();
    read_until(&mut process.stdout, "up\n").await;
    let end = tokio::time::Instant::now() + DEADLINE;
    let mut now = within(sandbox.usage()).await.unwrap();
    while now.cpu_us == 0 && tokio::time::Instant::now() < end {
        now = within(sandbox.usage()).await.unwrap();
    }
    assert!(now.cpu_us > 0, "the loop takes time");
    assert_eq!(now.processes, 2);
    assert!(now.memory_bytes > 1 << 20, "{now:?}");
    assert!(now.memory_bytes < now.memory_bytes_max, "{now:?}");
    let grown = now.disk_bytes - before.disk_bytes;
    assert!((3 << 20..4 << 20).contains(&grown), "{before:?} {now:?}");
    assert!(now.disk_bytes < now.disk_bytes_max, "{now:?}");
    within(sandbox.destroy()).await;
}

async fn usage_counts_everything_inside(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "setsid sleep 1000 & sleep 1000 & echo up; wait";
    let mut process = within(sandbox.spawn(bash(script))).await.unwrap();
    read_until(&mut process.stdout, "up\n").await;
    let mut file = sandbox.read("/etc/passwd", &Identity::Root).await.unwrap();
    let usage = within(sandbox.usage()).await.unwrap();
    assert_eq!(usage.processes, 3, "neither init nor its servers");
    let bounded = place.has("files_limit");
    assert!(!bounded || usage.disk_bytes_max == 1 << 30, "{usage:?}");
    file.bytes.read_to_end(&mut Vec::new()).await.unwrap();
}
