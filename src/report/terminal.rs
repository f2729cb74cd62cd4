//! The report on a terminal: answers, what changed, what is new, a line per case, then the
//! reasons, the ledger, latency and availability.

use anstyle::{AnsiColor, Style};
use cutover_base::words::counted;
use indexmap::IndexMap;

use crate::compare::answer::{DecisionVerdict, DriftVerdict};
use crate::compare::limit::Limit;
use crate::report::escape::one_line;
use crate::report::evidence::Evidence;
use crate::report::failing;
use crate::report::headline;
use crate::report::input::ReportInput;
use crate::report::ledger;
use crate::report::painted::Painted;
use crate::report::tables::{availability, latency};
use crate::report::terminal_cases::case_lines;
use crate::report::terminal_page::{Page, sentence};

/// Reasons for not comparing that are named before it says how many more there are.
const REASONS_MAX: usize = 5;

/// Blockers that are named above the evidence before it says how many more there are.
const BLOCKERS_MAX: usize = 20;

/// How the text is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TerminalOptions {
    /// Whether colours are written. Not when the output is no terminal, and not under `NO_COLOR`.
    pub color: bool,
    /// Whether known divergences are expanded like new ones.
    pub expand_known: bool,
}

/// The whole report as text. Every line ends with a newline.
pub fn render(input: &ReportInput<'_>, options: TerminalOptions) -> Painted {
    let mut page = Page::new(options.color);
    let conclusion = input.conclusion;
    let worst = drift_style(conclusion.drift.verdict).max_of(conclusion.decision.verdict);
    page.line(worst.bold(), &headline::answers(input));
    page.plain(&headline::changes(input));
    page.list("blockers", &some(&conclusion.decision.blockers));
    let evidence = Evidence::of(input);
    for case in &conclusion.cases {
        let mut items = evidence.new_items(case);
        if options.expand_known {
            items.extend(evidence.known_items(case));
        }
        for item in &items {
            page.plain("");
            page.item(&case.case, item);
        }
    }
    page.plain("");
    case_lines(&mut page, input);
    page.list("agree only in failing", &failing::sentences(input));
    answer_lines(&mut page, input);
    ledger_lines(&mut page, input);
    page.table("latency", &latency(input));
    page.table("availability", &availability(input));
    resource_lines(&mut page, input);
    page.finish()
}

/// How good line 1 is: the worse of its two answers gives the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mood {
    Good,
    Careful,
    Bad,
}

impl Mood {
    fn max_of(self, decision: DecisionVerdict) -> Style {
        let other = match decision {
            DecisionVerdict::Go => Self::Good,
            DecisionVerdict::GoWithLimits | DecisionVerdict::Inconclusive => Self::Careful,
            DecisionVerdict::NoGo => Self::Bad,
        };
        match self.max(other) {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Careful => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
        }
    }
}

const fn drift_style(drift: DriftVerdict) -> Mood {
    match drift {
        DriftVerdict::Unchanged => Mood::Good,
        DriftVerdict::Stale | DriftVerdict::Noisy | DriftVerdict::Interrupted(_) => Mood::Careful,
        DriftVerdict::Changed
        | DriftVerdict::Unjudged
        | DriftVerdict::Nothing
        | DriftVerdict::Leaked
        | DriftVerdict::SecretFound => Mood::Bad,
    }
}

fn answer_lines(page: &mut Page, input: &ReportInput<'_>) {
    let (drift, decision) = (&input.conclusion.drift, &input.conclusion.decision);
    let reasons: Vec<_> = drift
        .reasons
        .iter()
        .map(|(verdict, reason)| format!("{}: {reason}", verdict.name()))
        .collect();
    page.list(&format!("why drift is {}", drift.verdict.name()), &reasons);
    if !drift.gone.is_empty() {
        page.list("gone since the earlier run", &drift.gone);
    }
    let name = decision.verdict.name();
    let reasons = decision.other_reasons();
    page.list(&format!("why the decision is {name}"), &reasons);
    let limits: Vec<_> = decision.limits.iter().map(Limit::short).collect();
    page.list("limits, worst first", &limits);
    page.list("also open", &decision.open);
    page.list("besides", &decision.remarks);
}

/// The first sentences of many, and how many more there are; each has its evidence below.
fn some(sentences: &[String]) -> Vec<String> {
    let mut some: Vec<String> = sentences.iter().take(BLOCKERS_MAX).cloned().collect();
    if sentences.len() > BLOCKERS_MAX {
        some.push(format!("{} more", sentences.len() - BLOCKERS_MAX));
    }
    some
}

fn ledger_lines(page: &mut Page, input: &ReportInput<'_>) {
    let quirks = &input.conclusion.quirks;
    let stale: Vec<_> = quirks
        .stale
        .iter()
        .map(|(id, why)| format!("{}: {why}", input.quirk(id)))
        .collect();
    page.list("stale ledger entries", &stale);
    let titled = |ids: &[String]| -> Vec<String> { ids.iter().map(|id| input.quirk(id)).collect() };
    page.list("expired ledger entries", &titled(&quirks.expired));
    page.list(
        "shared by both sides, so the cutover does not change them",
        &titled(&quirks.shared),
    );
    if let Some(accounts) = ledger::accounts(input) {
        page.plain("");
        page.plain(&accounts);
    }
}

fn resource_lines(page: &mut Page, input: &ReportInput<'_>) {
    let run = &input.run;
    let resources = &input.resources;
    page.plain("");
    page.plain(&format!(
        "run {} · seed {} · replays {} · sandboxes: {} made, {} destroyed, {} left behind",
        one_line(&run.id),
        run.seed,
        one_line(&run.replays),
        resources.created,
        resources.destroyed,
        resources.leaked.len(),
    ));
    page.plain(&fields_line(input));
    for id in &resources.leaked {
        page.plain(&format!("  left behind: {}", sentence(id)));
    }
    for (what, why) in [("interrupted", &run.interrupted), ("stopped", &run.stopped)] {
        if let Some(why) = why {
            page.plain(&format!("{what}: {}", sentence(why)));
        }
    }
}

/// Fields compared and not, and why not: the commonest reasons first.
fn fields_line(input: &ReportInput<'_>) -> String {
    let mut reasons: IndexMap<&str, u64> = IndexMap::new();
    let (mut compared, mut not_compared) = (0_u64, 0_u64);
    let steps = input.conclusion.cases.iter().flat_map(|case| &case.steps);
    for field in steps.flat_map(|step| &step.fields) {
        if field.verdict.is_some() {
            compared += 1;
        } else {
            not_compared += 1;
            *reasons
                .entry(field.not_compared.as_deref().unwrap_or("no reason said"))
                .or_default() += 1;
        }
    }
    reasons.sort_by(|_, a, _, b| b.cmp(a));
    let words = reasons
        .iter()
        .take(REASONS_MAX)
        .map(|(why, count)| format!("{count} {}", sentence(why)));
    let mut words: Vec<_> = words.collect();
    if reasons.len() > REASONS_MAX {
        words.push(counted(reasons.len() - REASONS_MAX, "more reason"));
    }
    let why = if words.is_empty() {
        String::new()
    } else {
        format!(" ({})", words.join("; "))
    };
    format!("fields: {compared} compared, {not_compared} not compared{why}")
}
