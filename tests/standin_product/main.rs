//! Goal: `cutover standin` is a product: it can be started, waited for, pointed at, looked into,
//! loaded and stopped, and bad clients cost it nothing. Method: the built program as a child, seen
//! over its pipes, its files, `/proc` and plain HTTP; no SDK and no driver of ours.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what went wrong by panicking"
)]

mod child;
mod client;
mod command;
mod desk;
mod hostile;
mod load;
mod log;
#[path = "../common/required.rs"]
mod required;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use cutover_standin::engine::by_name;
use libtest_mimic::{Arguments, Completion, Trial};
use tokio::runtime::{Builder, Runtime};

use required::without;

/// A test: its name, and what it does.
pub(crate) struct Case {
    name: &'static str,
    /// Whether it means nothing without sandboxes of their own.
    isolated: bool,
    run: fn(&Runtime, &str),
}

/// A case that runs on whatever engine there is.
pub(crate) const fn case(name: &'static str, run: fn(&Runtime, &str)) -> Case {
    Case {
        name,
        isolated: false,
        run,
    }
}

/// A case that needs the namespaces engine.
pub(crate) const fn isolated(name: &'static str, run: fn(&Runtime, &str)) -> Case {
    Case {
        name,
        isolated: true,
        run,
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Arc::new(Builder::new_multi_thread().enable_all().build().unwrap());
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    let refused = runtime.block_on(by_name("namespaces", helper)).err();
    let refused = refused.map(|error| error.to_string());
    let cases = [
        command::CASES,
        desk::CASES,
        log::CASES,
        hostile::CASES,
        load::CASES,
    ];
    let trials = cases.into_iter().flatten().map(|case| {
        let (runtime, refused) = (Arc::clone(&runtime), refused.clone());
        Trial::ignorable_test(case.name, move || match refused {
            Some(why) if case.isolated => without("namespaces", why),
            Some(_) => {
                (case.run)(&runtime, "process");
                Ok(Completion::Completed)
            }
            None => {
                (case.run)(&runtime, "namespaces");
                Ok(Completion::Completed)
            }
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
