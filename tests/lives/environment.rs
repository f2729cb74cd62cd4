//! A bad environment: a clear error of the right class, nothing left, no panic.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use crate::Case;
use crate::place::{PLAIN, Place, Ran};

/// Keys of the right shape that open nothing.
const KEYS: [(&str, &str); 2] = [
    (
        "E2B_API_KEY",
        "e2b_0123456789abcdef0123456789abcdef01234567",
    ),
    (
        "DAYTONA_API_KEY",
        "dtn_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
];

pub(crate) const CASES: &[Case] = &[
    ("environment::run_folder_cannot_be_made", no_folder),
    ("environment::disk_full_for_the_journal", disk_full),
    ("environment::port_in_use", port_in_use),
    ("environment::provider_unreachable", || {
        live("http://127.0.0.1:1");
    }),
    ("environment::html_where_json_was_due", || {
        live(&html_server());
    }),
    ("environment::hard_limits_too_low", hard_limits),
    ("environment::soft_limits_too_low", soft_limits),
    ("environment::temporary_folder", temporary_folder),
];

fn no_folder() {
    let place = Place::with(&[PLAIN]);
    place.write("file", "");
    for out in ["file", "file/below", "/proc/nothing-can-be-made-here"] {
        let ran = place.run(&["run", "--out", out]);
        assert_eq!(ran.code, Some(2), "{out}\n{}", ran.text);
        assert!(ran.text.contains(out), "{}", ran.text);
        assert!(ran.text.contains("--out"), "{}", ran.text);
        place.assert_clean();
    }
    assert!(!place.path().join("reports").exists());
}

/// A limit on the size of files stands for a disk that is full: writes to the journal fail.
fn disk_full() {
    let place = Place::with(&[crate::place::BUSY; 3]);
    // Enough for the sandboxes to be made and to be busy; what the interruption writes is too much.
    let ran = limited(&place, 1);
    if ran.code == Some(2) && ran.text.contains("`ulimit -Hf`") {
        // Who may not raise it for the sandboxes is told so.
        return;
    }
    failed_journal(&place, &ran);
    let place = Place::with(&[PLAIN; 12]);
    let ran = limited(&place, 24);
    failed_journal(&place, &ran);
}

fn limited(place: &Place, blocks: u32) -> Ran {
    let mut command = place.program("bash");
    // The program's own streams are files here; a pipe of `cat` is under no limit.
    let script = format!(
        "trap '' XFSZ; (ulimit -f {blocks}; exec {} run) 2>&1 | cat; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_cutover")
    );
    command.args(["-c", &script]);
    place.start(command).finish()
}

/// The program in a shell that has said something first, without the right to raise hard limits.
fn after(place: &Place, said: &str, args: &str) -> Ran {
    let unprivileged = match cannot_be_another() {
        None => "setpriv --bounding-set=-sys_resource --",
        Some(_) => "",
    };
    let program = env!("CARGO_BIN_EXE_cutover");
    let mut command = place.program("bash");
    command.args([
        "-c",
        &format!("{said}; exec {unprivileged} {program} {args}"),
    ]);
    place.start(command).finish()
}

/// What can be neither had nor watched is told before anything is made, and not by a difference.
fn hard_limits() {
    let place = Place::with(&[PLAIN]);
    for (limit, told) in [
        ("n 64", "`ulimit -Hn`"),
        (
            "n 300",
            "open files (`ulimit -Hn` says 300, a sandbox needs 1024)",
        ),
        (
            "u 64",
            "processes (`ulimit -Hu` says 64, a sandbox needs 512)",
        ),
        (
            "f 500000",
            "the size of a file (`ulimit -Hf` says 500000, a sandbox needs 1048576)",
        ),
        ("v 4000000", "address space (`ulimit -Hv` says 4000000"),
        ("d 4000000", "data (`ulimit -Hd` says 4000000"),
        (
            "s 4096",
            "the stack (`ulimit -Hs` says 4096, a sandbox needs 8192)",
        ),
        (
            "t 600",
            "processor time (`ulimit -Ht` says 600, a sandbox needs 3600)",
        ),
    ] {
        let said = format!("ulimit -S{limit}; ulimit -H{limit}");
        for args in ["run", "doctor"] {
            let ran = after(&place, &said, args);
            assert_eq!(ran.code, Some(2), "{limit} {args}\n{}", ran.text);
            assert!(ran.text.contains(told), "{limit} {args}\n{}", ran.text);
            assert!(
                ran.text.contains("limits.conf"),
                "{limit} {args}\n{}",
                ran.text
            );
        }
        assert!(!place.path().join("reports").exists(), "{limit}");
        place.assert_clean();
    }
}

