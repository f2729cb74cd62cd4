//! Scenarios and ledger of a command: `./scenarios` or given paths, else the shipped ones.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cutover_base::by_side::BySide;

use crate::app::error::AppError;
use crate::app::files;
use crate::app::known;
use crate::app::settings::UserSettings;
use crate::app::shipped;
use crate::app::unsealed;
use crate::call::{SideSpec, Surface};
use crate::compare::ledger::{self, Entry, Ledger, NotReproduced};
use crate::compare::profile::Profile;
use crate::plan::{Case, Plan, PlanOptions, Shard, plan, waits};
use crate::scenario::capability::capability_names;
use crate::scenario::model::Scenario;
use crate::scenario::{LoadOptions, Loaded, Problem, Skipped, load, load_embedded, render, strays};
use crate::transcript::StoredRun;
use crate::transcript::event::StoredFile;

/// The folder that wins over the shipped scenarios.
const FOLDER: &str = "scenarios";

/// What to select, as it was typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Select {
    /// Scenario files or folders; `./scenarios` if there is one, else the shipped ones.
    pub(crate) paths: Vec<PathBuf>,
    /// Names of surfaces; all if there is none.
    pub(crate) surfaces: Vec<String>,
    /// Globs of which a case must match one.
    pub(crate) only: Vec<String>,
    /// Globs of which a case must match none.
    pub(crate) skip: Vec<String>,
    /// Tags of which a scenario must have one.
    pub(crate) tags: Vec<String>,
    /// One part of n: `1/4`.
    pub(crate) shard: Option<String>,
    /// `external` to replay scenarios with effects outside the sandbox as well.
    pub(crate) allow: Option<String>,
    /// A ledger that is added and overrides by id.
    pub(crate) quirks: Option<PathBuf>,
    /// Everything that is known, though it says nothing of the scenarios here: to be looked up.
    pub(crate) whole_ledger: bool,
}

/// What a command works on, without a mistake in it.
#[derive(Debug)]
pub(crate) struct Corpus {
    pub(crate) scenarios: Vec<Arc<Scenario>>,
    pub(crate) ledger: Ledger,
    /// The ledger's files, for the journal; later ones override.
    pub(crate) ledger_files: Vec<StoredFile>,
    /// What no run shows, and the file that says so, for the journal.
    pub(crate) not_reproduced: Vec<NotReproduced>,
    pub(crate) not_reproduced_file: Option<StoredFile>,
    /// Where it came from, for people.
    pub(crate) from: String,
    /// Files that may be scenarios and were left out.
    skipped: Vec<Skipped>,
    /// The secrets that scenarios may use; `None` if any.
    secrets: Option<Vec<String>>,
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
    /// Loads and checks everything; all problems of all files come at once. `settings` say which
    /// secrets there are; what is wrong with them is told elsewhere.
    pub(crate) fn load(select: &Select, settings: &UserSettings) -> Result<Self, AppError> {
        Self::read(select, settings.names())
    }

    /// Loads and checks everything, for scenarios that may use these secrets; any, if `None`.
    fn read(select: &Select, secrets: Option<Vec<String>>) -> Result<Self, AppError> {
        let folder = Path::new(FOLDER);
        let options = LoadOptions {
            secrets: secrets.clone(),
            ..LoadOptions::default()
        };
        let shipped = shipped::scenarios();
        let (loaded, from) = if !select.paths.is_empty() {
            (load(&select.paths, &options), "the given paths".to_owned())
        } else if folder.is_dir() {
            let loaded = load(&[folder.to_path_buf()], &options);
            let loaded = loaded.map(|mut loaded| {
                loaded.skipped.extend(strays(Path::new(".")));
                loaded
            });
            (loaded, format!("./{FOLDER}"))
        } else {
            let loaded = load_embedded(&shipped).map(|scenarios| Loaded {
                scenarios,
                skipped: Vec::new(),
            });
            (loaded, "the shipped scenarios".to_owned())
        };
        let own_corpus = select.paths.is_empty() && folder.is_dir();
        let wide_only = own_corpus && !select.whole_ledger;
        let ledger_files = known::ledger_files(folder, wide_only, select.quirks.as_deref())?;
        let not_reproduced_file = known::not_reproduced_file(folder, select.whole_ledger)?;
        // Both are told when both have mistakes.
        let known = known::read(&ledger_files, not_reproduced_file.as_ref());
        let (Loaded { scenarios, skipped }, known) = match (loaded, known) {
            (Ok(loaded), Ok(known)) => (loaded, known),
            (Ok(_), Err(error)) => return Err(error),
            (Err(problems), Ok(_)) => return Err(AppError::usage(render(&problems))),
            (Err(problems), Err(error)) => {
                return Err(AppError::usage(format!("{}\n{error}", render(&problems))));
            }
        };
        let scope = if select.paths.is_empty() {
            Scope::Whole
        } else {
            Scope::Paths
        };
        let (ledger, not_reproduced) = known;
        Ok(Self {
            scenarios,
            ledger,
            ledger_files,
            not_reproduced,
            not_reproduced_file,
            from,
            skipped,
            secrets,
            scope,
        })
    }

