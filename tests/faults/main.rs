//! Bad days in combination: every kind of fault, on every side, in several shares, over cases that
//! have every verb between them. Whatever the day, a case comes to what it comes to on a good one,
//! because retries absorbed the fault, or to an error; never to a difference, and never does a step
//! agree whose last attempt met the fault.
//!
//! A seeded sample runs with the tests; `CUTOVER_FAULTS=full` runs all combinations, as
//! `.github/workflows/long.yml` does every night, and `CUTOVER_FAULTS=SEED` another sample. Needs the
//! engine `namespaces`: ignored with the reason where the host refuses it, failing when
//! `CUTOVER_REQUIRE` names it.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test harness may stop at what it did not expect, and reads its own switches"
)]

mod bench;
mod combination;
mod hits;
#[path = "../common/required.rs"]
mod required;

use std::process::{Command, ExitCode};
use std::sync::Arc;

use bench::Bench;
use combination::{Combination, all, sample};
use libtest_mimic::{Arguments, Failed, Trial};
use required::without;
use tokio::runtime::Runtime;

/// The sample that the tests take.
const SEED: u64 = 20_261_129;

fn main() -> ExitCode {
    let mut args = Arguments::from_args();
    let wanted = std::env::var("CUTOVER_FAULTS").unwrap_or_default();
    let runtime = Arc::new(Runtime::new().expect("a runtime can be started"));
    let bench = match runtime.block_on(Bench::open()) {
        Ok(bench) => Arc::new(bench),
        Err(why) => return refused(&args, why),
    };
    // Most of a bad day is waiting.
    args.test_threads = args.test_threads.or(Some(12));
    let combinations = if wanted == "full" {
        all(&bench.names())
    } else {
        sample(&bench.names(), wanted.parse().unwrap_or(SEED))
    };
    let mut trials = vec![
        good_day(Arc::clone(&bench), Arc::clone(&runtime)),
        Trial::test("a machine without files", without_files),
    ];
    trials.extend(
        combinations
            .into_iter()
            .map(|combination| trial(combination, Arc::clone(&bench), Arc::clone(&runtime))),
    );
    libtest_mimic::run(&args, trials).exit_code()
}

/// The cases have every verb that surface provider has, and agree when nothing fails.
fn good_day(bench: Arc<Bench>, runtime: Arc<Runtime>) -> Trial {
    Trial::test("a good day", move || {
        bench.has_every_verb().map_err(Failed::from)?;
        let day = Combination::none(bench.names());
        runtime.block_on(bench.live(&day)).map_err(Failed::from)
    })
}

fn trial(combination: Combination, bench: Arc<Bench>, runtime: Arc<Runtime>) -> Trial {
    Trial::test(combination.name(), move || {
        runtime
            .block_on(bench.live(&combination))
            .map_err(|why| Failed::from(format!("{}: {why}", combination.name())))
    })
}

/// What our own machine denies is refused before anything is created, or is the harness's failure;
/// it is never a difference, nor the provider's failure.
fn without_files() -> Result<(), Failed> {
    let out = tempfile::tempdir()?;
    for files in [24, 40, 300] {
        let command = format!("ulimit -n {files}; exec \"$0\" run --only provider/execute/hello");
        let output = Command::new("sh")
            .args(["-c", &command])
            .arg(env!("CARGO_BIN_EXE_cutover"))
            .current_dir(out.path())
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let right = match output.status.code() {
            Some(3) => said.contains("1 harness_error"),
            Some(2) => true,
            // Three hundred may be enough.
            Some(0) => files == 300,
            _ => false,
        };
        if !right {
            let code = output.status.code();
            return Err(Failed::from(format!(
                "{files} files: exit {code:?}\n{said}"
            )));
        }
    }
    Ok(())
}

fn refused(args: &Arguments, why: String) -> ExitCode {
    let run = move || without("namespaces", why);
    libtest_mimic::run(args, vec![Trial::ignorable_test("engine", run)]).exit_code()
}
