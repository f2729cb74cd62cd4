//! Goal: every engine keeps the contract of `standin::engine`. Method: one table of cases, run
//! against each engine through the trait only; what an engine does not claim (isolation, a root
//! of its own) is not asked of it. An engine that the host refuses is ignored with the reason,
//! and fails when `CUTOVER_REQUIRE` names it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says what went wrong by panicking, and the owner speaks over stdout"
)]

mod archive;
mod attributes;
mod containers;
mod files;
mod images;
mod keys;
mod limits;
mod owner;
mod place;
mod processes;
#[path = "../common/required.rs"]
mod required;
mod rests;
mod servers;
mod walls;
mod whole;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use cutover_standin::engine::{Engine, EngineError};
use libtest_mimic::{Arguments, Completion, Trial};
use tokio::runtime::{Builder, Runtime};

use place::{Case, Place, engine_of};
use required::without;

/// The built binary; another one when the suite is run from elsewhere by hand.
fn helper() -> PathBuf {
    std::env::var_os("CUTOVER_TEST_HELPER").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_cutover")),
        PathBuf::from,
    )
}

fn main() -> ExitCode {
    if owner::dispatch(&helper()) || keys::dispatch(&helper()) {
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    let runtime = Arc::new(Builder::new_multi_thread().enable_all().build().unwrap());
    let mut trials = Vec::new();
    for name in ["process", "namespaces", "docker"] {
        let engine = runtime.block_on(engine_of(name, &helper()));
        for case in cases() {
            trials.push(trial(name, case, engine.clone(), Arc::clone(&runtime)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn cases() -> Vec<Case> {
    [
        processes::CASES,
        files::CASES,
        servers::CASES,
        attributes::CASES,
        limits::CASES,
        keys::CASES,
        walls::CASES,
        rests::CASES,
        owner::CASES,
        whole::CASES,
        archive::CASES,
        containers::CASES,
        images::CASES,
    ]
    .concat()
}

fn trial(
    name: &'static str,
    case: Case,
    engine: Result<Arc<dyn Engine>, EngineError>,
    runtime: Arc<Runtime>,
) -> Trial {
    let run = move || match engine {
        Err(refused) => without(name, refused.to_string()),
        Ok(engine) => {
            let place = Place::new(engine, helper());
            if let Some(lacking) = place.lacks(case.needs) {
                return Ok(Completion::ignored_with(format!("{name} has no {lacking}")));
            }
            runtime.block_on((case.run)(place));
            Ok(Completion::Completed)
        }
    };
    Trial::ignorable_test(case.name, run).with_kind(name)
}
