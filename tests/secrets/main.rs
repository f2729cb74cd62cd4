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
mod place;
mod runs;
mod search;
mod settings;
mod standin;
mod terminal;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use place::Place;

/// A test and its name.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let refused = if arguments.list { None } else { refused() };
    let sandboxes = [runs::CASES, standin::CASES].concat();
    let plain = [encodings::CASES, settings::CASES, terminal::CASES].concat();
    let sandboxes = sandboxes
        .into_iter()
        .map(|case| trial(case, refused.clone()));
    let plain = plain.into_iter().map(|case| trial(case, None));
    libtest_mimic::run(&arguments, sandboxes.chain(plain).collect()).exit_code()
}

fn trial((name, run): Case, refused: Option<String>) -> Trial {
    Trial::ignorable_test(name, move || match refused {
        Some(why) if required() => Err(Failed::from(why)),
        Some(why) => Ok(Completion::ignored_with(why)),
        None => {
            run();
            Ok(Completion::Completed)
        }
    })
}

/// What `cutover doctor` says of the engine, if the host refuses it.
fn refused() -> Option<String> {
    let said = Place::new().run(&["doctor"]).text;
    let line = said.lines().find(|line| line.contains("engine namespaces"));
    match line {
        Some(line) if line.starts_with("ok") => None,
        Some(line) => Some(line.to_owned()),
        None => Some(said),
    }
}

fn required() -> bool {
    let names = std::env::var("CUTOVER_REQUIRE").unwrap_or_default();
    names.split(',').any(|name| name == "namespaces")
}
