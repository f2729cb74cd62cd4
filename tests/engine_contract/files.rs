//! Files: facts, bytes, rights, links, watching.

use cutover_standin::engine::{FileKind, Identity, WatchKind};

use crate::place::{Case, Place, bash, case, get, put, run, user, within};

pub(crate) const CASES: &[Case] = &[
    case!(what_is_written_is_read),
    case!(a_file_is_made_with_the_umask_and_truncated_in_place),
    case!(stat_and_list_tell_the_facts),
    case!(directories_renames_and_removals),
    case!(errors_say_their_errno),
    case!(modes_are_set),
    case!(canonical_paths_resolve_links),
    case!(a_large_file_streams_both_ways),
    case!(a_fifo_holds_nobody_up),
    case!(a_watch_tells_what_happens),
    case!(a_dropped_write_leaves_no_server_behind),
    case!(links_do_not_lead_to_the_host, &["isolation"]),
    case!(rights_are_those_of_the_identity, &["isolation", "root"]),
    case!(owners_are_set, &["isolation", "root"]),
    case!(commands_and_file_operations_see_the_same, &["isolation"]),
];

async fn what_is_written_is_read(place: Place) {
    let sandbox = place.sandbox().await;
    let every_byte: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    for bytes in [&b""[..], b"text\n", &every_byte] {
        put(&*sandbox, "/home/user/f", bytes, &user()).await;
        assert_eq!(get(&*sandbox, "/home/user/f", &user()).await, bytes);
    }
}

async fn a_file_is_made_with_the_umask_and_truncated_in_place(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/home/user/f", b"long text", &user()).await;
    let first = sandbox.stat("/home/user/f", true, &user()).await.unwrap();
    assert_eq!(
        (first.mode, first.size, first.uid, first.gid),
        (0o644, 9, 1000, 1000)
    );
    sandbox
        .set_mode("/home/user/f", 0o600, &user())
        .await
        .unwrap();
    put(&*sandbox, "/home/user/f", b"x", &user()).await;
    let second = sandbox.stat("/home/user/f", true, &user()).await.unwrap();
    assert_eq!((second.mode, second.size), (0o600, 1));
}

async fn stat_and_list_tell_the_facts(place: Place) {
    let sandbox = place.sandbox().await;
    sandbox
        .make_dir("/home/user/d", 0o755, &user())
        .await
        .unwrap();
    put(&*sandbox, "/home/user/d/b", b"12345", &user()).await;
    put(&*sandbox, "/home/user/d/a b\n\u{e9}", b"", &user()).await;
    let script = "cd ~/d && ln -s b link && ln -s /nowhere broken && mkfifo pipe && mkdir sub && \
                  touch -d '2001-02-03 04:05:06.5Z' b";
    assert_eq!(run(&*sandbox, bash(script)).await.stderr, "");
    let entries = sandbox.list("/home/user/d", &user()).await.unwrap();
    let facts: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry.name.as_str(),
                entry.kind,
                entry.link_target.as_deref(),
            )
        })
        .collect();
    let expected = [
        ("a b\n\u{e9}", FileKind::File, None),
        ("b", FileKind::File, None),
        ("broken", FileKind::Symlink, Some("/nowhere")),
        ("link", FileKind::Symlink, Some("b")),
        ("pipe", FileKind::Other, None),
        ("sub", FileKind::Directory, None),
    ];
    assert_eq!(facts, expected);
    assert_eq!(entries[1].mtime, (981_173_106, 500_000_000));
    let followed = sandbox
        .stat("/home/user/d/link", true, &user())
        .await
        .unwrap();
    assert_eq!((followed.kind, followed.size), (FileKind::File, 5));
    let link = sandbox
        .stat("/home/user/d/link", false, &user())
        .await
        .unwrap();
    assert_eq!(link.kind, FileKind::Symlink);
}

async fn directories_renames_and_removals(place: Place) {
    let sandbox = place.sandbox().await;
    let who = user();
    sandbox.make_dir("/home/user/d", 0o777, &who).await.unwrap();
    let made = sandbox.stat("/home/user/d", true, &who).await.unwrap();
    assert_eq!((made.kind, made.mode), (FileKind::Directory, 0o755));
    put(&*sandbox, "/home/user/d/f", b"1", &who).await;
    sandbox
        .rename("/home/user/d/f", "/home/user/d/g", &who)
        .await
        .unwrap();
    let full = sandbox
        .remove("/home/user/d", false, &who)
        .await
        .unwrap_err();
    assert_eq!(full.errno(), Some(libc::ENOTEMPTY));
    sandbox.remove("/home/user/d/g", false, &who).await.unwrap();
    sandbox.remove("/home/user/d", false, &who).await.unwrap();
    let script =
        "mkdir -p d/e/f && touch d/e/f/g && mkdir out && touch out/keep && ln -s ../out d/l";
    assert_eq!(
        run(&*sandbox, bash(&format!("cd ~ && {script}")))
            .await
            .stderr,
        ""
    );
    sandbox.remove("/home/user/d", true, &who).await.unwrap();
    // What a link in the tree points to is not part of the tree.
    sandbox
        .stat("/home/user/out/keep", false, &who)
        .await
        .unwrap();
}

