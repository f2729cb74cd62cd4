//! Processes: streams, exits, signals, groups, terminals, identities.

use cutover_standin::engine::{
    EngineError, ExitStatus, Identity, OutputMode, SignalTarget, StdinMode,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::place::{Case, Place, bash, case, drain, ended, read_until, run, within};

pub(crate) const CASES: &[Case] = &[
    case!(two_pipes_keep_the_streams_apart),
    case!(one_pipe_keeps_the_order),
    case!(exit_codes_and_signals_are_told),
    case!(a_step_that_fails_says_its_errno),
    case!(the_environment_is_only_what_was_asked),
    case!(closed_input_is_at_its_end_and_a_pipe_waits_for_its_close),
    case!(a_signal_reaches_the_leader_only),
    case!(a_group_signal_reaches_the_children),
    case!(signals_reach_nobody_else),
    case!(a_terminal_has_its_size_and_takes_another),
    case!(resize_of_no_terminal_is_enotty),
    case!(the_exit_is_told_while_a_child_holds_the_pipe),
    case!(output_of_any_length_arrives_whole),
    case!(a_large_command_line_and_environment_arrive),
    case!(destroy_ends_background_children_and_is_idempotent),
    case!(identity_and_namespaces_are_its_own, &["isolation"]),
    case!(root_commands_have_root, &["isolation", "root"]),
    case!(the_login_shell_is_as_on_debian, &["isolation"]),
];

async fn two_pipes_keep_the_streams_apart(place: Place) {
    let sandbox = place.sandbox().await;
    let ran = run(&*sandbox, bash("echo out; echo err >&2; printf last")).await;
    assert_eq!(ran.stdout, "out\nlast");
    assert_eq!(ran.stderr, "err\n");
    assert_eq!(ran.status, ExitStatus::Code(0));
}

async fn one_pipe_keeps_the_order(place: Place) {
    let sandbox = place.sandbox().await;
    let mut request = bash("for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done");
    request.output = OutputMode::OnePipe;
    let ran = run(&*sandbox, request).await;
    assert_eq!(ran.stdout, "o1\ne1\no2\ne2\no3\ne3\no4\ne4\no5\ne5\n");
    assert_eq!(ran.stderr, "");
}

async fn exit_codes_and_signals_are_told(place: Place) {
    let sandbox = place.sandbox().await;
    let killed = |signal| ExitStatus::Signal {
        signal,
        core: false,
    };
    for (script, status) in [
        ("exit 0", ExitStatus::Code(0)),
        ("exit 3", ExitStatus::Code(3)),
        ("exit 300", ExitStatus::Code(44)),
        ("no-such-program", ExitStatus::Code(127)),
        ("kill -9 $$", killed(9)),
        ("kill -15 $$", killed(15)),
        // A real-time signal has no name, and must be told nevertheless.
        ("kill -40 $$", killed(40)),
        ("bash -c 'kill -9 $$'; exit $?", ExitStatus::Code(137)),
    ] {
        assert_eq!(
            run(&*sandbox, bash(script)).await.status,
            status,
            "{script}"
        );
    }
}

async fn a_step_that_fails_says_its_errno(place: Place) {
    let sandbox = place.sandbox().await;
    let missing_cwd = {
        let mut request = bash("true");
        "/home/user/nope".clone_into(&mut request.cwd);
        (request, "chdir", libc::ENOENT)
    };
    let file_as_cwd = {
        let mut request = bash("true");
        "/bin/bash".clone_into(&mut request.cwd);
        (request, "chdir", libc::ENOTDIR)
    };
    let missing_program = {
        let mut request = bash("true");
        request.argv = vec!["/nope".to_owned()];
        (request, "exec", libc::ENOENT)
    };
    let unknown_name = {
        let mut request = bash("true");
        request.argv = vec!["no-such-program".to_owned()];
        (request, "exec", libc::ENOENT)
    };
    let not_executable = {
        let mut request = bash("true");
        request.argv = vec!["/etc/passwd".to_owned()];
        (request, "exec", libc::EACCES)
    };
    for (request, operation, errno) in [
        missing_cwd,
        file_as_cwd,
        missing_program,
        unknown_name,
        not_executable,
    ] {
        let error = within(sandbox.spawn(request)).await.unwrap_err();
        let expected = EngineError::Os {
            operation: operation.to_owned(),
            errno,
        };
        assert_eq!(error, expected);
    }
}

async fn the_environment_is_only_what_was_asked(place: Place) {
    let sandbox = place.sandbox().await;
    let mut request = bash("");
    request.argv = vec!["env".to_owned()];
    request.env.insert("A".to_owned(), "b=c\nd".to_owned());
    request.env.remove("HOME");
    let ran = run(&*sandbox, request).await;
    assert_eq!(ran.stdout, "A=b=c\nd\nPATH=/usr/local/bin:/usr/bin:/bin\n");
    let ran = run(&*sandbox, bash("umask; ulimit -c; ls /proc/$$/fd | wc -l")).await;
    assert!(ran.stdout.starts_with("0022\n"), "{}", ran.stdout);
}

async fn closed_input_is_at_its_end_and_a_pipe_waits_for_its_close(place: Place) {
    let sandbox = place.sandbox().await;
    let ran = run(&*sandbox, bash("cat; echo end")).await;
    assert_eq!(ran.stdout, "end\n");
    let mut request = bash("cat; echo end");
    request.stdin = StdinMode::Pipe;
    let mut process = within(sandbox.spawn(request)).await.unwrap();
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all(b"hello\n").await.unwrap();
    assert_eq!(read_until(&mut process.stdout, "hello\n").await, "hello\n");
    assert_eq!(*process.exit.borrow(), None);
    drop(stdin);
    let ran = drain(process).await;
    assert_eq!(ran.stdout, "end\n");
    assert_eq!(ran.status, ExitStatus::Code(0));
}

async fn a_signal_reaches_the_leader_only(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "bash -c 'echo ready; read -t 30 x < <(sleep 1); echo survived' & wait";
    let mut process = within(sandbox.spawn(bash(script))).await.unwrap();
    read_until(&mut process.stdout, "ready\n").await;
    let target = SignalTarget::Process(process.pid);
    within(sandbox.signal(target, libc::SIGKILL)).await.unwrap();
    let expected = ExitStatus::Signal {
        signal: libc::SIGKILL,
        core: false,
    };
    assert_eq!(ended(&mut process).await, expected);
    assert_eq!(
        read_until(&mut process.stdout, "survived\n").await,
        "survived\n"
    );
}

async fn a_group_signal_reaches_the_children(place: Place) {
    let sandbox = place.sandbox().await;
    let mut process = within(sandbox.spawn(bash("sleep 1000 & echo ready; wait")))
        .await
        .unwrap();
    read_until(&mut process.stdout, "ready\n").await;
    let target = SignalTarget::Group(process.pid);
    within(sandbox.signal(target, libc::SIGKILL)).await.unwrap();
    // The end of file comes only when the child has closed the pipe as well.
    let ran = drain(process).await;
    assert_eq!(ran.stdout, "");
    // The leader stays a zombie, and its group with it, until init has reaped it.
    let gone = async {
        loop {
            match sandbox.signal(target, libc::SIGKILL).await {
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => break error.errno(),
            }
        }
    };
    assert_eq!(within(gone).await, Some(libc::ESRCH));
}

async fn signals_reach_nobody_else(place: Place) {
    let sandbox = place.sandbox().await;
    for target in [
        SignalTarget::Process(1),
        SignalTarget::Group(1),
        SignalTarget::Process(0),
        SignalTarget::Group(0),
        SignalTarget::Process(std::process::id()),
        SignalTarget::Process(u32::MAX),
    ] {
        let error = within(sandbox.signal(target, libc::SIGTERM))
            .await
            .unwrap_err();
        assert_eq!(error.errno(), Some(libc::ESRCH), "{target:?}");
    }
}

async fn a_terminal_has_its_size_and_takes_another(place: Place) {
    let sandbox = place.sandbox().await;
    let mut request = bash("stty size; tty; read -r line; echo got=$line; stty size; exit 4");
    request.output = OutputMode::Pty { cols: 91, rows: 33 };
    let mut process = within(sandbox.spawn(request)).await.unwrap();
    let first = read_until(&mut process.stdout, "/dev/pts/").await;
    assert!(first.starts_with("33 91\r\n"), "{first:?}");
    within(sandbox.resize(process.pid, 120, 40)).await.unwrap();
    process
        .stdin
        .as_mut()
        .unwrap()
        .write_all(b"word\n")
        .await
        .unwrap();
    let rest = read_until(&mut process.stdout, "40 120\r\n").await;
    assert!(rest.contains("got=word\r\n"), "{rest:?}");
    assert_eq!(ended(&mut process).await, ExitStatus::Code(4));
    let mut last = Vec::new();
    within(process.stdout.read_to_end(&mut last)).await.unwrap();
}

async fn resize_of_no_terminal_is_enotty(place: Place) {
    let sandbox = place.sandbox().await;
    let mut process = within(sandbox.spawn(bash("sleep 1000"))).await.unwrap();
    let error = within(sandbox.resize(process.pid, 80, 24))
        .await
        .unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOTTY));
    let target = SignalTarget::Process(process.pid);
    within(sandbox.signal(target, libc::SIGKILL)).await.unwrap();
    ended(&mut process).await;
    let error = within(sandbox.resize(process.pid, 80, 24))
        .await
        .unwrap_err();
    assert_eq!(error.errno(), Some(libc::ESRCH));
}

