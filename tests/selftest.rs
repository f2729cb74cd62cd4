//! The judge judged: `cutover selftest` must find every planted difference and raise no planted
//! noise, and the ledger must notice exchanged shells. Needs the engine `namespaces`: ignored with
//! the reason where the host refuses it, failing when `CUTOVER_REQUIRE` names it.

#[path = "common/required.rs"]
mod required;

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use required::without;

fn main() -> ExitCode {
    let trials = vec![
        Trial::ignorable_test("planted", || selftest(&[], "0 judged wrongly")),
        Trial::ignorable_test("swapped", || selftest(&["--swap"], "entries reported")),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn selftest(options: &[&str], said: &str) -> Result<Completion, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .arg("selftest")
        .args(options)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    // Nothing is planted where no sandbox can be made, which is said by exit 2.
    if output.status.code() == Some(2) {
        return without("namespaces", text);
    }
    if output.status.success() && text.contains(said) {
        return Ok(Completion::Completed);
    }
    Err(Failed::from(text))
}
