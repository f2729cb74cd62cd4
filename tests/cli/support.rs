//! The built program, run in a folder of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn cutover(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap()
}

/// Runs and checks the exit code and what must be said; gives stdout and stderr together.
pub(crate) fn check(dir: &Path, args: &[&str], exit: i32, said: &[&str]) -> String {
    let output = cutover(dir, args);
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(exit), "{args:?}\n{text}");
    for part in said {
        assert!(text.contains(part), "{args:?} should say {part:?}\n{text}");
    }
    text
}

pub(crate) fn scenario(dir: &Path, name: &str, text: &str) {
    let path = dir.join("scenarios").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