async fn errors_say_their_errno(place: Place) {
    let sandbox = place.sandbox().await;
    let who = user();
    put(&*sandbox, "/home/user/file", b"", &who).await;
    assert_eq!(
        run(&*sandbox, bash("cd ~ && ln -s loop loop")).await.stderr,
        ""
    );
    let read = |path| {
        let (sandbox, who) = (&sandbox, &who);
        async move { sandbox.read(path, who).await.unwrap_err().errno().unwrap() }
    };
    assert_eq!(read("/home/user/nope").await, libc::ENOENT);
    assert_eq!(read("/home/user").await, libc::EISDIR);
    assert_eq!(read("/home/user/file/x").await, libc::ENOTDIR);
    assert_eq!(read("/home/user/loop").await, libc::ELOOP);
    assert_eq!(read("/home/user/nul\0byte").await, libc::EINVAL);
    let long = format!("/home/user/{}", "x".repeat(300));
    assert_eq!(read(&long).await, libc::ENAMETOOLONG);
    let errno = |result: Result<(), cutover_standin::engine::EngineError>| {
        result.unwrap_err().errno().unwrap()
    };
    assert_eq!(
        errno(sandbox.make_dir("/home/user/file", 0o755, &who).await),
        libc::EEXIST
    );
    assert_eq!(
        errno(sandbox.remove("/home/user/nope", true, &who).await),
        libc::ENOENT
    );
    let moved = sandbox
        .rename("/home/user/nope", "/home/user/x", &who)
        .await;
    assert_eq!(errno(moved), libc::ENOENT);
    let listed = sandbox.list("/home/user/file", &who).await.unwrap_err();
    assert_eq!(listed.errno(), Some(libc::ENOTDIR));
    let written = sandbox.write("/home/user", &who).await.err().unwrap();
    assert_eq!(written.errno(), Some(libc::EISDIR));
    let written = sandbox.write("/home/user/no/f", &who).await.err().unwrap();
    assert_eq!(written.errno(), Some(libc::ENOENT));
}

async fn modes_are_set(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/home/user/f", b"", &user()).await;
    for mode in [0o600, 0o755, 0o1777] {
        sandbox
            .set_mode("/home/user/f", mode, &user())
            .await
            .unwrap();
        let facts = sandbox.stat("/home/user/f", true, &user()).await.unwrap();
        assert_eq!(facts.mode, mode);
    }
}

async fn canonical_paths_resolve_links(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "cd ~ && mkdir -p a/b && ln -s a/b short && ln -s loop loop && touch a/b/f";
    assert_eq!(run(&*sandbox, bash(script)).await.stderr, "");
    let real = sandbox
        .canonicalize("/home/user/short/../b/./f", &user())
        .await
        .unwrap();
    assert_eq!(real, "/home/user/a/b/f");
    let error = sandbox
        .canonicalize("/home/user/loop", &user())
        .await
        .unwrap_err();
    assert_eq!(error.errno(), Some(libc::ELOOP));
    let error = sandbox
        .canonicalize("/home/user/nope", &user())
        .await
        .unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOENT));
}

async fn a_large_file_streams_both_ways(place: Place) {
    let sandbox = place.sandbox().await;
    let piece: Vec<u8> = (0..=250).cycle().take(1 << 20).collect();
    let mut writer = sandbox.write("/home/user/big", &user()).await.unwrap();
    for _ in 0..32 {
        within(writer.write(&piece)).await.unwrap();
    }
    within(writer.finish()).await.unwrap();
    let bytes = get(&*sandbox, "/home/user/big", &user()).await;
    assert_eq!(bytes.len(), 32 << 20);
    assert!(bytes.chunks(1 << 20).all(|chunk| chunk == piece));
}

async fn a_fifo_holds_nobody_up(place: Place) {
    let sandbox = place.sandbox().await;
    assert_eq!(run(&*sandbox, bash("mkfifo ~/pipe")).await.stderr, "");
    assert!(get(&*sandbox, "/home/user/pipe", &user()).await.is_empty());
    let error = within(sandbox.write("/home/user/pipe", &user()))
        .await
        .err()
        .unwrap();
    assert_eq!(error.errno(), Some(libc::ENXIO));
}

