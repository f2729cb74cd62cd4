//! One call on both sides, and what each gave.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cutover_base::clock::Clock;
use tempfile::TempDir;

use crate::app::corpus::{Corpus, Select};
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::judged::Judged;
use crate::app::limits::Limits;
use crate::app::observe::Silent;
use crate::app::perform::{Performance, RunTerms};
use crate::app::seal::seal;
use crate::app::side_settings::SideSettings;
use crate::app::sides::Sides;
use crate::call::Surface;
use crate::normalise::TIME;
use crate::plan::{PlanOptions, plan};
use crate::run::{Replays, RunSettings, SIDES_GAP};
use crate::scenario::{parse_one, render};

/// A command that was tried.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) judged: Judged,
    /// The scenario that was played, as a user would write it.
    scenario: String,
    /// The run's folder, as large values lie there until they are shown.
    _folder: TempDir,
}

/// Plays a command on both sides.
///
/// # Errors
/// For mistakes in sides and corpus, and when the harness fails.
pub(crate) async fn try_one(
    cmd: &str,
    sides: &SideSettings,
    environment: &Environment,
) -> Result<Tried, AppError> {
    let text = scenario_text(cmd);
    let scenario = parse_one("try/command", Path::new("(tried)"), &text)
        .map_err(|problems| AppError::usage(render(&problems)))?;
    let mut corpus = Corpus::load(&Select::default(), &environment.settings)?;
    let mut sides = Sides::open(sides, environment).await?;
    corpus.scenarios.push(Arc::new(scenario));
    seal(&mut corpus, None, &mut sides, environment)?;
    let options = PlanOptions {
        // What a provider makes of it, with nothing between.
        surfaces: vec![Surface::Provider],
        capabilities: sides.capabilities.clone(),
        sides: Some(sides.specs.clone()),
        ..PlanOptions::default()
    };
    let tried = &corpus.scenarios[corpus.scenarios.len() - 1..];
    let plan = plan(tried, &options).map_err(|error| AppError::usage(error.to_string()))?;
    let folder = tempfile::tempdir()
        .map_err(|error| AppError::failed(format!("a temporary folder: {error}")))?;
    let performance = Performance {
        corpus,
        sides: &sides,
        plan,
        dir: folder.path(),
        settings: RunSettings {
            // Whoever tries a command waits for the answer; what a gap would show is told beside it.
            gap: Duration::ZERO,
            ..Limits::jobs(2).settings("try".to_owned(), &sides, Clock::new(), Replays::Auto, 0)
        },
        terms: RunTerms {
            sharded: true,
            ..RunTerms::default()
        },
        resumed: false,
    };
    let judged = performance.perform(environment, &Silent::shared()).await?;
    Ok(Tried {
        judged,
        scenario: text,
        _folder: folder,
    })
}

impl Tried {
    /// What the two sides' times would show in a run, if they differ: here nothing waits between
    /// the sides.
    pub(crate) fn about_times(&self) -> Option<String> {
        let cases = self.judged.conclusion.cases.iter();
        let mut rules = cases
            .flat_map(|case| &case.steps)
            .flat_map(|step| &step.fields)
            .flat_map(|field| &field.rules);
        let times = rules.any(|rule| rule == TIME.name);
        times.then(|| {
            format!(
                "times differ, and here both sides ran at once; in a run they lie {:.1} s apart",
                SIDES_GAP.as_secs_f64()
            )
        })
    }

    /// Keeps what was tried as a scenario, in a file that is not there yet.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn save(&self, path: &Path) -> Result<(), AppError> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|mut file| file.write_all(self.scenario.as_bytes()))
            .map_err(|error| {
                AppError::failed(format!("`{}` cannot be written: {error}", path.display()))
            })
    }
}

/// The scenario that is tried, as a user would write it.
fn scenario_text(cmd: &str) -> String {
    // A JSON string is a YAML string, whatever is in it; `${{` is meant as it stands.
    let cmd = serde_json::Value::from(cmd.replace("${{", "$${{"));
    format!(
        "# yaml-language-server: $schema=../scenario.schema.json\n\
         why: Tried by hand.\nsurfaces: [provider]\nsteps:\n  - id: command\n    execute: {cmd}\n"
    )
}
