//! Goal: whatever happens to a run, nothing of it is left: no sandbox, process, mount or file; and
//! whatever happens inside a sandbox or at a provider is told as what it is. Method: the built
//! program runs scenarios of its own in a folder of its own, and what it leaves is looked for
//! outside of it. Needs the engine `namespaces`: ignored with the reason where the host refuses
//! it, failing when `CUTOVER_REQUIRE` names it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test panics when it is wrong, prints what it measured, and polls conditions"
)]

mod environment;
mod faults;
mod hostile;
mod kills;
mod leftovers;
#[path = "../common/namespaces.rs"]
mod namespaces;
mod place;
mod random_kills;
mod readme;
#[path = "../common/required.rs"]
mod required;
mod signals;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

use required::without;

/// A test and its name.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let refused = if arguments.list {
        None
    } else {
        namespaces::refused()
    };
    let trials = [
        // The longest is among these, so they begin.
        hostile::CASES,
        signals::CASES,
        kills::CASES,
        random_kills::CASES,
        faults::CASES,
        environment::CASES,
        readme::CASES,
    ]
    .concat()
    .into_iter()
    .map(|case| trial(case, refused.clone()))
    .chain([another_user(refused.clone())])
    .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial((name, run): Case, refused: Option<String>) -> Trial {
    Trial::ignorable_test(name, move || {
        if let Some(why) = refused {
            return without("namespaces", why);
        }
        run();
        Ok(Completion::Completed)
    })
}

/// Needs root beside the engine, which nobody can be required to be.
fn another_user(refused: Option<String>) -> Trial {
    let case: Case = ("environment::ordinary_user", environment::ordinary_user);
    match environment::cannot_be_another() {
        Some(why) => Trial::ignorable_test(case.0, || Ok(Completion::ignored_with(why))),
        None => trial(case, refused),
    }
}
