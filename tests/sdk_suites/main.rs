//! The official SDKs, unmodified and pinned, against the stand-ins: the judges we did not write.
//!
//! Goal: a stand-in that has drifted from its provider's wire fails here, and every public
//! operation of every SDK is accounted for. Method: `tests/sdk/README.md` tells how a suite is
//! made. The stand-in runs in this process on a free port, the suite in the interpreter that
//! `CUTOVER_SDK_PYTHON` names or in `node` with the packages of `CUTOVER_SDK_NODE_MODULES`.
//! Trials: `SDK/ENGINE` runs the suite (on Docker its builds of images only, begun with the image that
//! `CUTOVER_TEST_IMAGE` names), `coverage/SDK` holds the SDK's operations against its table,
//! `coverage/rendered` holds the tables against `COVERAGE.md` (`CUTOVER_UPDATE=1` writes it), `judge/*`
//! plants faults for the judges of both. What is not installed is ignored with the reason, or fails
//! when `CUTOVER_REQUIRE` contains `sdk`; an engine that the machine refuses is ignored, or fails when
//! it is named there.
#![expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment where the SDKs are"
)]

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

mod coverage;
mod planted;
mod rendered;
#[path = "../common/required.rs"]
mod required;
mod sdk;
mod suite;

use required::without;
use sdk::{SDKS, Sdk};

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for sdk in &SDKS {
        for engine in ["process", "namespaces"] {
            let name = format!("{}/{engine}", sdk.folder);
            trials.push(Trial::ignorable_test(name, move || {
                suite::judge(sdk, engine)
            }));
        }
        // What an engine with images does otherwise; the rest is the same code on all.
        let name = format!("{}/docker", sdk.folder);
        trials.push(Trial::ignorable_test(name, move || {
            suite::judge_builds(sdk)
        }));
        let name = format!("coverage/{}", sdk.folder);
        trials.push(Trial::ignorable_test(name, move || covered(sdk)));
    }
    trials.push(Trial::test("coverage/rendered", rendered::judge));
    trials.push(Trial::test("judge/protocol", planted::protocol));
    trials.push(Trial::test("judge/tables", planted::tables));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The table is read even where the SDK is missing, so that a bad one never hides.
fn covered(sdk: &Sdk) -> Result<Completion, Failed> {
    let table = coverage::load(sdk)?;
    let problems = match sdk.interpreter() {
        Err(missing) => return without("sdk", missing),
        Ok(interpreter) => {
            let surface = interpreter.lines(&sdk.surface(), &[])?;
            let checks = interpreter.lines(&sdk.suite(), &["--list"])?;
            coverage::problems(&table, &surface, &checks)
        }
    };
    if problems.is_empty() {
        return Ok(Completion::Completed);
    }
    Err(format!("{}:\n{}", sdk.table().display(), problems.join("\n")).into())
}
