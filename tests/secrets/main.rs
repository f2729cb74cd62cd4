//! Goal: no secret leaves in any encoding, and no hostile text reaches a terminal raw. Method: every
//! secret is written in every encoding by encoders of the test's own, put wherever text can come
//! from, and looked for by decoding in everything that the built program leaves or says. Each search
//! has a control: without redaction it finds what it looks for. What runs sandboxes needs the engine
//! `namespaces`: ignored with the reason where the host refuses it, failing when `CUTOVER_REQUIRE`
//! names it.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::too_many_lines,
    reason = "a test panics when it is wrong, polls conditions, and writes small texts the short way"
)]

mod encoders;
mod encodings;
mod known;
#[path = "../common/namespaces.rs"]
mod namespaces;
mod place;
#[path = "../common/required.rs"]
mod required;
mod runs;
mod search;
mod settings;
mod standin;
mod terminal;

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
    let sandboxes = [runs::CASES, standin::CASES].concat();
    let plain = [encodings::CASES, settings::CASES, terminal::CASES].concat();
    let sandboxes = sandboxes
        .into_iter()
        .map(|case| trial(case, refused.clone()));
    let plain = plain.into_iter().map(|case| trial(case, None));
    libtest_mimic::run(&arguments, sandboxes.chain(plain).collect()).exit_code()
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