async fn a_watch_tells_what_happens(place: Place) {
    let sandbox = place.sandbox().await;
    let mut events = within(sandbox.watch("/home/user", true, &user()))
        .await
        .unwrap();
    assert_eq!(run(&*sandbox, bash("cd ~ && mkdir sub")).await.stderr, "");
    let first = within(events.recv()).await.unwrap();
    assert_eq!(
        (first.name.as_str(), first.kind),
        ("sub", WatchKind::Create)
    );
    // The new directory is watched once its event has been told.
    let script = "cd ~/sub && echo x > f && chmod 600 f && mv f g && rm g";
    assert_eq!(run(&*sandbox, bash(script)).await.stderr, "");
    let mut told = Vec::new();
    while told.last() != Some(&("sub/g".to_owned(), WatchKind::Remove)) {
        let event = within(events.recv()).await.unwrap();
        told.push((event.name, event.kind));
    }
    for expected in [
        ("sub/f", WatchKind::Create),
        ("sub/f", WatchKind::Write),
        ("sub/f", WatchKind::Chmod),
        ("sub/f", WatchKind::Rename),
        ("sub/g", WatchKind::Create),
    ] {
        let expected = (expected.0.to_owned(), expected.1);
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
    let error = sandbox
        .watch("/home/user/nope", false, &user())
        .await
        .unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOENT));
}

async fn a_dropped_write_leaves_no_server_behind(place: Place) {
    let sandbox = place.sandbox().await;
    let mut writer = sandbox.write("/home/user/part", &user()).await.unwrap();
    writer.write(b"half").await.unwrap();
    drop(writer);
    // The server takes what was sent, then ends with the stream.
    while get(&*sandbox, "/home/user/part", &user()).await != b"half" {
        tokio::task::yield_now().await;
    }
    within(sandbox.destroy()).await;
}

async fn links_do_not_lead_to_the_host(place: Place) {
    let sandbox = place.sandbox().await;
    let script = "cd ~ && ln -s /etc/passwd p && ln -s /etc/shadow s && ln -s /proc/1/root r && \
                  ln -s ../../../../../../../../etc/passwd up";
    assert_eq!(run(&*sandbox, bash(script)).await.stderr, "");
    let host_passwd = std::fs::read("/etc/passwd").unwrap();
    for (path, inside) in [
        ("p", "/etc/passwd"),
        ("up", "/etc/passwd"),
        ("s", "/etc/shadow"),
    ] {
        let bytes = get(&*sandbox, &format!("/home/user/{path}"), &Identity::Root).await;
        assert_ne!(bytes, host_passwd);
        assert_eq!(bytes, get(&*sandbox, inside, &Identity::Root).await);
    }
    let through_init = sandbox.list("/home/user/r/", &Identity::Root).await;
    if let Ok(entries) = through_init {
        let own = sandbox.list("/", &Identity::Root).await.unwrap();
        assert_eq!(entries.len(), own.len());
    }
    // A file of the host that is in none of the folders that are shown.
    let outside = std::env::current_exe().unwrap();
    let error = sandbox
        .stat(outside.to_str().unwrap(), true, &Identity::Root)
        .await
        .unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOENT));
}

async fn rights_are_those_of_the_identity(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/root/secret", b"s", &Identity::Root).await;
    put(&*sandbox, "/tmp/closed", b"c", &Identity::Root).await;
    sandbox
        .set_mode("/tmp/closed", 0o600, &Identity::Root)
        .await
        .unwrap();
    for path in ["/root/secret", "/tmp/closed", "/etc/shadow"] {
        let error = sandbox.read(path, &user()).await.unwrap_err();
        assert_eq!(error.errno(), Some(libc::EACCES), "{path}");
        get(&*sandbox, path, &Identity::Root).await;
    }
    put(&*sandbox, "/home/user/own", b"u", &user()).await;
    sandbox
        .set_mode("/home/user/own", 0, &user())
        .await
        .unwrap();
    assert_eq!(
        get(&*sandbox, "/home/user/own", &Identity::Root).await,
        b"u"
    );
    let error = sandbox.write("/etc/hosts", &user()).await.err().unwrap();
    assert_eq!(error.errno(), Some(libc::EACCES));
    let to_usr = sandbox.write("/usr/bin/x", &Identity::Root).await;
    let refused = place.has("host_usr").then_some(libc::EROFS);
    assert_eq!(to_usr.err().and_then(|error| error.errno()), refused);
}

async fn owners_are_set(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/tmp/f", b"", &Identity::Root).await;
    sandbox
        .set_owner("/tmp/f", Some(1000), None, &Identity::Root)
        .await
        .unwrap();
    let facts = sandbox.stat("/tmp/f", true, &user()).await.unwrap();
    assert_eq!((facts.uid, facts.gid), (1000, 0));
    let error = sandbox
        .set_owner("/tmp/f", Some(0), None, &user())
        .await
        .unwrap_err();
    assert_eq!(error.errno(), Some(libc::EPERM));
}

async fn commands_and_file_operations_see_the_same(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/home/user/f", b"from outside", &user()).await;
    assert_eq!(
        run(&*sandbox, bash("cat /home/user/f")).await.stdout,
        "from outside"
    );
    run(&*sandbox, bash("echo inside > /tmp/g")).await;
    assert_eq!(get(&*sandbox, "/tmp/g", &Identity::Root).await, b"inside\n");
    let other = place.sandbox().await;
    let error = other
        .stat("/tmp/g", true, &Identity::Root)
        .await
        .unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOENT), "sandboxes share nothing");
}
