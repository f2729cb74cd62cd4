//! Every shipped case as a test of its own, replayed on both stand-ins and judged with the shipped
//! ledger: what differs and is not in the ledger fails. Cases whose requirements this machine does
//! not meet are ignored with the reason; so are all when the engine is refused, unless
//! `CUTOVER_REQUIRE` names `namespaces`.
#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test harness may stop at what it did not expect"
)]

#[path = "common/required.rs"]
mod required;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use cutover::app::{Rehearsal, RehearsalError};
use cutover::plan::Case;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use required::without;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let runtime = Arc::new(Runtime::new().expect("a runtime can be started"));
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let rehearsal = match runtime.block_on(Rehearsal::open(&root, helper)) {
        Ok(rehearsal) => Arc::new(rehearsal),
        Err(RehearsalError::Engine(error)) => return refused(&args, error.to_string()),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let trials = rehearsal
        .cases()
        .iter()
        .map(|case| trial(case.clone(), Arc::clone(&rehearsal), Arc::clone(&runtime)))
        .collect();
    libtest_mimic::run(&args, trials).exit_code()
}

fn trial(case: Case, rehearsal: Arc<Rehearsal>, runtime: Arc<Runtime>) -> Trial {
    let name = case.id.clone();
    let run = move || {
        if !case.unmet.is_empty() {
            let why = format!("requires {}", case.unmet.join(", "));
            return Ok(Completion::ignored_with(why));
        }
        runtime
            .block_on(rehearsal.judge(&case))
            .map_err(Failed::from)?;
        Ok(Completion::Completed)
    };
    Trial::ignorable_test(name, run).with_kind("parity")
}

/// Without an engine nothing can be replayed: said once, as an ignored trial, or as a failure when
/// the engine is required.
fn refused(args: &Arguments, why: String) -> ExitCode {
    let run = move || without("namespaces", why);
    libtest_mimic::run(args, vec![Trial::ignorable_test("engine", run)]).exit_code()
}
