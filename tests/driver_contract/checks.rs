//! What every driver and its stand-in do together on a good day.

use std::time::Duration;

use bytes::Bytes;
use cutover::call::sandbox_call::{MoveFile, Provision, RemoveFile, SendStdin, StartBackground};
use cutover::call::{FailureClass, Provider};
use cutover::driver::{Destroyed, DriverError, Labels, SandboxHandle, Streams, Suspend};
use indexmap::IndexMap;

use super::bench::{Bench, class, class_of_death, command, driver, list, output, text, write};

pub(crate) async fn a_command_gives_its_output_and_exit(b: &Bench) {
    let s = b.sandbox().await;
    let reply = b.run(&s, "echo out; echo err >&2; exit 3").await;
    assert_eq!((reply.exit_code, reply.signal.as_deref()), (Some(3), None));
    assert_eq!(text(output(&reply)), "out\nerr\n");
    match (b.provider, &reply.streams) {
        (Provider::E2b, Streams::Apart { stdout, stderr, .. }) => {
            assert_eq!(
                (text(stdout).as_str(), text(stderr).as_str()),
                ("out\n", "err\n")
            );
        }
        (Provider::Daytona, Streams::Merged { .. }) => {}
        (provider, streams) => panic!("{provider} does not keep {streams:?}"),
    }
    let reply = b.run(&s, "true").await;
    assert_eq!((reply.exit_code, output(&reply).len), (Some(0), 0));
}

pub(crate) async fn a_time_limit_is_a_timeout(b: &Bench) {
    let s = b.sandbox().await;
    let mut request = command("echo begun; exec sleep 60");
    request.timeout = Some(Duration::from_secs(1));
    let result = b.driver.execute(&s, &request, &b.cx).await;
    assert_eq!(class(result), FailureClass::Timeout);
}

pub(crate) async fn large_output_comes_whole(b: &Bench) {
    let s = b.sandbox().await;
    let reply = b.run(&s, "head -c 10485760 /dev/zero | tr '\\0' x").await;
    assert_eq!(output(&reply).len, 10 << 20);
    assert!(output(&reply).file().is_some());
}

pub(crate) async fn a_missing_directory_is_told(b: &Bench) {
    let s = b.sandbox().await;
    let mut request = command("pwd");
    request.cwd = Some("/no/such/dir".to_owned());
    let result = b.driver.execute(&s, &request, &b.cx).await;
    match b.provider {
        Provider::E2b => assert_eq!(class(result), FailureClass::Invalid),
        Provider::Daytona => assert_eq!(result.unwrap().exit_code, Some(-1)),
    }
}

pub(crate) async fn environment_reaches_commands(b: &Bench) {
    let s = b.sandbox().await;
    let mut request = command("echo \"$FROM_CREATE/$FROM_CALL\"");
    request
        .env
        .insert("FROM_CALL".to_owned(), "a b'\"$".to_owned());
    let reply = b.driver.execute(&s, &request, &b.cx).await.unwrap();
    assert_eq!(text(output(&reply)), "1/a b'\"$\n");
}

/// A directory in the sandbox's home. Commands name it relative to that: the engine without
/// isolation maps the paths of file calls, and not those in commands.
async fn folder(b: &Bench, s: &SandboxHandle) -> String {
    let reply = b.run(s, "mkdir -p d").await;
    assert_eq!(reply.exit_code, Some(0), "{}", text(output(&reply)));
    "/home/user/d".to_owned()
}

pub(crate) async fn files_come_and_go(b: &Bench) {
    let s = b.sandbox().await;
    let folder = folder(b, &s).await;
    for (name, content) in [
        ("plain.txt", Bytes::from_static(b"hello\n")),
        (
            "sub/odd na\u{ef}me;\".bin",
            Bytes::from_static(b"\0\xff\r\n--DAYTONA-FILE-BOUNDARYx"),
        ),
        ("empty", Bytes::new()),
        ("large", Bytes::from(vec![b'z'; 3 << 20])),
    ] {
        let path = format!("{folder}/{name}");
        b.driver
            .write_file(&s, &write(&path, content.clone()), &b.cx)
            .await
            .unwrap();
        let back = b.driver.read_file(&s, &path, &b.cx).await.unwrap();
        assert_eq!(back.len, content.len() as u64, "{name}");
        assert_eq!(back.head(1 << 24).unwrap(), content, "{name}");
    }
    let missing = format!("{folder}/missing");
    let read = b.driver.read_file(&s, &missing, &b.cx).await;
    assert_eq!(class(read), FailureClass::NotFound);
    let read = b.driver.read_file(&s, &folder, &b.cx).await;
    assert_eq!(class(read), FailureClass::IsDirectory);
    let stat = b.driver.stat_file(&s, &missing, &b.cx).await;
    assert_eq!(class(stat), FailureClass::NotFound);
}

