//! Export and import of a sandbox's files: what comes back, and what hostile archives cannot do.

use cutover_standin::engine::{EngineError, EngineSandbox, Identity, Profile};
use tar::{Builder, EntryType, Header};
use tokio::io::AsyncReadExt;

use crate::place::{Case, Place, bash, case, get, profile, put, run, user, within};

pub(crate) const CASES: &[Case] = &[
    case!(files_come_back_as_they_were),
    case!(attributes_come_back, &["python3"]),
    case!(owners_and_etc_come_back, &["isolation", "root"]),
    case!(a_frozen_sandbox_is_exported),
    case!(an_archive_may_end_before_its_stream),
    case!(archives_reach_nothing_outside),
    case!(broken_archives_are_refused),
    case!(
        an_archive_that_does_not_fit_says_enospc,
        &["isolation", "files_limit"]
    ),
];

async fn export(sandbox: &dyn EngineSandbox) -> Vec<u8> {
    let mut stream = within(sandbox.export_files()).await.unwrap();
    let mut bytes = Vec::new();
    within(stream.read_to_end(&mut bytes)).await.unwrap();
    bytes
}

async fn import(sandbox: &dyn EngineSandbox, bytes: &[u8]) -> Result<(), EngineError> {
    let archive = std::io::Cursor::new(bytes.to_vec());
    within(sandbox.import_files(Box::new(archive))).await
}

async fn files_come_back_as_they_were(place: Place) {
    let first = place.sandbox().await;
    // An image may have files of its own.
    let before = export(&*first).await.len();
    let long = "d".repeat(90);
    let script = format!(
        "set -e; cd ~
        mkdir -p {long}/{long}/{long} closed; echo deep > {long}/{long}/{long}/$'ä\\nb'
        printf 'text' > plain; chmod 640 plain; : > empty; chmod 4755 empty
        ln -s plain relative; ln -s /nowhere absolute; ln plain twin; mkfifo pipe
        touch -d @1234567890.123456789 plain; touch -h -d @-5 relative
        truncate -s 1T holes; printf x | dd of=holes bs=1 seek=3G conv=notrunc 2>/dev/null
        echo in > closed/file; chmod 500 closed; touch -d @1000.5 closed"
    );
    let made = run(&*first, bash(&script)).await;
    assert_eq!(made.stderr, "", "{made:?}");
    put(&*first, "/tmp/other", b"tmp", &user()).await;
    let archive = export(&*first).await;
    assert!(archive.len() - before < 64 << 20, "a hole takes no room");

    let second = place.sandbox().await;
    put(&*second, "/home/user/old", b"", &user()).await;
    import(&*second, &archive).await.unwrap();
    assert!(export(&*second).await == archive, "nothing is lost");
    let look = "cd ~; stat -c '%n %a %Y %s' plain closed empty holes; cat plain closed/file; \
                readlink relative absolute; [ plain -ef twin ] && echo same; \
                [ -e pipe ] || [ -e old ] || echo neither";
    let seen = run(&*second, bash(look)).await;
    let size = 1_u64 << 40;
    assert!(
        seen.stdout
            .starts_with("plain 640 1234567890 4\nclosed 500 1000 "),
        "{seen:?}"
    );
    assert!(
        seen.stdout.contains(&format!(" {size}\ntextin\n")),
        "{seen:?}"
    );
    assert!(
        seen.stdout.ends_with("plain\n/nowhere\nsame\nneither\n"),
        "{seen:?}"
    );
    assert_eq!(get(&*second, "/tmp/other", &user()).await, b"tmp");
    // What was there is written to as before.
    put(&*second, "/home/user/new", b"", &user()).await;
    for sandbox in [first, second] {
        within(sandbox.destroy()).await;
    }
}

