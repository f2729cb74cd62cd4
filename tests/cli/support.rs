//! The built program, run in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn cutover(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap()
}

/// Runs, and gives the exit code with stdout and stderr together.
pub(crate) fn exit_of(dir: &Path, args: &[&str]) -> (i32, String) {
    told(&cutover(dir, args))
}

fn told(output: &Output) -> (i32, String) {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code().unwrap_or(-1), text)
}

/// Runs where no file may grow beyond so many blocks of 512 bytes, as on a disk that fills up.
pub(crate) fn exit_within(dir: &Path, blocks: u32, args: &[&str]) -> (i32, String) {
    // The signal that the system sends besides is ignored, so that the write fails.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let output = Command::new("/bin/sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_cutover")])
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    told(&output)
}

/// The folder of the newest run. Names of folders do not tell: two runs of one second differ only
/// in their random ends.
pub(crate) fn newest_run(at: &Path) -> PathBuf {
    at.join("reports/latest").canonicalize().unwrap()
}

/// The newest run's decision.
pub(crate) fn decision(at: &Path) -> Value {
    let text = fs::read_to_string(at.join("reports/latest/decision.json")).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    record["decision"].clone()
}

/// Runs and checks the exit code and what must be said; gives stdout and stderr together.
pub(crate) fn check(dir: &Path, args: &[&str], exit: i32, said: &[&str]) -> String {
    let (code, text) = exit_of(dir, args);
    assert_eq!(code, exit, "{args:?}\n{text}");
    for part in said {
        assert!(text.contains(part), "{args:?} should say {part:?}\n{text}");
    }
    text
}

/// Writes a scenario. What these tests are about is the same at every surface, so that one which names
/// none is played at surface provider alone.
pub(crate) fn scenario(dir: &Path, name: &str, text: &str) {
    let names_none = text.contains("steps:") && !text.contains("surfaces:");
    let surfaces = if names_none {
        "surfaces: [provider]\n"
    } else {
        ""
    };
    let text = format!("{text}{surfaces}");
    let path = dir.join("scenarios").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
