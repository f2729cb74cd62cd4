//! Whether the built program can use the engine `namespaces` on this machine.

use std::process::Command;

/// Why it cannot, in the words of `cutover doctor`; `None` if it can.
pub(crate) fn refused() -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .arg("doctor")
        .current_dir(std::env::temp_dir())
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin")
        .output();
    let said = match output {
        Ok(output) => {
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
        }
        Err(error) => return Some(format!("cutover cannot be started: {error}")),
    };
    let line = said.lines().find(|line| line.contains("engine namespaces"));
    match line {
        Some(line) if line.starts_with("ok") => None,
        Some(line) => Some(line.to_owned()),
        None => Some(said),
    }
}
