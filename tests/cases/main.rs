//! Goal: what once went wrong with a small input stays right. Method: each folder beside this file is
//! somebody's working folder (`scenarios/`, sometimes a ledger, settings or a profile); the built
//! program runs in a copy of it, and `expected.json` in the folder says what must come of it. All
//! folders play at once, as most of their time is waiting.
//!
//! `expected.json` is read by [`expected::Expected`], whose documentation is its reference. Needs the
//! engine `namespaces`: ignored with the reason where the host refuses it, failing when
//! `CUTOVER_REQUIRE` names it.
#![expect(clippy::unwrap_used, reason = "a test panics when it is wrong")]

mod check;
mod expected;
mod folder;
#[path = "../common/namespaces.rs"]
mod namespaces;
#[path = "../common/required.rs"]
mod required;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use expected::Expected;
use folder::Folder;
use required::without;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let refused = if arguments.list {
        None
    } else {
        namespaces::refused()
    };
    let trials: Vec<Trial> = folders()
        .into_iter()
        .map(|path| trial(path, refused.clone()))
        .collect();
    // They wait for time limits and lifetimes, not for a processor.
    arguments.test_threads.get_or_insert(trials.len().max(1));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(path: PathBuf, refused: Option<String>) -> Trial {
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    Trial::ignorable_test(name, move || {
        let expected = Expected::read(&path.join("expected.json"))?;
        match refused {
            Some(why) if expected.plays() => without("namespaces", why),
            _ => {
                play(&path, &expected)?;
                Ok(Completion::Completed)
            }
        }
    })
}

/// All that is wrong with all invocations of a folder, told at once.
fn play(path: &Path, expected: &Expected) -> Result<(), Failed> {
    let folder = Folder::copy_of(path);
    let wrong: Vec<String> = expected
        .invocations
        .iter()
        .flat_map(|invocation| {
            let ended = folder.run(&invocation.args);
            check::wrong(invocation, &ended)
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failed::from(wrong.join("\n")))
}

fn folders() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut found: Vec<PathBuf> = beside
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}
