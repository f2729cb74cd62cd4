//! One case on a terminal, step by step: what `cutover try` prints.

use cutover_base::by_side::BySide;

use crate::compare::answer::Standing;
use crate::compare::verdict::{CaseVerdict, FieldVerdict, Shown, StepVerdict, Verdict};
use crate::report::about::About;
use crate::report::escape::one_line;
use crate::report::evidence::{Evidence, Item, error_items, unmet_items};
use crate::report::headline;
use crate::report::input::ReportInput;
use crate::report::lines::{Depth, Line};
use crate::report::painted::Painted;
use crate::report::replays;
use crate::report::standing;
use crate::report::terminal::TerminalOptions;
use crate::report::terminal_page::{Page, sentence, verdict_style};
use crate::scenario::verbs;

/// Characters of a value that stands beside its field's name.
const INLINE_CHARS_MAX: usize = 60;

/// One case with every step: errors, failed expectations, and what each side gave in every field
/// that was compared and that a side has.
pub fn whole_case(
    input: &ReportInput<'_>,
    case: &CaseVerdict,
    options: TerminalOptions,
) -> Painted {
    let mut page = Page::new(options.color);
    let evidence = Evidence::deep(input, Depth::TRIED);
    let steps: Vec<_> = case.steps.iter().filter(|step| is_told(step)).collect();
    let width = steps
        .iter()
        .flat_map(|step| &step.fields)
        .filter(|field| is_shown(field))
        .filter_map(|field| Some(field.verdict?.name().len()))
        .max()
        .unwrap_or(0);
    let run = &input.run;
    if !run.subjects.source.provider.is_empty() {
        let BySide { source, target } = run.subjects.as_ref().map(headline::side);
        page.plain(&format!("source {source} · target {target}"));
    }
    for item in error_items(case) {
        said(&mut page, &item);
    }
    for (at, step) in case.steps.iter().enumerate() {
        if !is_told(step) {
            continue;
        }
        if steps.len() > 1 {
            page.heading(&one_line(&step.id));
            page.about(&About::of(case, at, false, Depth::TRIED));
        }
        for item in unmet_items(case, step) {
            said(&mut page, &item);
        }
        for field in step.fields.iter().filter(|field| is_shown(field)) {
            field_lines(&mut page, &evidence, case, field, width);
        }
    }
    // How a side keeps its streams is the same in every call; what that costs this one is told.
    let told = |found: &&Standing| found.lacks.is_some() || found.quirk.is_none();
    for found in input.conclusion.standing.iter().filter(told) {
        page.plain(&standing::line(input, found, &page));
    }
    page.plain("");
    let verdict = page.paint(verdict_style(case.verdict).bold(), case.verdict.name());
    page.plain(&format!("{verdict}  {}", sentence(&case.reason)));
    page.finish()
}

/// The implicit provision is told only when it is not as it should be.
fn is_told(step: &StepVerdict) -> bool {
    let is_fine = matches!(step.verdict, Verdict::Identical | Verdict::Equivalent);
    !(step.line == 0 && *step.verb == verbs::PROVISION && is_fine)
}

fn is_shown(field: &FieldVerdict) -> bool {
    let mut values = field.values.iter().flat_map(|(_, side)| side.iter());
    field.verdict.is_some() && !values.all(|value| value.raw == Shown::Absent)
}

/// An error or a failed expectation.
fn said(page: &mut Page, item: &Item) {
    let verdict = page.paint(verdict_style(item.verdict).bold(), item.verdict.name());
    let what = item.what.as_deref().unwrap_or(&item.step);
    page.plain(&format!("{verdict}  {}", one_line(what)));
    for note in &item.notes {
        page.plain(&format!("  = {}", sentence(note)));
    }
}

fn field_lines(
    page: &mut Page,
    evidence: &Evidence<'_>,
    case: &CaseVerdict,
    field: &FieldVerdict,
    width: usize,
) {
    let Some(verdict) = field.verdict else { return };
    let lines = replays::lines(field, Depth::TRIED);
    let painted = page.paint(
        verdict_style(verdict).bold(),
        &format!("{:<width$}", verdict.name()),
    );
    let head = format!("{painted}  {}", one_line(&field.path));
    if verdict == Verdict::Identical {
        match lines.as_slice() {
            [Line { text, .. }] if text.chars().count() <= INLINE_CHARS_MAX => {
                page.plain(&format!("{head}  {text}"));
            }
            lines => {
                page.plain(&head);
                page.lines(lines);
            }
        }
        return;
    }
    page.plain(&format!("{head} ({})", one_line(&field.kind)));
    page.lines(&lines);
    for note in evidence.meaning(case, field) {
        page.plain(&format!("  = {}", sentence(&note)));
    }
}
