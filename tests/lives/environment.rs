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
