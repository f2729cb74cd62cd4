//! `summary.md` and `comment.md`: the report for a pull request, within a budget of bytes. What
//! does not fit is counted.

use std::fmt::Write as _;

use cutover_base::words::counted;

use crate::compare::limit::Limit;
use crate::compare::verdict::Verdict;
use crate::report::escape::cut;
use crate::report::evidence::{self, Evidence, Item};
use crate::report::failing;
use crate::report::headline;
use crate::report::input::ReportInput;
use crate::report::ledger;
use crate::report::lines::Line;
use crate::report::prose::{markdown, markdown_block, markdown_code};
use crate::report::tables;

/// Bytes of a comment: GitHub takes 65536 characters, and a workflow adds a few of its own.
pub const COMMENT_BYTES_MAX: usize = 60 * 1024;

/// Bytes of a step summary: GitHub takes 1 MiB for all steps of a job together.
pub const SUMMARY_BYTES_MAX: usize = 900 * 1024;

/// The first line, by which a workflow finds its earlier comment to replace it.
pub const COMMENT_MARKER: &str = "<!-- cutover report -->";

/// Kept free for the notes of what was left out, of which each section writes at most one.
const RESERVE_BYTES: usize = 1024;

/// Characters of one sentence.
const SENTENCE_CHARS_MAX: usize = 500;

/// Renders the report in at most `bytes_max` bytes, which must be some KiB.
pub fn render(input: &ReportInput<'_>, bytes_max: usize) -> String {
    let mut page = Budgeted {
        out: String::new(),
        limit: bytes_max.saturating_sub(RESERVE_BYTES),
    };
    let conclusion = input.conclusion;
    let (first, second) = (headline::answers(input), headline::changes(input));
    page.out.push_str(COMMENT_MARKER);
    page.out.push_str("\n**");
    page.out.push_str(&markdown(&first));
    page.out.push_str("**\n\n");
    page.out.push_str(&markdown(&second));
    page.out.push('\n');
    let decision = &conclusion.decision;
    page.section("Blockers", bullets(&decision.blockers));
    page.section("Why this decision", bullets(&decision.other_reasons()));
    let evidence = Evidence::of(input);
    let new = conclusion.cases.iter().flat_map(|case| {
        let items = evidence.new_items(case).into_iter();
        items.map(|item| item_text(&case.case, &item))
    });
    page.section("New", new);
    page.section("Agree only in failing", bullets(&failing::sentences(input)));
    let reasons = conclusion.drift.reasons.iter();
    let drift: Vec<_> = reasons
        .map(|(word, why)| format!("{}: {why}", word.name()))
        .collect();
    page.section("Why this drift", bullets(&drift));
    let limits: Vec<_> = decision.limits.iter().map(Limit::whole).collect();
    page.section("Limits, worst first", bullets(&limits));
    page.section("Also open", bullets(&decision.open));
    page.section("Besides", bullets(&decision.remarks));
    page.section("Ledger", bullets(&ledger::sentences(input)));
    page.section("Cases", case_rows(input));
    page.section("Latency", table(&tables::latency(input)));
    page.section("Availability", table(&tables::availability(input)));
    page.out
}

/// A text that stops growing at its limit and counts what it leaves out.
struct Budgeted {
    out: String,
    limit: usize,
}

impl Budgeted {
    /// Writes a section of entries, each whole or not at all. Without entries there is no section.
    fn section(&mut self, title: &str, entries: impl Iterator<Item = String>) {
        let mut entries = entries.peekable();
        if entries.peek().is_none() {
            return;
        }
        let heading = format!("\n### {title}\n\n");
        if self.out.len() + heading.len() > self.limit {
            let omitted = entries.count();
            self.out.push_str(&format_omitted(omitted, Some(title)));
            return;
        }
        self.out.push_str(&heading);
        let mut omitted = 0_usize;
        for entry in entries {
            // After the first that does not fit all are left out: a list with holes misleads.
            if omitted > 0 || self.out.len() + entry.len() > self.limit {
                omitted += 1;
            } else {
                self.out.push_str(&entry);
            }
        }
        if omitted > 0 {
            self.out.push_str(&format_omitted(omitted, None));
        }
    }
}

