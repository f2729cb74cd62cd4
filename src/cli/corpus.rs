//! Scenarios and ledger of a command: `./scenarios` or given paths, else the shipped ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::call::Surface;
use crate::cli::args::SelectArgs;
use crate::cli::exit::Stop;
use crate::cli::stored::{ledger, texts};
use crate::compare::ledger::{self, CasePattern, Ledger};
use crate::compare::profile::Profile;
use crate::plan::{Plan, PlanOptions, Shard, plan};
use crate::scenario::capability::capability_names;
use crate::scenario::model::Scenario;
use crate::scenario::{LoadOptions, Problem, load, load_embedded, parse_one, render};
use crate::transcript::StoredRun;
use crate::transcript::event::StoredFile;

/// The scenarios and the ledger that are in the binary.
pub(crate) static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// The folder that wins over the shipped scenarios.
const FOLDER: &str = "scenarios";

/// The ledger's name in the folder, and the user's beside it.
const LEDGER: &str = "quirks.yaml";
const USER_LEDGER: &str = "cutover-quirks.yaml";

/// What a command works on, without a mistake in it.
#[derive(Debug)]
pub(crate) struct Corpus {
    pub(crate) scenarios: Vec<Arc<Scenario>>,
    pub(crate) ledger: Ledger,
    /// The ledger's files, for the journal; later ones override.
    pub(crate) ledger_files: Vec<StoredFile>,
    /// Where it came from, for people.
    pub(crate) from: String,
    scope: Scope,
}

/// Which scenarios these are, of those that the ledger may speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// All.
    Whole,
    /// Those of given paths.
    Paths,
    /// Those of an earlier run, which has looked for entries without a step.
    Run,
}

impl Corpus {
    /// Loads and checks everything; all problems of all files come at once.
    pub(crate) fn load(args: &SelectArgs) -> Result<Self, Stop> {
        let folder = Path::new(FOLDER);
        let shipped = shipped_scenarios();
        let (loaded, from) = if !args.paths.is_empty() {
            (
                load(&args.paths, &LoadOptions::default()),
                "the given paths".to_owned(),
            )
        } else if folder.is_dir() {
            (
                load(&[folder.to_path_buf()], &LoadOptions::default()),
                format!("./{FOLDER}"),
            )
        } else {
            (load_embedded(&shipped), "the shipped scenarios".to_owned())
        };
        let own_corpus = args.paths.is_empty() && folder.is_dir();
        let ledger_files = ledger_files(folder, own_corpus, args.quirks.as_deref())?;
        // Both are told when both have mistakes.
        let (scenarios, known) = match (loaded, ledger(&ledger_files)) {
            (Ok(scenarios), Ok(known)) => (scenarios, known),
            (Ok(_), Err(stop)) => return Err(stop),
            (Err(problems), Ok(_)) => return Err(Stop::usage(render(&problems))),
            (Err(problems), Err(stop)) => {
                return Err(Stop::usage(format!(
                    "{}\n{}",
                    render(&problems),
                    stop.message
                )));
            }
        };
        let scope = if args.paths.is_empty() {
            Scope::Whole
        } else {
            Scope::Paths
        };
        Ok(Self {
            scenarios,
            ledger: known,
            ledger_files,
            from,
            scope,
        })
    }

