//! `report.html`: one file without scripts, images or network, under a Content-Security-Policy
//! that would refuse them. Every value is escaped by the template.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::report::escape::one_line;
use crate::report::evidence::{Evidence, Item};
use crate::report::failing;
use crate::report::headline;
use crate::report::input::ReportInput;
use crate::report::ledger;
use crate::report::lines::Line;
use crate::report::tables;

const TEMPLATE: &str = include_str!("report.html.j2");
const STYLE: &str = include_str!("report.css");

/// Renders the page.
///
/// # Errors
/// When the template does not fit what it is given, which a test rules out.
pub fn render(input: &ReportInput<'_>) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("report", TEMPLATE)?;
    let conclusion = input.conclusion;
    let evidence = Evidence::of(input);
    let reasons = conclusion.drift.reasons.iter();
    let tables = [
        ("Latency", tables::latency(input)),
        ("Availability", tables::availability(input)),
    ];
    let tables = tables.into_iter().filter(|(_, rows)| rows.len() > 1);
    let run = context! {
        id => &input.run.id, version => &input.run.version, seed => input.run.seed
    };
    let decision = &conclusion.decision;
    environment.get_template("report")?.render(context! {
        style => STYLE,
        style_hash => STANDARD.encode(Sha256::digest(STYLE)),
        answers => headline::answers(input),
        changes => headline::changes(input),
        run => run,
        decision => context! {
            blockers => lines(&decision.blockers),
            limits => decision.limits.iter().map(|limit| one_line(&limit.whole())).collect::<Vec<_>>(),
            reasons => lines(&decision.other_reasons()),
            open => lines(&decision.open),
            remarks => lines(&decision.remarks),
        },
        drift_reasons => reasons
            .map(|(word, why)| one_line(&format!("{}: {why}", word.name())))
            .collect::<Vec<_>>(),
        failing => lines(&failing::sentences(input)),
        ledger => lines(&ledger::sentences(input)),
        cases => conclusion.cases.iter().map(|case| to_value(Row::of(&evidence, case))).collect::<Vec<_>>(),
        tables => tables.map(|(title, rows)| to_value(Table { title, rows })).collect::<Vec<_>>(),
    })
}

#[derive(Serialize)]
struct Table {
    title: &'static str,
    rows: Vec<Vec<String>>,
}

#[derive(Serialize)]
struct Row {
    verdict: &'static str,
    id: String,
    reason: String,
    ms: u64,
    open: bool,
    items: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    verdict: &'static str,
    fingerprint: Option<String>,
    step: String,
    place: String,
    what: Option<String>,
    why: Option<String>,
    about: Vec<(&'static str, String)>,
    causes: Vec<String>,
    lines: Vec<LineEntry>,
    notes: Vec<String>,
}

/// A line in parts, of which every second differs from the line across.
#[derive(Serialize)]
struct LineEntry {
    side: &'static str,
    label: String,
    parts: Vec<String>,
}

impl Row {
    fn of(evidence: &Evidence<'_>, case: &crate::compare::verdict::CaseVerdict) -> Self {
        let new = evidence.new_items(case);
        let open = !new.is_empty();
        let items = new.into_iter().chain(evidence.known_items(case));
        Self {
            verdict: case.verdict.name(),
            id: one_line(&case.case),
            reason: one_line(&case.reason),
            ms: case.duration_ms,
            open,
            items: items.map(Entry::of).collect(),
        }
    }
}

impl LineEntry {
    fn of(line: &Line) -> Self {
        let mut parts = Vec::new();
        let mut at = 0;
        for (from, to) in &line.emphasis {
            parts.extend([&line.text[at..*from], &line.text[*from..*to]].map(str::to_owned));
            at = *to;
        }
        parts.push(line.text[at..].to_owned());
        Self {
            side: line.label(),
            label: format!("{:<6} |", line.label()),
            parts,
        }
    }
}

impl Entry {
    fn of(item: Item) -> Self {
        let (why, about, causes) = match item.about {
            Some(about) => (about.why, about.lines, about.causes),
            None => (None, Vec::new(), Vec::new()),
        };
        Self {
            why: why.as_deref().map(one_line),
            about: about
                .into_iter()
                .map(|(label, text)| (label, format!("{label:<6} : {text}")))
                .collect(),
            causes: lines(&causes),
            verdict: item.verdict.name(),
            fingerprint: item.fingerprint,
            step: one_line(&item.step),
            place: one_line(&item.place),
            what: item.what.as_deref().map(one_line),
            lines: item.lines.iter().map(LineEntry::of).collect(),
            notes: lines(&item.notes),
        }
    }
}

fn to_value(value: impl Serialize) -> Value {
    Value::from(Serde(value))
}

fn lines(sentences: &[String]) -> Vec<String> {
    sentences.iter().map(|text| one_line(text)).collect()
}