/// Anybody may raise a soft limit, so none is told.
fn soft_limits() {
    let place = Place::with(&[PLAIN]);
    let low = "for limit in 'n 32' 'f 100' 's 512'; do ulimit -S$limit; done";
    let ran = after(&place, low, "run");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    place.assert_clean();
}

fn temporary_folder() {
    let place = Place::with(&[PLAIN]);
    for folder in ["/nope", "/dev/null", "/proc"] {
        for args in ["run", "doctor"] {
            let ran = after(&place, &format!("export TMPDIR={folder}"), args);
            assert_eq!(ran.code, Some(2), "{folder} {args}\n{}", ran.text);
            let told = format!("TMPDIR names {folder}, which cannot be used");
            assert!(ran.text.contains(&told), "{folder} {args}\n{}", ran.text);
        }
        assert!(!place.path().join("reports").exists(), "{folder}");
    }
    for said in ["unset TMPDIR", "export TMPDIR="] {
        let ran = after(&place, said, "run");
        assert_eq!(ran.code, Some(0), "{said}\n{}", ran.text);
    }
    place.assert_clean();
}

fn failed_journal(place: &Place, ran: &Ran) {
    assert_eq!(ran.code, Some(3), "{}", ran.text);
    assert!(ran.text.contains("File too large"), "{}", ran.text);
    assert!(ran.text.contains("events.ndjson"), "{}", ran.text);
    assert!(!ran.text.contains("panicked"), "{}", ran.text);
    place.assert_clean();
    let reaped = place.run(&["reap"]);
    assert_eq!(reaped.code, Some(0), "{}", reaped.text);
}

fn port_in_use() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for provider in ["e2b", "daytona"] {
        let ran = place.run(&["standin", provider, "--port", &port]);
        assert_eq!(ran.code, Some(2), "{}", ran.text);
        assert!(ran.text.contains(&port), "{}", ran.text);
    }
    place.assert_clean();
}

/// Both sides of the same broken address: failing alike is not parity.
fn live(url: &str) {
    let place = Place::with(&[PLAIN]);
    let mut command = place.cutover(&[
        "run",
        "--source",
        "e2b@live",
        "--target",
        "daytona@live",
        "--jobs",
        "2",
    ]);
    command
        .envs(KEYS)
        .env("E2B_API_URL", url)
        .env("DAYTONA_API_URL", url);
    let ran = place.start(command).finish();
    assert_eq!(ran.code, Some(3), "{}", ran.text);
    assert_eq!(
        place.case("case1")["verdict"],
        "provider_error",
        "{}",
        ran.text
    );
    assert_eq!(place.report()["drift"]["verdict"], "unjudged");
    assert!(!ran.text.contains("panicked"), "{}", ran.text);
    place.assert_clean();
}

/// Answers everything with a web page, as a proxy or a login page does.
fn html_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the test's process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream) {
    let page = "<!doctype html><title>Sign in</title><p>Please sign in.";
    let mut request = [0; 8192];
    // One request for one connection is enough for every client.
    let read = stream.read(&mut request);
    if read.is_ok_and(|bytes| bytes > 0) {
        let length = page.len();
        let sent = write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{page}"
        );
        // A client that has gone away is no concern of this server.
        drop(sent);
    }
}

/// Why nobody else can be tried here, if so.
pub(crate) fn cannot_be_another() -> Option<String> {
    let why = if !nix::unistd::geteuid().is_root() {
        "only root can become another user; this one is ordinary already"
    } else if Path::new("/usr/bin/setpriv").exists() {
        return None;
    } else {
        "there is no setpriv here"
    };
    Some(why.to_owned())
}

/// Run by root, the program also works for a user without any right.
pub(crate) fn ordinary_user() {
    let place = Place::new();
    open_to_all(place.path());
    open_to_all(&place.path().join("tmp"));
    let program = place.path().join("cutover");
    fs::copy(env!("CARGO_BIN_EXE_cutover"), &program).unwrap();
    // The shipped scenarios are wanted here.
    fs::remove_dir_all(place.path().join("scenarios")).unwrap();
    let mut command = place.program("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&program)
        .args([
            "run",
            "--only",
            "provider/encoding/*",
            "--only",
            "provider/limits/timeout*",
        ])
        .args(["--only", "provider/read_file/*"]);
    let ran = place.start(command).finish();
    if ran.text.contains("refused") && ran.code == Some(2) {
        // An ordinary user may be refused where root is not; the doctor's cure is in the text.
        assert!(ran.text.contains("cure"), "{}", ran.text);
        return;
    }
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(place.assert_destroyed() >= 20);
    place.assert_clean();
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}
