//! The platform endpoint and the MCP server as programs, with agents before them and providers behind.
//!
//! Goal: what somebody deploys keeps its promises: a killed platform finds its sandboxes again, sessions
//! do not see each other, `cutover run` judges platforms that run elsewhere and MCP servers that are not
//! ours, and MCP clients of others can use ours. Method: the built program as a child before stand-ins in
//! this process. Needs the engine `namespaces`: ignored with the reason where the host refuses it, failing
//! when `CUTOVER_REQUIRE` names it. MCP clients of others are ignored where they are not installed, and
//! fail when it names `sdk`.
#![expect(
    clippy::unnecessary_wraps,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test harness may stop at what it did not expect, and reads its own switches"
)]

mod clients;
mod comparison;
mod deployed;
mod durable;
mod hundred;
mod place;
mod platform;
mod recorded;
#[path = "../common/required.rs"]
mod required;
mod same;
mod servers;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use cutover_standin::engine::by_name;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use place::Place;
use required::without;
use tokio::runtime::Runtime;

/// How a test ends.
pub(crate) type Outcome = Result<Completion, Failed>;

/// A test: its name, and what it does.
pub(crate) struct Case {
    name: &'static str,
    run: fn(&Runtime, &Place) -> Outcome,
}

/// A case that needs nothing but the engine.
pub(crate) const fn case(name: &'static str, run: fn(&Runtime, &Place) -> Outcome) -> Case {
    Case { name, run }
}

fn main() -> ExitCode {
    let mut args = Arguments::from_args();
    // Most of a case is waiting, and each has children of its own.
    args.test_threads = args.test_threads.or(Some(4));
    // Nobody else in this process sets one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Arc::new(Runtime::new().expect("a runtime can be started"));
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    let place = match runtime.block_on(by_name("namespaces", helper)) {
        Ok(engine) => Arc::new(Place { engine }),
        Err(why) => {
            let run = move || without("namespaces", why.to_string());
            let trials = vec![Trial::ignorable_test("engine", run)];
            return libtest_mimic::run(&args, trials).exit_code();
        }
    };
    let cases = [
        durable::CASES,
        hundred::CASES,
        deployed::CASES,
        servers::CASES,
        same::CASES,
        clients::CASES,
        recorded::CASES,
    ];
    let trials = cases.into_iter().flatten().map(|case| {
        let (runtime, place) = (Arc::clone(&runtime), Arc::clone(&place));
        Trial::ignorable_test(case.name, move || (case.run)(&runtime, &place))
    });
    libtest_mimic::run(&args, trials.collect()).exit_code()
}