async fn the_exit_is_told_while_a_child_holds_the_pipe(place: Place) {
    let sandbox = place.sandbox().await;
    let mut process = within(sandbox.spawn(bash("sleep 1000 & echo done")))
        .await
        .unwrap();
    assert_eq!(ended(&mut process).await, ExitStatus::Code(0));
    assert_eq!(read_until(&mut process.stdout, "done\n").await, "done\n");
    within(sandbox.destroy()).await;
    let mut rest = Vec::new();
    within(process.stdout.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.is_empty());
}

async fn output_of_any_length_arrives_whole(place: Place) {
    let sandbox = place.sandbox().await;
    // 100 MB on one line, counted and not kept.
    let request = bash("head -c 100000000 /dev/zero | tr '\\0' x");
    let mut process = within(sandbox.spawn(request)).await.unwrap();
    let mut count = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = within(process.stdout.read(&mut buffer)).await.unwrap();
        if read == 0 {
            break;
        }
        assert!(buffer[..read].iter().all(|byte| *byte == b'x'));
        count += read;
    }
    assert_eq!(count, 100_000_000);
    assert_eq!(ended(&mut process).await, ExitStatus::Code(0));
}

async fn a_large_command_line_and_environment_arrive(place: Place) {
    let sandbox = place.sandbox().await;
    let mut request = bash("echo ${#1} ${#BIG}");
    // Just below what Linux takes as one string.
    request
        .argv
        .extend(["bash".to_owned(), "x".repeat(130_000)]);
    request.env.insert("BIG".to_owned(), "y".repeat(130_000));
    assert_eq!(
        run(&*sandbox, request.clone()).await.stdout,
        "130000 130000\n"
    );
    request.argv.push("x".repeat(200_000));
    let error = within(sandbox.spawn(request)).await.unwrap_err();
    assert_eq!(error.errno(), Some(libc::E2BIG));
}