    /// Scenarios and ledger of an earlier run, as they were then.
    pub(crate) fn of_run(run: &StoredRun) -> Result<Self, Stop> {
        let mut scenarios = Vec::new();
        let mut problems = Vec::new();
        for stored in &run.started.scenarios {
            match parse_one(&stored.name, Path::new(&stored.file), &stored.text) {
                Ok(scenario) => scenarios.push(Arc::new(scenario)),
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(Stop::usage(render(&problems)));
        }
        let ledger_files = run.started.ledger.clone();
        let mut ledger = ledger(&ledger_files)?;
        ledger.orphans.clone_from(&run.started.orphans);
        Ok(Self {
            scenarios,
            ledger,
            ledger_files,
            from: format!("the run {}", run.started.run),
            scope: Scope::Run,
        })
    }

    /// Scenarios and ledger against each other: every disagreement. With given paths the ledger
    /// may speak of scenarios that were not loaded, so only a whole corpus can be checked.
    pub(crate) fn disagreements(&self) -> Vec<Problem> {
        if self.scope != Scope::Whole {
            return Vec::new();
        }
        ledger::check(&self.ledger, &self.scenarios, &texts(&self.ledger_files))
    }

    /// Entries that name no step on disk, with why.
    pub(crate) fn orphans(&self) -> Vec<(String, String)> {
        match self.scope {
            Scope::Whole => ledger::orphans(&self.ledger, &self.scenarios),
            Scope::Paths => Vec::new(),
            Scope::Run => self.ledger.orphans.clone(),
        }
    }

    /// Plans every case of every scenario, whatever its effects: an earlier run has chosen.
    pub(crate) fn plan_all(&self, capabilities: &BTreeSet<String>) -> Result<Plan, Stop> {
        let options = PlanOptions {
            surfaces: vec![Surface::Provider],
            allow_external: true,
            capabilities: capabilities.clone(),
            ..PlanOptions::default()
        };
        plan(&self.scenarios, &options).map_err(|error| Stop::usage(error.to_string()))
    }

    /// The cases that a profile requires. A pattern that no scenario answers is a mistake: nobody
    /// would notice that nothing is required.
    pub(crate) fn required(&self, profile: &Profile) -> Result<BTreeSet<String>, Stop> {
        let all = self.plan_all(&every_capability())?.cases;
        let lost: Vec<&str> = profile
            .required
            .iter()
            .filter(|pattern| !all.iter().any(|case| pattern.matches(&case.id)))
            .map(CasePattern::text)
            .collect();
        if !lost.is_empty() {
            return Err(Stop::usage(format!(
                "the profile requires cases that no scenario gives: {}",
                lost.join(", ")
            )));
        }
        let ids = all.into_iter().map(|case| case.id);
        Ok(ids.filter(|id| profile.requires(id)).collect())
    }

    /// Plans the selected cases.
    pub(crate) fn plan(
        &self,
        args: &SelectArgs,
        capabilities: &BTreeSet<String>,
        required: BTreeSet<String>,
    ) -> Result<Plan, Stop> {
        let options = PlanOptions {
            surfaces: surfaces(&args.surface)?,
            only: args.only.clone(),
            skip: args.skip.clone(),
            tags: args.tags.clone(),
            allow_external: allow_external(args.allow.as_deref())?,
            capabilities: capabilities.clone(),
            required,
            shard: args
                .shard
                .as_deref()
                .map(str::parse::<Shard>)
                .transpose()
                .map_err(|error| Stop::usage(format!("--shard: {error}")))?,
            ..PlanOptions::default()
        };
        plan(&self.scenarios, &options).map_err(|error| Stop::usage(error.to_string()))
    }
}

/// Every capability there is: for commands that only look.
pub(crate) fn every_capability() -> BTreeSet<String> {
    capability_names().into_iter().map(str::to_owned).collect()
}

fn surfaces(names: &[String]) -> Result<Vec<Surface>, Stop> {
    names
        .iter()
        .map(|name| match name.as_str() {
            "provider" => Ok(Surface::Provider),
            "mcp" | "platform" => Err(Stop::usage(format!(
                "surface {name} needs the platform endpoint, which this build does not have; \
                 use --surface provider"
            ))),
            other => Err(Stop::usage(format!(
                "unknown surface `{other}`; mcp, platform or provider"
            ))),
        })
        .collect()
}

fn allow_external(allow: Option<&str>) -> Result<bool, Stop> {
    match allow {
        None => Ok(false),
        Some("external") => Ok(true),
        Some(other) => Err(Stop::usage(format!(
            "--allow takes `external`, not `{other}`"
        ))),
    }
}

/// The shipped scenarios as name and text.
fn shipped_scenarios() -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    let mut folders: Vec<&Dir<'_>> = SHIPPED.dirs().collect();
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let path = file.path();
            let name = path.to_str().and_then(|path| path.strip_suffix(".yaml"));
            if let (Some(name), Some(text)) = (name, file.contents_utf8()) {
                found.push((name, text));
            }
        }
    }
    found.sort_unstable();
    found
}

/// The ledger of the folder, else the shipped one, then the user's entries. A folder of one's own
/// without a ledger has none: the shipped one speaks of the shipped scenarios.
fn ledger_files(
    folder: &Path,
    own_corpus: bool,
    extra: Option<&Path>,
) -> Result<Vec<StoredFile>, Stop> {
    let mut files = Vec::new();
    let own = folder.join(LEDGER);
    if own.is_file() {
        files.push(read(&own)?);
    } else if !own_corpus
        && let Some(shipped) = SHIPPED
            .get_file(LEDGER)
            .and_then(|file| file.contents_utf8())
    {
        files.push(StoredFile {
            file: format!("(shipped) {LEDGER}"),
            text: shipped.to_owned(),
        });
    }
    let users: [PathBuf; 2] = [folder.join(USER_LEDGER), PathBuf::from(USER_LEDGER)];
    for user in users.iter().filter(|path| path.is_file()) {
        files.push(read(user)?);
    }
    if let Some(extra) = extra {
        files.push(read(extra)?);
    }
    Ok(files)
}

/// Reads a ledger or profile.
pub(crate) fn read(path: &Path) -> Result<StoredFile, Stop> {
    let text = fs::read_to_string(path)
        .map_err(|error| Stop::usage(format!("`{}` cannot be read: {error}", path.display())))?;
    Ok(StoredFile {
        file: path.display().to_string(),
        text,
    })
}
