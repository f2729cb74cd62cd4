//! The original platform, MCP server and providers, as they were recorded: each step is made again on
//! the endpoint and the MCP server without fixes, before both stand-ins, and what came of it is
//! compared to the byte, with what reached the providers.
//!
//! Needs the engine `namespaces`: ignored with the reason where the host refuses it, failing when
//! `CUTOVER_REQUIRE` names it.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test harness may stop at what it did not expect"
)]

mod count;
mod listed;
mod process;
#[path = "../common/required.rs"]
mod required;
mod stage;
mod value;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use cutover::stage::{EngineChoice, choose_engine};
use cutover_standin::engine::{Engine, EngineSettings};
use golden::{Group, read, replay};
use libtest_mimic::{Arguments, Failed, Trial};
use listed::{LISTED, is_listed};
use required::without;
use stage::Whole;
use tokio::runtime::Runtime;

/// The recorded steps that need providers, or the built program.
const RECORDED: [&str; 6] = [
    include_str!("e2b.jsonl"),
    include_str!("daytona.jsonl"),
    include_str!("wire.jsonl"),
    include_str!("create.jsonl"),
    include_str!("direct.jsonl"),
    include_str!("generator.jsonl"),
];

fn main() -> ExitCode {
    // Nobody else in this process sets one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut args = Arguments::from_args();
    let runtime = Arc::new(Runtime::new().expect("a runtime can be started"));
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    let engine = match runtime.block_on(choose_engine(
        EngineChoice::Namespaces,
        &EngineSettings::new(helper),
    )) {
        Ok(engine) => engine,
        Err(why) => {
            let run = move || without("namespaces", why.to_string());
            let trials = vec![Trial::ignorable_test("engine", run)];
            return libtest_mimic::run(&args, trials).exit_code();
        }
    };
    // Most of a group is waiting.
    args.test_threads = args.test_threads.or(Some(6));
    let groups = RECORDED.iter().flat_map(|lines| read(lines));
    let mut trials: Vec<Trial> = groups
        .map(|group| trial(group, Arc::clone(&engine), Arc::clone(&runtime)))
        .collect();
    trials.push(Trial::test(
        "what is listed is short and has its reasons",
        || listed::check().map_err(Failed::from),
    ));
    trials.push(Trial::test("every recorded step is here", || {
        count::check().map_err(Failed::from)
    }));
    libtest_mimic::run(&args, trials).exit_code()
}

fn trial(group: Group, engine: Arc<dyn Engine>, runtime: Arc<Runtime>) -> Trial {
    let name = group.id.clone();
    Trial::test(name, move || {
        let same = runtime.block_on(play(&group, &engine));
        same.map_err(Failed::from)
    })
}

async fn play(group: &Group, engine: &Arc<dyn Engine>) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Whole::open(engine).await;
    let names = stage.names();
    let differences = replay(group, folder.path(), &names, &mut stage).await;
    stage.close().await;
    let wrong: Vec<String> = differences
        .iter()
        .filter(|it| !is_listed(&it.step))
        .map(ToString::to_string)
        .collect();
    let listed = LISTED
        .iter()
        .filter(|it| it.0.starts_with(&format!("{}/", group.id)));
    let stale: Vec<String> = listed
        .filter(|(step, _)| !differences.iter().any(|it| it.step.starts_with(step)))
        .map(|(step, _)| format!("{step} is listed and the same"))
        .collect();
    if wrong.is_empty() && stale.is_empty() {
        return Ok(());
    }
    let steps = group.steps.len();
    Err(format!(
        "of {steps} steps differ:\n{}",
        [wrong, stale].concat().join("\n")
    ))
}
