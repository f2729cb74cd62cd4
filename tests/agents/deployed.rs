//! `cutover run` before platforms that run elsewhere: one a provider, with the provider's key and
//! without, gone, of the wrong provider, with sessions of their own.

use std::sync::Arc;

use cutover_standin::server::Standin;
use libtest_mimic::Completion;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::comparison::{Comparison, Ended};
use crate::place::{Place, until};
use crate::platform::{MASTER_KEY, Platform, before};
use crate::{Case, Outcome, case};

pub(crate) const CASES: &[Case] = &[
    case("deployed_platforms_are_judged_and_left_empty", judged),
    case("without_a_providers_key_the_end_is_not_seen", keyless),
    case("platforms_that_are_gone_are_no_parity", gone),
    case("a_platform_of_the_other_provider_is_told", mistaken),
    case("names_in_a_session_of_others_are_shown_as_written", shared),
    case("the_originals_platform_is_left_empty_too", original),
];

/// The verdicts that mean parity.
const PARITY: [&str; 2] = ["identical", "equivalent"];

/// Both providers, and a platform before each.
struct Deployed {
    e2b: Arc<dyn Standin>,
    daytona: Arc<dyn Standin>,
    source: Platform,
    target: Platform,
}

impl Deployed {
    async fn start(place: &Place, stack: &str) -> Self {
        let (e2b, daytona) = (place.standin("e2b").await, place.standin("daytona").await);
        Self {
            source: Platform::with(stack, before("e2b", &e2b)).await,
            target: Platform::with(stack, before("daytona", &daytona)).await,
            e2b,
            daytona,
        }
    }

    /// The variables of a run that has the providers' keys.
    fn variables(&self) -> Vec<(String, String)> {
        [tokens(), self.e2b.env(), self.daytona.env()].concat()
    }

    /// Runs, with more arguments.
    async fn run(&self, more: &[&str], variables: &[(String, String)]) -> Ended {
        let specs = ["e2b@live/deployed", "daytona@live/deployed"];
        run(specs, [&self.source, &self.target], more, variables).await
    }

    /// Waits until no sandbox is left: Daytona's go a moment after it said so.
    async fn emptied(&self) {
        let left = || self.e2b.sandboxes().len() + self.daytona.sandboxes().len();
        until("no sandbox is left", || left() == 0).await;
    }

    async fn stop(self) {
        self.e2b.stop().await;
        self.daytona.stop().await;
    }
}

fn tokens() -> Vec<(String, String)> {
    [
        "CUTOVER_SOURCE_PLATFORM_TOKEN",
        "CUTOVER_TARGET_PLATFORM_TOKEN",
    ]
    .map(|name| (name.to_owned(), MASTER_KEY.to_owned()))
    .to_vec()
}

async fn run(
    [source, target]: [&str; 2],
    [at_source, at_target]: [&Platform; 2],
    more: &[&str],
    variables: &[(String, String)],
) -> Ended {
    let (at_source, at_target) = (at_source.base(), at_target.base());
    let args = [
        ["--source", source, "--target", target],
        [
            "--source-platform",
            &at_source,
            "--target-platform",
            &at_target,
        ],
    ]
    .concat();
    let comparison = Comparison::new();
    comparison.run(&[&args, more].concat(), variables).await
}

fn cases(ended: &Ended) -> &Vec<Value> {
    ended.report["cases"].as_array().expect(&ended.said)
}

/// So many cases have one of these verdicts, and this ending.
fn all_are(ended: &Ended, count: usize, verdicts: &[&str], ending: &str) {
    let cases = cases(ended);
    assert_eq!(cases.len(), count, "{}", ended.said);
    for case in cases {
        let verdict = case["verdict"].as_str().unwrap();
        assert!(verdicts.contains(&verdict), "{}", ended.said);
        assert_eq!(case["ending"], ending, "{}", ended.said);
    }
    assert!(!ended.said.contains(MASTER_KEY), "{}", ended.said);
    assert!(!ended.journal.contains(MASTER_KEY));
}