async fn destroy_ends_background_children_and_is_idempotent(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "trap '' TERM INT HUP; (trap '' TERM; sleep 1000) & sleep 1000 & echo up; wait";
    let mut process = within(sandbox.spawn(bash(script))).await.unwrap();
    read_until(&mut process.stdout, "up\n").await;
    within(sandbox.destroy()).await;
    let mut rest = Vec::new();
    within(process.stdout.read_to_end(&mut rest)).await.unwrap();
    within(sandbox.destroy()).await;
    let error = within(sandbox.spawn(bash("true"))).await.unwrap_err();
    assert_eq!(error, EngineError::Gone);
    let error = within(sandbox.stat("/tmp", true, &Identity::Root))
        .await
        .unwrap_err();
    assert_eq!(error, EngineError::Gone);
}

async fn identity_and_namespaces_are_its_own(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "id -u; id -g; id -un; hostname; pwd; echo $HOME; ls /sys | wc -l; \
                  ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm; grep Cap /proc/self/status; \
                  cat /proc/net/dev | grep -c :; kill -0 1 2>&1";
    let ran = run(&*sandbox, bash(script)).await;
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let expected = [
        "1000",
        "1000",
        "user",
        "contract",
        "/home/user",
        "/home/user",
    ];
    assert_eq!(&lines[..6], expected, "{ran:?}");
    let own_root = place.has("host_usr");
    assert!(!own_root || lines[6] == "0", "nothing of /sys: {ran:?}");
    let processes: u32 = lines[7].parse().unwrap();
    assert!(processes <= 4, "init, bash, ls and wc at most: {processes}");
    // An image may have programs that make one root, with what root has in a container.
    let bounding = own_root.then_some("CapBnd");
    let own = ["CapPrm", "CapEff", "CapInh", "CapAmb"];
    for capabilities in own.into_iter().chain(bounding) {
        let line = lines
            .iter()
            .find(|line| line.starts_with(capabilities))
            .unwrap();
        assert!(line.ends_with("0000000000000000"), "{line}");
    }
    assert!(lines.contains(&"1"), "one network interface: {ran:?}");
    let ran = run(
        &*sandbox,
        bash("ping6 2>/dev/null; unshare -U true; mount -t tmpfs x /tmp"),
    )
    .await;
    assert_ne!(ran.status, ExitStatus::Code(0), "no way to new privileges");
}