async fn attributes_come_back(place: Place) {
    let first = place.sandbox().await;
    let python = |code: &str| {
        let mut request = bash("");
        request.argv = ["python3", "-c", code].map(str::to_owned).into();
        request
    };
    let set = "
import os
open('f', 'w'); os.mkdir('d')
try:
    os.setxattr('f', 'user.e2b.key', b'va\\nlue=\\0')
    os.setxattr('d', 'user.e2b.dir', b'')
except OSError as error:
    print('unsupported', error.errno)
";
    let ran = run(&*first, python(set)).await;
    assert_eq!(ran.stderr, "", "{ran:?}");
    if ran.stdout.starts_with("unsupported") {
        // A kernel before 6.6 has none on a tmpfs, so there is nothing to keep.
        return;
    }
    let second = place.sandbox().await;
    import(&*second, &export(&*first).await).await.unwrap();
    let show = "
import os
for path in 'fd':
    print([(name, os.getxattr(path, name)) for name in os.listxattr(path)])
";
    let ran = run(&*second, python(show)).await;
    assert_eq!(
        ran.stdout, "[('user.e2b.key', b'va\\nlue=\\x00')]\n[('user.e2b.dir', b'')]\n",
        "{ran:?}"
    );
    for sandbox in [first, second] {
        within(sandbox.destroy()).await;
    }
}

async fn owners_and_etc_come_back(place: Place) {
    let first = place.sandbox().await;
    let mut request = bash(
        "useradd_line='new:x:1001:1001::/home/new:/bin/sh'; echo $useradd_line >> /etc/passwd; \
         mkdir /home/new /opt/own; chown 1001:100 /home/new; ln -s x /home/new/l; \
         chown -h 33:33 /home/new/l; echo 1 > /etc/own; echo changed > /etc/hosts",
    );
    request.identity = Identity::Root;
    assert_eq!(run(&*first, request).await.stderr, "");
    let second = place
        .sandbox_of(Profile {
            hostname: "another".to_owned(),
            ..profile("x")
        })
        .await;
    import(&*second, &export(&*first).await).await.unwrap();
    let look = "stat -c '%n %u %g' /home/new /home/new/l /opt/own /etc/own /home/user /root; \
                hostname; cat /etc/hostname; grep -c another /etc/hosts; ls /dev/null /usr/bin/env";
    assert_eq!(
        run(&*second, bash(look)).await.stdout,
        "/home/new 1001 100\n/home/new/l 33 33\n/opt/own 0 0\n/etc/own 0 0\n\
         /home/user 1000 1000\n/root 0 0\nanother\nanother\n1\n/dev/null\n/usr/bin/env\n"
    );
    let accounts = second.accounts().await.unwrap();
    assert!(accounts.iter().any(|account| account.name == "new"));
}

async fn a_frozen_sandbox_is_exported(place: Place) {
    let sandbox = place.sandbox().await;
    put(&*sandbox, "/home/user/f", b"kept", &user()).await;
    let process = within(sandbox.spawn(bash("sleep 1000"))).await.unwrap();
    within(sandbox.freeze(true)).await.unwrap();
    let archive = export(&*sandbox).await;
    assert!(archive.windows(4).any(|bytes| bytes == b"kept"));
    within(sandbox.destroy()).await;
    drop(process);
}

/// An entry with a name as it is, whatever the crate thinks of it.
/// Who still sends when the archive has ended is not cut off.
async fn an_archive_may_end_before_its_stream(place: Place) {
    let first = place.sandbox().await;
    put(&*first, "/home/user/kept", b"text", &user()).await;
    let mut archive = export(&*first).await;
    archive.resize(archive.len() + (8 << 20), 0);
    let second = place.sandbox().await;
    import(&*second, &archive).await.unwrap();
    assert_eq!(get(&*second, "/home/user/kept", &user()).await, b"text");
}

fn add(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, target: &str, text: &str) {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_uid(1000);
    header.set_gid(1000);
    header.set_mtime(1);
    header.set_size(text.len() as u64);
    header.set_cksum();
    builder.append(&header, text.as_bytes()).unwrap();
}

/// Kind, name and target of an entry.
type Row<'a> = (EntryType, &'a str, &'a str);