fn judged(runtime: &Runtime, place: &Place) -> Outcome {
    runtime.block_on(async {
        let deployed = Deployed::start(place, "unified").await;
        let ended = deployed.run(&[], &deployed.variables()).await;
        assert_eq!(ended.exit, Some(0), "{}", ended.said);
        all_are(&ended, 5, &PARITY, "clean");
        let destroyed = ended.journal.matches(r#""destroyed":{"sandbox""#).count();
        // One and two at two surfaces, one at one, each on two sides.
        assert_eq!(destroyed, 14, "{}", ended.journal);
        deployed.emptied().await;
        deployed.stop().await;
    });
    Ok(Completion::Completed)
}

/// The original ends no sandbox with its session; who runs it must.
fn original(runtime: &Runtime, place: &Place) -> Outcome {
    runtime.block_on(async {
        let deployed = Deployed::start(place, "lap-337").await;
        let ended = deployed
            .run(&["--skip", "agents/files"], &deployed.variables())
            .await;
        assert_eq!(ended.exit, Some(0), "{}", ended.said);
        assert!(cases(&ended).iter().all(|case| case["ending"] == "clean"));
        deployed.emptied().await;
        deployed.stop().await;
    });
    Ok(Completion::Completed)
}

fn keyless(runtime: &Runtime, place: &Place) -> Outcome {
    runtime.block_on(async {
        let deployed = Deployed::start(place, "unified").await;
        let ended = deployed.run(&[], &tokens()).await;
        assert_eq!(ended.exit, Some(0), "{}", ended.said);
        all_are(&ended, 5, &PARITY, "unverified");
        deployed.emptied().await;
        deployed.stop().await;
    });
    Ok(Completion::Completed)
}

fn gone(runtime: &Runtime, place: &Place) -> Outcome {
    runtime.block_on(async {
        let mut deployed = Deployed::start(place, "unified").await;
        deployed.source.kill().await;
        deployed.target.kill().await;
        let ended = deployed.run(&[], &deployed.variables()).await;
        assert_eq!(ended.exit, Some(3), "{}", ended.said);
        for case in cases(&ended) {
            assert_eq!(case["verdict"], "harness_error", "{}", ended.said);
        }
        assert!(ended.said.contains("refused"), "{}", ended.said);
        deployed.stop().await;
    });
    Ok(Completion::Completed)
}

fn mistaken(runtime: &Runtime, place: &Place) -> Outcome {
    runtime.block_on(async {
        let deployed = Deployed::start(place, "unified").await;
        let specs = ["e2b@live/deployed", "daytona@live/deployed"];
        // Behind the target's address is a platform of the source's provider.
        let platforms = [&deployed.source, &deployed.source];
        let ended = run(specs, platforms, &[], &deployed.variables()).await;
        assert_eq!(ended.exit, Some(3), "{}", ended.said);
        all_are(&ended, 5, &["harness_error"], "unverified");
        let told = "is not one of Daytona: it has the id";
        assert!(ended.said.contains(told), "{}", ended.said);
        deployed.emptied().await;
        deployed.stop().await;
    });
    Ok(Completion::Completed)
}

fn shared(runtime: &Runtime, place: &Place) -> Outcome {
    runtime.block_on(async {
        let deployed = Deployed::start(place, "unified").await;
        let sessions = [
            deployed.source.session().await,
            deployed.target.session().await,
        ];
        deployed.source.provision(&sessions[0], "main").await;
        let theirs = deployed.e2b.sandboxes();
        let [source, target] = &sessions;
        let more = [
            "--skip",
            "agents/sessions",
            "--source-session",
            source,
            "--target-session",
            target,
        ];
        let ended = deployed.run(&more, &deployed.variables()).await;
        assert_eq!(ended.exit, Some(0), "{}", ended.said);
        all_are(&ended, 4, &PARITY, "clean");
        let named = r"sandbox 'main'";
        assert!(ended.journal.contains(named), "{}", ended.journal);
        assert!(!ended.journal.contains("'main-"), "{}", ended.journal);
        assert_eq!(deployed.e2b.sandboxes(), theirs, "what others made stays");
        let daytona = || deployed.daytona.sandboxes();
        until("no sandbox is left", || daytona().is_empty()).await;
        deployed.stop().await;
    });
    Ok(Completion::Completed)
}