async fn root_commands_have_root(place: Place) {
    let sandbox = place.sandbox().await;
    let mut request = bash(
        "id -u; chown 7:8 /home/user/.profile && stat -c %u:%g /home/user/.profile; \
         echo x >> /etc/hosts && echo wrote; touch /usr/x 2>&1 | grep -o 'Read-only.*'; \
         mount -t tmpfs x /mnt 2>/dev/null || echo no mount; \
         cat /proc/1/environ 2>/dev/null >/dev/null || echo no trace",
    );
    request.identity = Identity::Root;
    let ran = run(&*sandbox, request).await;
    let read_only = if place.has("host_usr") {
        "Read-only file system\n"
    } else {
        ""
    };
    let expected = format!("0\n7:8\nwrote\n{read_only}no mount\nno trace\n");
    assert_eq!(ran.stdout, expected, "{ran:?}");
}

async fn the_login_shell_is_as_on_debian(place: Place) {
    let sandbox = place.sandbox().await;
    let mut request = bash("");
    let script = "echo $PATH; echo ok > /dev/null; echo >(true) | grep -c /dev/fd; ls -a ~";
    request.argv = ["/bin/bash", "-l", "-c", script].map(str::to_owned).into();
    request.env.insert("PATH".to_owned(), "/asked".to_owned());
    let ran = run(&*sandbox, request).await;
    let expected = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games\n1\n\
                    .\n..\n.bash_logout\n.bashrc\n.profile\n";
    assert_eq!(ran.stdout, expected, "{ran:?}");
    let accounts = within(sandbox.accounts()).await.unwrap();
    let found = accounts
        .iter()
        .find(|account| account.name == "user")
        .unwrap();
    assert_eq!((found.uid, found.home.as_str()), (1000, "/home/user"));
    assert!(
        accounts
            .iter()
            .any(|account| account.name == "root" && account.uid == 0)
    );
}