async fn archives_reach_nothing_outside(place: Place) {
    // On the host; inside a sandbox of namespaces the path does not even exist.
    let outside = tempfile::tempdir().unwrap();
    let victim = outside.path().join("victim");
    std::fs::write(&victim, "untouched").unwrap();
    let folder = outside.path().to_str().unwrap();
    let up = format!("{}{folder}/evil", "../".repeat(9));
    let absolute = format!("{folder}/evil");
    let (file, link, hard) = (EntryType::Regular, EntryType::Symlink, EntryType::Link);
    let victim_path = victim.to_str().unwrap();
    let hostile: [&[Row<'_>]; 7] = [
        &[(file, &absolute, "")],
        &[(file, &up, "")],
        &[(file, "tmp/../../evil", "")],
        &[(link, "tmp/l", folder), (file, "tmp/l/evil", "")],
        &[(link, "l", folder), (EntryType::Directory, "l", "")],
        &[(link, "tmp/l", folder), (hard, "tmp/h", "tmp/l/victim")],
        &[(hard, "h", victim_path)],
    ];
    for rows in hostile {
        let mut builder = Builder::new(Vec::new());
        add(&mut builder, EntryType::Directory, "tmp", "", "");
        for (kind, name, target) in rows {
            let text = if *kind == file { "evil" } else { "" };
            add(&mut builder, *kind, name, target, text);
        }
        let sandbox = place.sandbox().await;
        let error = import(&*sandbox, &builder.into_inner().unwrap())
            .await
            .unwrap_err();
        assert!(error.errno().is_some(), "{rows:?}: {error}");
        let left: Vec<_> = std::fs::read_dir(outside.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{rows:?}");
        within(sandbox.destroy()).await;
    }
    // A file in place of a link takes the link's place, not its target's.
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, EntryType::Directory, "tmp", "", "");
    add(&mut builder, link, "tmp/l", victim_path, "");
    add(&mut builder, file, "tmp/l", "", "inside");
    let sandbox = place.sandbox().await;
    import(&*sandbox, &builder.into_inner().unwrap())
        .await
        .unwrap();
    assert_eq!(get(&*sandbox, "/tmp/l", &Identity::Root).await, b"inside");
    within(sandbox.destroy()).await;
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "untouched");
}

async fn broken_archives_are_refused(place: Place) {
    let sandbox = place.sandbox().await;
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, EntryType::Regular, "f", "", &"x".repeat(5000));
    let whole = builder.into_inner().unwrap();
    let mut claims = Builder::new(Vec::new());
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::XHeader);
    header.set_size(1 << 40);
    header.set_cksum();
    claims.append(&header, std::io::empty()).unwrap();
    let mut lies = Builder::new(Vec::new());
    let far = i64::MAX.to_string();
    let records = [("CUTOVER.size", far.as_bytes())];
    lies.append_pax_extensions(records).unwrap();
    add(&mut lies, EntryType::Regular, "f", "", "x");
    let mut unknown = Builder::new(Vec::new());
    add(&mut unknown, EntryType::GNULongName, "n", "", "name");
    for (what, bytes) in [
        ("cut", whole[..2000].to_vec()),
        ("no archive", vec![b'x'; 4096]),
        ("records of a terabyte", claims.into_inner().unwrap()),
        ("a file of exabytes", lies.into_inner().unwrap()),
        ("an unknown kind", unknown.into_inner().unwrap()),
    ] {
        let error = import(&*sandbox, &bytes).await.expect_err(what);
        assert!(error.errno().is_some(), "{what}: {error}");
    }
    // The next good one makes it whole again.
    import(&*sandbox, &whole).await.unwrap();
    within(sandbox.destroy()).await;
}

async fn an_archive_that_does_not_fit_says_enospc(place: Place) {
    let large = place.sandbox().await;
    put(&*large, "/home/user/f", &vec![7; 8 << 20], &user()).await;
    let archive = export(&*large).await;
    let small = place
        .sandbox_of(Profile {
            files_bytes_max: 4 << 20,
            ..profile("small")
        })
        .await;
    let error = import(&*small, &archive).await.unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOSPC), "{error}");
}
