//! The cases, both stand-ins and the judge, for one bad day after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cutover::call::{Provider, Surface};
use cutover::compare::RunFacts;
use cutover::compare::conclude::conclude;
use cutover::compare::ledger::{Ledger, LedgerText, read_ledger};
use cutover::compare::verdict::{CaseVerdict, Verdict};
use cutover::driver::http::HttpClients;
use cutover::plan::{Case, PlanOptions, plan};
use cutover::run::conclude::Judge;
use cutover::run::play_once;
use cutover::scenario::model::{Action, Step};
use cutover::scenario::{LoadOptions, load, render};
use cutover::stage::{
    EngineChoice, SideStage, StandinPlan, TwoSides, capabilities, choose_engine, default_sides,
    standin_subjects,
};
use cutover::transcript::Ending;
use cutover_base::blob::BlobStore;
use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_standin::engine::{Engine, EngineSettings};
use tokio_util::sync::CancellationToken;

use crate::combination::Combination;
use crate::hits::hit_last;

/// No call waits longer than this, so that a day on which nothing is answered passes as well. Far
/// more than a call takes that is answered.
const PATIENCE: Duration = Duration::from_secs(20);

/// The shipped scenarios that have every verb of surface provider between them, and are quick.
const CASES: [&str; 22] = [
    "encoding/invalid-utf8",
    "execute/background-survives",
    "execute/hello",
    "execute/no-output",
    "execute/nonzero-exit",
    "files/list",
    "files/list-missing",
    "files/make-dir-twice",
    "files/move",
    "files/remove",
    "files/stat",
    "lifecycle/background-input",
    "lifecycle/background-process",
    "lifecycle/death",
    "lifecycle/death-of-one",
    "lifecycle/terminate",
    "lifecycle/terminate-twice",
    "provision/env-at-create",
    "provision/sandboxes-in-parallel",
    "read_file/missing",
    "write_file/onto-directory",
    "write_file/overwrite",
];

/// Cases of our own, for verbs that no shipped scenario has.
const OWN: [(&str, &str); 3] = [
    (
        "own/rest",
        "why: Rest and work again.\nsteps:\n  - sandbox_state: {}\n  - resume_sandbox: {}\n  - execute: echo again\n",
    ),
    (
        "own/until",
        "why: What comes true after a while.\nsteps:\n  - execute: (sleep 0.2; echo yes >/tmp/flag) >/dev/null 2>&1 &\n  - read_file: /tmp/flag\n    until: { that: { content: \"yes\\n\" }, every: 100ms, for: 10s }\n",
    ),
    (
        "own/refused",
        "why: What is expected to be refused is not refused by a fault.\nsteps:\n  - execute: \"true\"\n  - at_provider: { do: kill }\n  - execute: \"true\"\n    expect: { failure.class: { one_of: [sandbox_gone, unavailable] } }\n    compare: { failure.class: { ignore: each says it its own way } }\n",
    ),
];

/// The verbs that ask something of a provider; `send_signal` is not one that both have.
const VERBS: [&str; 18] = [
    "at_provider",
    "execute",
    "list_files",
    "make_dir",
    "move_file",
    "parallel",
    "provision",
    "read_file",
    "remove_file",
    "resume_sandbox",
    "sandbox_state",
    "send_stdin",
    "start_background",
    "stat_file",
    "terminate",
    "until",
    "wait",
    "write_file",
];

/// What all days share.
#[derive(Debug)]
pub(crate) struct Bench {
    cases: BTreeMap<String, Case>,
    engine: Arc<dyn Engine>,
    judge: Judge,
    good: tokio::sync::OnceCell<BTreeMap<String, Verdict>>,
}

impl Bench {
    /// Loads the cases and starts the engine.
    pub(crate) async fn open() -> Result<Self, String> {
        let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
        let engine = choose_engine(EngineChoice::Auto, &EngineSettings::new(helper))
            .await
            .map_err(|error| error.to_string())?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut scenarios = load(std::slice::from_ref(&root), &LoadOptions::default())
            .map_err(|problems| render(&problems))
            .unwrap()
            .scenarios;
        scenarios.extend(
            cutover::scenario::load_embedded(&OWN)
                .map_err(|problems| render(&problems))
                .unwrap(),
        );
        let text = std::fs::read_to_string(root.join("quirks.yaml")).unwrap();
        let ledger = read_ledger(&[LedgerText {
            file: "quirks.yaml",
            text: &text,
        }])
        .map_err(|problems| render(&problems))
        .unwrap();
        let specs = default_sides();
        let has = engine.capabilities();
        let met = capabilities(specs.as_ref(), Some(&has), false);
        let options = PlanOptions {
            surfaces: vec![Surface::Provider],
            capabilities: met.clone(),
            ..PlanOptions::default()
        };
        let planned = plan(&scenarios, &options).unwrap().cases;
        let wanted = |name: &str| CASES.contains(&name) || OWN.iter().any(|(own, _)| *own == name);
        let cases: BTreeMap<String, Case> = planned
            .into_iter()
            .filter(|case| wanted(&case.scenario.name) && case.unmet.is_empty())
            .map(|case| (case.id.clone(), case))
            .collect();
        let judge = Judge {
            ledger,
            subjects: standin_subjects(specs.as_ref(), engine.name(), &met),
            now: Clock::new().now(),
        };
        Ok(Self {
            cases,
            engine,
            judge,
            good: tokio::sync::OnceCell::new(),
        })
    }