    /// The scenarios that would be run if no path was given, where these were given by path.
    ///
    /// # Errors
    /// When there is a mistake in them.
    pub(crate) fn beside(&self) -> Result<Option<Self>, AppError> {
        match self.scope {
            Scope::Whole | Scope::Run => Ok(None),
            Scope::Paths => Self::read(&Select::default(), self.secrets.clone()).map(Some),
        }
    }

    /// Every case at the selected surfaces that these sides have, whatever else is selected.
    pub(crate) fn every_case(
        &self,
        select: &Select,
        sides: &BySide<SideSpec>,
    ) -> Result<BTreeSet<String>, AppError> {
        let everything = Select {
            surfaces: select.surfaces.clone(),
            allow: Some("external".to_owned()),
            ..Select::default()
        };
        let means = Means {
            sides: Some(sides.clone()),
            ..Means::everything()
        };
        let plan = self.plan(&everything, means, BTreeSet::new())?;
        Ok(plan.cases.into_iter().map(|case| case.id).collect())
    }

    /// Scenarios and ledger of an earlier run, as they were then.
    pub(crate) fn of_run(run: &StoredRun) -> Result<Self, AppError> {
        let scenarios = unsealed::scenarios_of(run)?;
        let ledger_files = run.started.ledger.clone();
        let not_reproduced_file = run.started.not_reproduced.clone();
        let (mut ledger, not_reproduced) =
            known::read(&ledger_files, not_reproduced_file.as_ref())?;
        ledger.orphans.clone_from(&run.started.orphans);
        Ok(Self {
            scenarios,
            ledger,
            ledger_files,
            not_reproduced,
            not_reproduced_file,
            from: format!("the run {}", run.started.run),
            skipped: Vec::new(),
            secrets: None,
            scope: Scope::Run,
        })
    }

    /// What was left out of the scenarios, a line each.
    pub(crate) fn left_out(&self) -> Vec<String> {
        self.skipped
            .iter()
            .map(|skipped| {
                format!(
                    "note: {} is not played: {}",
                    skipped.file.display(),
                    skipped.why
                )
            })
            .collect()
    }

    /// The selected cases, as they are where every capability is met: for commands that only look.
    ///
    /// # Errors
    /// When something is selected that does not exist, or nothing is selected.
    pub(crate) fn cases(&self, select: &Select) -> Result<Vec<Case>, AppError> {
        let plan = self.plan(select, Means::everything(), BTreeSet::new())?;
        if plan.cases.is_empty() {
            return Err(AppError::nothing("no case is selected"));
        }
        Ok(plan.cases)
    }

    /// The ledger's entry with this id.
    ///
    /// # Errors
    /// When there is none: which one is nearest.
    pub(crate) fn entry(&self, id: &str) -> Result<&Entry, AppError> {
        let entries = &self.ledger.entries;
        let wanted = entries
            .iter()
            .find(|entry| entry.id.eq_ignore_ascii_case(id));
        wanted.ok_or_else(|| {
            let nearest = entries
                .iter()
                .min_by_key(|entry| strsim::levenshtein(&entry.id, id))
                .map(|entry| format!("; the nearest is {} ({})", entry.id, entry.title))
                .unwrap_or_default();
            AppError::usage(format!("the ledger has no entry `{id}`{nearest}"))
        })
    }

    /// Scenarios and ledger against each other: every disagreement. With given paths the ledger
    /// may speak of scenarios that were not loaded, so only what these name is looked for in it.
    pub(crate) fn disagreements(&self) -> Vec<Problem> {
        let mut problems = if self.scope == Scope::Whole {
            let texts = files::texts(&self.ledger_files);
            ledger::check(&self.ledger, &self.scenarios, &texts)
        } else {
            ledger::unknown_entries(&self.ledger, &self.scenarios)
        };
        problems.extend(ledger::in_two_places(
            &self.ledger,
            &self.not_reproduced,
            &self.scenarios,
            known::text(self.not_reproduced_file.as_ref()),
        ));
        problems
    }

