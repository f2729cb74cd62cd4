//! Whole cases against two servers that answer wrongly: they agree on nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cutover::call::{Provider, Surface};
use cutover::compare::ledger::Ledger;
use cutover::compare::verdict::{CaseVerdict, Verdict};
use cutover::plan::{Case, PlanOptions, plan};
use cutover::run::conclude::Judge;
use cutover::run::play_once;
use cutover::scenario::load_embedded;
use cutover::stage::{LiveSide, SideStage, TwoSides, default_sides, standin_subjects};
use cutover_base::blob::BlobStore;
use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::calls::driver;
use super::server::WrongServer;
use super::ways::{AFTER_START, Answer, Way, all};

const PATIENCE: Duration = Duration::from_millis(300);

/// Ways that are played at a time.
const AT_ONCE: usize = 12;

/// One case a verb; the last step of each is what is answered wrongly. Each expects what the verb
/// gives on a good day: that is not held against an error.
const STEPS: [(&str, &str); 9] = [
    ("x/execute", "{ execute: x, expect: { exit_code: 0 } }"),
    ("x/read", "{ read_file: /f, expect: { content: x } }"),
    ("x/write", "{ write_file: { path: /f, data: x } }"),
    ("x/list", "{ list_files: /d }"),
    ("x/stat", "{ stat_file: /f }"),
    ("x/move", "{ move_file: { from: /f, to: /g } }"),
    ("x/make", "{ make_dir: /d }"),
    ("x/remove", "{ remove_file: /f }"),
    ("x/start", "{ start_background: { as: p, cmd: x } }"),
];

fn cases(texts: &[(&str, String)]) -> Vec<Case> {
    let texts: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let scenarios = load_embedded(&texts).unwrap();
    let options = PlanOptions {
        surfaces: vec![Surface::Provider],
        ..PlanOptions::default()
    };
    plan(&scenarios, &options).unwrap().cases
}

/// Plays a case against one server as both providers.
async fn play(case: &Case, way: &Way, control: bool) -> CaseVerdict {
    let server = WrongServer::serve(way.answer.clone(), control).await;
    let sides = BySide {
        source: driver(Provider::E2b, &server.url, PATIENCE),
        target: driver(Provider::Daytona, &server.url, PATIENCE),
    };
    let stage = TwoSides(
        sides
            .as_ref()
            .map(|side| SideStage::Live(Box::new(LiveSide::new(Arc::clone(&side.driver))))),
    );
    let folder = tempfile::tempdir().unwrap();
    let judge = Judge {
        ledger: Ledger::default(),
        subjects: standin_subjects(default_sides().as_ref(), "process", &BTreeSet::new()),
        now: Clock::new().now(),
    };
    play_once(
        case,
        Arc::new(stage),
        folder.path(),
        BlobStore::new(folder.path().join("blobs"), Redactor::noop()),
        judge,
        Clock::new(),
        CancellationToken::new(),
    )
    .await
    .unwrap()
}

/// Plays every case in every way, and tells which came to something else than an error.
async fn not_errors(cases: &[Case], ways: &[Way], control: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for some in ways.chunks(AT_ONCE) {
        let played = some.iter().flat_map(|way| {
            cases.iter().map(move |case| async move {
                let verdict = play(case, way, control).await;
                let is_error = matches!(
                    verdict.verdict,
                    Verdict::ProviderError | Verdict::HarnessError
                );
                let has_unmet = verdict.steps.iter().any(|step| !step.unmet.is_empty());
                (!is_error || has_unmet).then(|| {
                    let what = (&verdict.verdict, &verdict.reason);
                    format!("{}, {}: {what:?}", verdict.case, way.name)
                })
            })
        });
        wrong.extend(join_all(played).await.into_iter().flatten());
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_dead_providers_agree_on_nothing() {
    let elsewhere = WrongServer::serve(Answer::Raw(Vec::new()), false).await;
    let text = "why: x\nsteps:\n  - provision: main\n".to_owned();
    let refused = cases(&[("x/provision", text)]);
    let wrong = not_errors(&refused, &all(&elsewhere.url), false).await;
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_dead_sandboxes_agree_on_nothing() {
    let elsewhere = WrongServer::serve(Answer::Raw(Vec::new()), false).await;
    let texts = STEPS.map(|(name, step)| (name, format!("why: x\nsteps:\n  - {step}\n")));
    let cases = cases(&texts);
    assert_eq!(cases.len(), STEPS.len());
    // A background process begins in these ways on E2B; Daytona takes none of them.
    let ways = all(&elsewhere.url);
    let ways: Vec<Way> = ways
        .into_iter()
        .filter(|way| !way.name.starts_with(AFTER_START))
        .collect();
    let wrong = not_errors(&cases, &ways, true).await;
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