    /// The cases.
    pub(crate) fn names(&self) -> Vec<String> {
        self.cases.keys().cloned().collect()
    }

    /// Whether every verb is in one of the cases.
    pub(crate) fn has_every_verb(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for case in self.cases.values() {
            verbs(&case.scenario.steps, &mut seen);
        }
        let missing: Vec<&str> = VERBS
            .into_iter()
            .filter(|name| !seen.contains(name))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!("no case has {}", missing.join(", ")))
    }

    /// Lives through a day, and tells what went wrong beyond what must.
    pub(crate) async fn live(&self, day: &Combination) -> Result<(), String> {
        let good = self.good.get_or_init(|| self.good_day()).await;
        let stage = self.stage(day);
        let mut verdicts = Vec::new();
        for name in &day.cases {
            let (verdict, hit) = self.play(name, day, &stage).await;
            check(&verdict, good.get(name).copied(), &hit)?;
            verdicts.push(verdict);
        }
        exit_is_right(verdicts, &self.judge)
    }

    async fn good_day(&self) -> BTreeMap<String, Verdict> {
        let day = Combination::none(self.names());
        let stage = self.stage(&day);
        let mut good = BTreeMap::new();
        for name in &day.cases {
            let (verdict, _) = self.play(name, &day, &stage).await;
            good.insert(name.clone(), verdict.verdict);
        }
        good
    }

    fn stage(&self, day: &Combination) -> Arc<TwoSides> {
        let clients = HttpClients::within(PATIENCE);
        let switches = day.switches();
        let providers = BySide {
            source: Provider::E2b,
            target: Provider::Daytona,
        };
        Arc::new(TwoSides(BySide::from_fn(|side| {
            let engine = Arc::clone(&self.engine);
            let plan = StandinPlan::new(providers[side], engine, clients.clone());
            SideStage::Standin(Box::new(StandinPlan {
                faults: switches[side].clone(),
                ..plan
            }))
        })))
    }

    async fn play(
        &self,
        name: &str,
        day: &Combination,
        stage: &Arc<TwoSides>,
    ) -> (CaseVerdict, Vec<crate::hits::Place>) {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobStore::new(folder.path().join("blobs"), Redactor::noop());
        let verdict = play_once(
            &self.cases[name],
            Arc::clone(stage) as _,
            folder.path(),
            blobs,
            self.judge.clone(),
            Clock::new(),
            CancellationToken::new(),
        )
        .await
        .unwrap();
        (verdict, hit_last(folder.path(), day))
    }
}

fn verbs(steps: &[Step], seen: &mut BTreeSet<&'static str>) {
    for step in steps {
        seen.insert(step.action.verb().name);
        if step.until.is_some() {
            seen.insert("until");
        }
        if let Action::Parallel(children) = &step.action {
            verbs(children, seen);
        }
    }
}

/// A case comes to what it comes to on a good day, or to an error, and every step whose last
/// attempt was hit is one.
fn check(
    case: &CaseVerdict,
    good: Option<Verdict>,
    hit: &[crate::hits::Place],
) -> Result<(), String> {
    let is_error = matches!(case.verdict, Verdict::HarnessError | Verdict::ProviderError);
    if !is_error && good.is_some_and(|good| good != case.verdict) {
        return Err(format!(
            "{} is {}: {}",
            case.case, case.verdict, case.reason
        ));
    }
    for (side, replay, step) in hit {
        let told = case
            .errors
            .iter()
            .any(|error| error.side == *side && error.replay == *replay && error.step == *step);
        if !told {
            let found = case.steps.iter().find(|found| found.id == *step);
            let verdict = found.map(|found| found.verdict);
            return Err(format!(
                "{} step `{step}` on the {side} met the fault with its last attempt and is {verdict:?}",
                case.case
            ));
        }
    }
    Ok(())
}

/// The run's exit is 0, or 3, or 7 where something could not be destroyed.
fn exit_is_right(cases: Vec<CaseVerdict>, judge: &Judge) -> Result<(), String> {
    let leaked = cases
        .iter()
        .filter(|case| case.ending == Ending::Leaked)
        .count();
    let facts = RunFacts {
        leaked,
        // The cases are a part of the corpus.
        sharded: true,
        ..RunFacts::plain(judge.subjects.clone(), judge.now, cases.len())
    };
    let errors = cases
        .iter()
        .filter(|case| matches!(case.verdict, Verdict::HarnessError | Verdict::ProviderError))
        .count();
    let ledger: &Ledger = &judge.ledger;
    let conclusion = conclude(cases, ledger, &facts);
    let exit = conclusion.drift.verdict.exit_code();
    let right = match (errors, leaked) {
        (0, 0) => exit == 0,
        (0, _) => exit == 7,
        _ => exit == 3,
    };
    if right {
        return Ok(());
    }
    Err(format!("exit {exit}: {:?}", conclusion.drift.reasons))
}