    /// Quirks of which scenarios check parity that are replayed on request only.
    pub(crate) fn on_request(&self) -> Vec<String> {
        let waiting = self.scenarios.iter().filter(|scenario| waits(scenario));
        let quirks = waiting.flat_map(|scenario| scenario.parity.iter().map(|(id, _)| id.clone()));
        quirks.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What steps ask for that not every provider or lane has.
    pub(crate) fn notes(&self) -> Vec<Problem> {
        let of = |scenario: &Arc<Scenario>| {
            let (file, text) = (scenario.file.display().to_string(), &scenario.text);
            let notes = scenario.wants.iter();
            let notes = notes.map(|want| Problem::note(&file, text, want.at, want.note()));
            notes.collect::<Vec<_>>()
        };
        self.scenarios.iter().flat_map(of).collect()
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
    pub(crate) fn plan_all(&self, means: Means) -> Result<Plan, AppError> {
        let options = PlanOptions {
            surfaces: Surface::ALL.to_vec(),
            allow_external: true,
            on_request: true,
            capabilities: means.capabilities,
            sides: means.sides,
            ..PlanOptions::default()
        };
        plan(&self.scenarios, &options).map_err(|error| AppError::usage(error.to_string()))
    }

    /// The cases that a profile requires. A pattern that no scenario answers is a mistake: nobody
    /// would notice that nothing is required.
    pub(crate) fn required(&self, profile: &Profile) -> Result<BTreeSet<String>, AppError> {
        let all = self.plan_all(Means::everything())?.cases;
        let ids: Vec<&str> = all.iter().map(|case| case.id.as_str()).collect();
        let lost = profile.lost(&ids);
        if !lost.is_empty() {
            return Err(AppError::usage(format!(
                "the profile names cases that no scenario gives: {}",
                lost.join(", ")
            )));
        }
        // A pattern does not ask for what waits to be asked for; its id does.
        let asked = |case: &Case| !waits(&case.scenario) || profile.has_id(&case.id);
        let is_required = |case: &Case| profile.requires(&case.id) && asked(case);
        let required = all.into_iter().filter(is_required);
        Ok(required.map(|case| case.id).collect())
    }

    /// The scenarios whose own files were given.
    fn named_by(&self, paths: &[PathBuf]) -> Vec<String> {
        let is_given = |scenario: &&Arc<Scenario>| paths.contains(&scenario.file);
        let given = self.scenarios.iter().filter(is_given);
        given.map(|scenario| scenario.name.clone()).collect()
    }

    /// Plans the selected cases.
    pub(crate) fn plan(
        &self,
        select: &Select,
        means: Means,
        required: BTreeSet<String>,
    ) -> Result<Plan, AppError> {
        let options = PlanOptions {
            surfaces: surfaces(&select.surfaces)?,
            only: select.only.clone(),
            skip: select.skip.clone(),
            tags: select.tags.clone(),
            named: self.named_by(&select.paths),
            allow_external: allow_external(select.allow.as_deref())?,
            capabilities: means.capabilities,
            sides: means.sides,
            required,
            shard: select
                .shard
                .as_deref()
                .map(str::parse::<Shard>)
                .transpose()
                .map_err(|error| AppError::usage(format!("--shard: {error}")))?,
            ..PlanOptions::default()
        };
        plan(&self.scenarios, &options).map_err(|error| AppError::usage(error.to_string()))
    }
}

/// What a run can do.
#[derive(Debug, Clone)]
pub(crate) struct Means {
    pub(crate) capabilities: BTreeSet<String>,
    /// Who takes part, if that is known.
    pub(crate) sides: Option<BySide<SideSpec>>,
}

impl Means {
    /// Everything there is: for commands that only look.
    fn everything() -> Self {
        let capabilities = capability_names().into_iter().map(str::to_owned).collect();
        Self {
            capabilities,
            sides: None,
        }
    }
}

/// The surfaces of these names; all if there is none.
fn surfaces(names: &[String]) -> Result<Vec<Surface>, AppError> {
    if names.is_empty() {
        return Ok(Surface::ALL.to_vec());
    }
    names
        .iter()
        .map(|name| {
            let known = Surface::ALL.into_iter().find(|one| one.name() == name);
            known.ok_or_else(|| {
                AppError::usage(format!(
                    "unknown surface `{name}`; mcp, platform or provider"
                ))
            })
        })
        .collect()
}

fn allow_external(allow: Option<&str>) -> Result<bool, AppError> {
    match allow {
        None => Ok(false),
        Some("external") => Ok(true),
        Some(other) => Err(AppError::usage(format!(
            "--allow takes `external`, not `{other}`"
        ))),
    }
}
