//! Replays in containers, and what a killed one leaves.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::daemon::{Images, containers_of};

/// How long a container is waited for.
const WAIT_MAX: Duration = Duration::from_secs(60);

fn run(images: &Images, out: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command
        .args([
            "run",
            "--surface",
            "provider",
            "--engine",
            "docker",
            "--replays",
            "1",
        ])
        .args([
            "--source-image",
            &images.plain,
            "--target-image",
            &images.plain,
        ])
        .arg("--out")
        .arg(out)
        .stdin(Stdio::null());
    command
}

/// The ledger says of containers what it says of namespaces.
pub(crate) fn core(images: &Images) {
    let out = tempfile::tempdir().unwrap();
    let child = run(images, out.path())
        .args(["--tag", "core"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{told}{said}");
    assert!(told.contains("drift unchanged"), "{told}");
    assert_eq!(containers_of(pid), [""; 0]);
}

/// Whatever the daemon was doing when cutover was killed, `reap` leaves nothing of it.
pub(crate) fn killed(images: &Images) {
    let out = tempfile::tempdir().unwrap();
    let mut child = run(images, out.path())
        .args(["--only", "provider/execute/*"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = child.id();
    await_container(&mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    let reaped = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["reap", "--out"])
        .arg(out.path())
        .output()
        .unwrap();
    assert!(reaped.status.success(), "{reaped:?}");
    assert_eq!(containers_of(pid), [""; 0]);
}

fn await_container(child: &mut Child) {
    let began = Instant::now();
    while containers_of(child.id()).is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "the run has ended");
        assert!(began.elapsed() < WAIT_MAX, "no container was made");
        std::thread::yield_now();
    }
}
