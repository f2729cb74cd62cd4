//! Goal: the stand-ins answer on the wire what the contracts say, byte for byte where it matters.
//! Method: recorded requests and answers as data (`README.md` has the format), sent by plain
//! HTTP and compared whole; one fresh stand-in per file and engine; and a count of the
//! contracts' endpoint tables, so that no row is left out unseen.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what went wrong by panicking"
)]

mod answer;
mod coverage;
mod fill;
mod format;
mod frames;
mod matching;
mod multipart;
mod planted;
mod planted_socket;
mod play;
#[path = "../common/required.rs"]
mod required;
mod socket;
mod units;
mod wire;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use cutover::scenario::yaml;
use cutover_standin::engine::{Engine, EngineError, by_name};
use cutover_standin::server::StandinOptions;
use cutover_standin::{daytona, e2b};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};

use format::{Recording, Table};
use required::without;

/// The list of rows beside a provider's data.
const ROWS: &str = "rows.yaml";

/// A kind of engine, and it or why it cannot be used here.
type Lane = (&'static str, Result<Arc<dyn Engine>, EngineError>);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let runtime = Arc::new(Builder::new_multi_thread().enable_all().build().unwrap());
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    let lanes: Vec<Lane> = ["process", "namespaces"]
        .map(|name| (name, runtime.block_on(by_name(name, helper))))
        .into();
    let mut trials = units::trials();
    trials.extend(planted::trials(&runtime));
    trials.push(planted_socket::trial(&runtime));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fidelity");
    for provider in entries(&root).into_iter().filter(|it| it.is_dir()) {
        trials.extend(provider_trials(&provider, &lanes, &runtime));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// One trial per file and engine, and one that counts the rows. A file that cannot be read is a
/// trial that fails.
fn provider_trials(folder: &Path, lanes: &[Lane], runtime: &Arc<Runtime>) -> Vec<Trial> {
    let provider = name(folder);
    let mut trials = Vec::new();
    let mut files = Vec::new();
    let mut rows = Err(format!("{provider} has no {ROWS}"));
    for path in entries(folder) {
        let file = format!("{provider}/{}", name(&path));
        if name(&path) == ROWS {
            rows = read::<Table>(&path);
            continue;
        }
        match read::<Recording>(&path).and_then(|it| well_formed(it, lanes)) {
            Err(why) => trials.push(Trial::test(file, move || Err(Failed::from(why)))),
            Ok(recording) => {
                for lane in lanes {
                    let played = (provider.clone(), file.clone(), recording.clone());
                    trials.push(trial(played, lane.clone(), Arc::clone(runtime)));
                }
                files.push((file, recording));
            }
        }
    }
    trials.push(Trial::test(format!("{provider}/rows"), move || {
        let missing = coverage::missing(&rows?, &files);
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failed::from(missing.join("\n")))
    }));
    trials
}

fn trial(
    (provider, file, recording): (String, String, Recording),
    (name, engine): Lane,
    runtime: Arc<Runtime>,
) -> Trial {
    let shown = file.clone();
    let run = move || {
        let engine = match engine {
            Err(refused) => return without(name, refused.to_string()),
            Ok(engine) => engine,
        };
        let has = engine.capabilities();
        if let Some(need) = recording.needs.iter().find(|need| !has.contains(need)) {
            return Ok(Completion::ignored_with(format!("{name} has no {need}")));
        }
        runtime.block_on(async {
            let options = StandinOptions::new(engine);
            let standin = match provider.as_str() {
                "e2b" => e2b::start(options).await,
                "daytona" => daytona::start(options).await,
                other => return Err(Failed::from(format!("there is no provider {other}"))),
            };
            play::play(standin.expect("it starts"), &file, &recording).await?;
            Ok(Completion::Completed)
        })
    };
    Trial::ignorable_test(shown, run).with_kind(name)
}

/// Checks what the types of the format cannot say.
fn well_formed(recording: Recording, lanes: &[Lane]) -> Result<Recording, String> {
    if recording.why.is_empty() || recording.source.is_empty() || recording.exchanges.is_empty() {
        return Err("a file says why, source and at least one exchange".to_owned());
    }
    for exchange in &recording.exchanges {
        let named = |why| format!("{:?}: {why}", exchange.name);
        exchange.check().map_err(named)?;
    }
    let known = cutover::scenario::capability::capability_names();
    let engines = lanes.iter().filter_map(|(_, engine)| engine.as_ref().ok());
    let offered: Vec<String> = engines.flat_map(|engine| engine.capabilities()).collect();
    for need in &recording.needs {
        if !known.contains(&need.as_str()) && !offered.contains(need) {
            return Err(format!("there is no capability {need:?}"));
        }
    }
    Ok(recording)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let named = |why: String| format!("{}: {why}", path.display());
    let bytes = fs::read(path).map_err(|error| named(error.to_string()))?;
    let text = yaml::decode(&bytes).map_err(|error| named(error.to_string()))?;
    yaml::from_str(text).map_err(|error| named(error.to_string()))
}

/// The files or folders of a folder, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).expect("the data is there");
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