fn format_omitted(count: usize, title: Option<&str>) -> String {
    match title {
        Some(title) => format!("\n_{title}: {count} omitted_\n"),
        None => format!("\n_{count} more omitted_\n"),
    }
}

fn bullets(sentences: &[String]) -> impl Iterator<Item = String> {
    sentences
        .iter()
        .map(|text| format!("- {}\n", sentence(text)))
}

fn sentence(text: &str) -> String {
    markdown(&cut(text, SENTENCE_CHARS_MAX))
}

fn item_text(case: &str, item: &Item) -> String {
    let mut text = format!("- **{}**", markdown(item.verdict.name()));
    let code = |name: &str| markdown_code(&cut(name, SENTENCE_CHARS_MAX));
    if let Some(fingerprint) = &item.fingerprint {
        text.push(' ');
        text.push_str(&code(fingerprint));
    }
    for name in [case, item.step.as_str()]
        .into_iter()
        .chain(item.what.as_deref())
    {
        text.push(' ');
        text.push_str(&code(name));
    }
    text.push_str(" at ");
    text.push_str(&code(&item.place));
    text.push('\n');
    let about = item.about.as_deref();
    let why = about.and_then(|about| about.why.as_ref());
    let why = why.map(|why| format!("why: {why}"));
    let causes = about.iter().flat_map(|about| about.causes.iter().cloned());
    for note in why
        .into_iter()
        .chain(causes)
        .chain(item.notes.iter().cloned())
    {
        text.push_str("  - ");
        text.push_str(&sentence(&note));
        text.push('\n');
    }
    let lines: Vec<String> = about
        .iter()
        .flat_map(|about| about.labelled())
        .chain(item.lines.iter().map(Line::labelled))
        .collect();
    if lines.is_empty() {
        return text;
    }
    text.push('\n');
    for line in markdown_block(&lines.join("\n")).lines() {
        text.push_str("  ");
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// A table of the cases that are not simply equal, then one line for those that are.
fn case_rows(input: &ReportInput<'_>) -> impl Iterator<Item = String> {
    let cases = &input.conclusion.cases;
    let is_equal = |verdict: Verdict| matches!(verdict, Verdict::Identical | Verdict::Equivalent);
    let told: Vec<_> = cases
        .iter()
        .filter(|case| !is_equal(case.verdict))
        .collect();
    let equal = cases.len() - told.len();
    let head = (!told.is_empty()).then(|| "\n| verdict | case | why |\n|---|---|---|\n".to_owned());
    let rows = told.into_iter().map(|case| {
        let mut why: Vec<_> = evidence::quirks(case)
            .into_iter()
            .map(|id| input.quirk(id))
            .collect();
        if why.is_empty() {
            why.push(case.reason.clone());
        }
        format!(
            "| {} | {} | {} |\n",
            markdown(case.verdict.name()),
            markdown_code(&cut(&case.case, SENTENCE_CHARS_MAX)),
            sentence(&why.join("; ")),
        )
    });
    let rest = (equal > 0).then(|| {
        let cases = counted(equal, "case");
        format!("{cases} identical or equivalent.\n")
    });
    // The count goes first, so that a cut table does not lose it.
    rest.into_iter().chain(head).chain(rows)
}

/// A table as one entry: half a table tells nothing. The first row names the columns.
fn table(rows: &[Vec<String>]) -> impl Iterator<Item = String> {
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<_> = row.iter().map(|cell| markdown(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
        if index == 0 {
            text.push_str("|---");
            text.push_str(&"|--:".repeat(row.len().saturating_sub(1)));
            text.push_str("|\n");
        }
    }
    (rows.len() > 1).then_some(text).into_iter()
}