pub(crate) async fn directories_are_made_listed_moved_and_removed(b: &Bench) {
    let s = b.sandbox().await;
    let folder = folder(b, &s).await;
    let (d, cx) = (&b.driver, &b.cx);
    d.make_dir(&s, &format!("{folder}/a/b"), cx).await.unwrap();
    let from = format!("{folder}/f");
    d.write_file(&s, &write(&from, "123"), cx).await.unwrap();
    let changed = b.run(&s, "chmod 640 d/f").await;
    assert_eq!(changed.exit_code, Some(0), "{}", text(output(&changed)));
    let listed = d.list_files(&s, &list(&folder, None), cx).await.unwrap();
    let seen: Vec<(&str, &str)> = listed
        .iter()
        .map(|entry| (entry.name.as_str(), entry.kind.as_str()))
        .collect();
    assert_eq!(seen, [("a", "directory"), ("f", "file")]);
    let stat = d.stat_file(&s, &from, cx).await.unwrap();
    assert_eq!(
        (stat.name.as_str(), stat.size, stat.mode.as_deref()),
        ("f", Some(3), Some("0640"))
    );
    assert!(stat.mtime.is_some() && stat.owner.is_some());
    let to = format!("{folder}/a/g");
    let renamed = MoveFile {
        from,
        to: to.clone(),
    };
    d.move_file(&s, &renamed, cx).await.unwrap();
    assert_eq!(
        class(d.move_file(&s, &renamed, cx).await),
        FailureClass::NotFound
    );
    let of_file = d.list_files(&s, &list(&to, None), cx).await;
    assert_eq!(class(of_file), FailureClass::Invalid);
    let removed = RemoveFile {
        path: format!("{folder}/a"),
        recursive: true,
    };
    d.remove_file(&s, &removed, cx).await.unwrap();
    assert!(
        d.list_files(&s, &list(&folder, None), cx)
            .await
            .unwrap()
            .is_empty()
    );
}

pub(crate) async fn a_background_process_ends_and_is_told(b: &Bench) {
    let s = b.sandbox().await;
    let (d, cx) = (&b.driver, &b.cx);
    let request = |cmd: &str| StartBackground {
        cmd: cmd.to_owned(),
        ..StartBackground::default()
    };
    let process = d
        .start_background(
            &s,
            &request("read line; echo got:$line; echo e >&2; (exit 4)"),
            cx,
        )
        .await
        .unwrap();
    let early = d.wait_process(&s, &process, cx);
    let early = tokio::time::timeout(Duration::from_millis(50), early).await;
    assert!(early.is_err(), "it waits for its input: {early:?}");
    let line = SendStdin {
        process: "p".to_owned(),
        data: Bytes::from_static(b"hi\n"),
        close: false,
    };
    d.send_stdin(&s, &process, &line, cx).await.unwrap();
    let reply = d.wait_process(&s, &process, cx).await.unwrap();
    assert_eq!(reply.exit_code, Some(4));
    let Streams::Apart { stdout, stderr, .. } = &reply.streams else {
        panic!("merged");
    };
    assert_eq!(
        (text(stdout).as_str(), text(stderr).as_str()),
        ("got:hi\n", "e\n")
    );
}

pub(crate) async fn standard_input_reaches_a_command_or_is_unsupported(b: &Bench) {
    let s = b.sandbox().await;
    let mut request = command("wc -c; exec true");
    request.stdin = Some(Bytes::from(vec![b'x'; 1_000_000]));
    let result = b.driver.execute(&s, &request, &b.cx).await;
    match b.provider {
        Provider::E2b => assert_eq!(text(output(&result.unwrap())).trim(), "1000000"),
        Provider::Daytona => assert!(matches!(result, Err(DriverError::Unsupported(_)))),
    }
    if b.provider == Provider::E2b {
        // One that does not read its input ends as if there were none.
        let mut request = command("echo done");
        request.stdin = Some(Bytes::from(vec![b'x'; 4_000_000]));
        let reply = b.driver.execute(&s, &request, &b.cx).await.unwrap();
        assert_eq!(
            (reply.exit_code, text(output(&reply)).as_str()),
            (Some(0), "done\n")
        );
    }
}

pub(crate) async fn a_signal_ends_a_process_or_is_unsupported(b: &Bench) {
    let s = b.sandbox().await;
    let (d, cx) = (&b.driver, &b.cx);
    let request = StartBackground {
        cmd: "echo up; exec sleep 300".to_owned(),
        ..StartBackground::default()
    };
    let process = d.start_background(&s, &request, cx).await.unwrap();
    let hup = d.send_signal(&s, &process, "HUP", cx).await;
    assert!(matches!(hup, Err(DriverError::Unsupported(_))));
    let kill = d.send_signal(&s, &process, "KILL", cx).await;
    if b.provider == Provider::Daytona {
        assert!(matches!(kill, Err(DriverError::Unsupported(_))));
        return;
    }
    kill.unwrap();
    let reply = d.wait_process(&s, &process, cx).await.unwrap();
    assert_eq!(
        (reply.exit_code, reply.signal.as_deref()),
        (Some(-1), Some("KILL"))
    );
}

pub(crate) async fn sandboxes_are_found_by_label_and_destroyed(b: &Bench) {
    let first = b.sandbox().await;
    let second = b.sandbox().await;
    let label = |value: &str| IndexMap::from([("cutover-run".to_owned(), value.to_owned())]);
    let mut found = b.driver.list(&label("a b&c"), &b.cx).await.unwrap();
    found.sort();
    let mut made = vec![first.id.clone(), second.id.clone()];
    made.sort();
    assert_eq!(found, made);
    assert!(
        b.driver
            .list(&label("other"), &b.cx)
            .await
            .unwrap()
            .is_empty()
    );
    for sandbox in [&first, &second] {
        let said = b.driver.destroy(sandbox, &b.cx).await.unwrap();
        assert_eq!(said, Destroyed::Now);
    }
    // Daytona's goes on for a while after it was asked for, and is `Now` until it is done.
    let done = async {
        for sandbox in [&first, &second] {
            while b.driver.destroy(sandbox, &b.cx).await.unwrap() == Destroyed::Now {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done)
        .await
        .unwrap();
    assert!(b.standin.sandboxes().is_empty());
}

pub(crate) async fn a_dead_sandbox_is_gone(b: &Bench) {
    let s = b.sandbox().await;
    assert!(b.standin.kill(&s.id).await);
    let result = b.driver.execute(&s, &command("true"), &b.cx).await;
    assert_eq!(class(result), class_of_death(b.provider));
    let read = b.driver.read_file(&s, "/etc/hostname", &b.cx).await;
    assert_eq!(class(read), class_of_death(b.provider));
}

pub(crate) async fn a_resting_sandbox_is_no_dead_one(b: &Bench) {
    let s = b.sandbox().await;
    let (how, not_here) = match b.provider {
        Provider::E2b => (Suspend::Pause, Suspend::Stop),
        Provider::Daytona => (Suspend::Stop, Suspend::Pause),
    };
    let other = b.driver.suspend(&s, not_here, &b.cx).await;
    assert!(matches!(other, Err(DriverError::Unsupported(_))));
    b.driver.suspend(&s, how, &b.cx).await.unwrap();
    let result = b.driver.execute(&s, &command("true"), &b.cx).await;
    assert_eq!(class(result), FailureClass::SandboxStopped);
    let result = b.driver.read_file(&s, "/etc/hostname", &b.cx).await;
    assert_eq!(class(result), FailureClass::SandboxStopped);
    assert_eq!(b.standin.sandboxes(), std::slice::from_ref(&s.id));
    let gone = b.driver.destroy(&s, &b.cx).await.unwrap();
    assert_eq!(gone, Destroyed::Now);
}

pub(crate) async fn a_wrong_key_is_unauthorized(b: &Bench) {
    let mut vars = b.standin.env();
    for (name, value) in &mut vars {
        if name.ends_with("API_KEY") {
            let digits = value.trim_start_matches(|letter| letter != '_').len();
            *value = format!(
                "{}_{}",
                &value[..value.len() - digits],
                "0".repeat(digits - 1)
            );
        }
    }
    let stranger = driver(b.provider, &vars);
    let made = stranger
        .create(&Provision::default(), &Labels::new(), &b.cx)
        .await;
    assert_eq!(class(made), FailureClass::Unauthorized);
}
