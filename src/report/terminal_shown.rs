//! One divergence on a terminal, with everything that is known of it: what `cutover show` prints.

use cutover_base::side::Side;
use cutover_base::words::counted;

use crate::compare::diff::DiffSide;
use crate::compare::verdict::{CaseVerdict, Shown, StepVerdict, Verdict};
use crate::report::about::About;
use crate::report::escape::one_line;
use crate::report::evidence::Evidence;
use crate::report::input::ReportInput;
use crate::report::lines::{Depth, Line, cut_line};
use crate::report::painted::Painted;
use crate::report::repro::REPRO_DIR;
use crate::report::sides::{replay_list, whole_note};
use crate::report::standing;
use crate::report::terminal::TerminalOptions;
use crate::report::terminal_page::{Page, sentence};
use crate::report::values::preview;

/// Bytes of one value of an outcome that is shown whole.
const WHOLE_BYTES_MAX: usize = 64 * 1024;

/// Values of a side that disagrees with itself.
const VALUES_MAX: usize = 3;

/// One divergence: the call, its line in the file, the difference, and both outcomes whole; `None`
/// if the run has no such fingerprint.
pub fn divergence(
    input: &ReportInput<'_>,
    fingerprint: &str,
    options: TerminalOptions,
) -> Option<Painted> {
    let mut page = Page::new(options.color);
    let evidence = Evidence::deep(input, Depth::WHOLE);
    for case in &input.conclusion.cases {
        for (at, step) in case.steps.iter().enumerate() {
            let mut fields = step.fields.iter();
            let Some(field) = fields.find(|f| f.fingerprint.as_deref() == Some(fingerprint)) else {
                continue;
            };
            let mut item = evidence.field_item(case, step, field);
            item.about = Some(Box::new(About::of(case, at, true, Depth::WHOLE)));
            let stored = input.scenarios.iter().find(|s| s.name == case.scenario);
            if stored.is_some() && item.verdict != Verdict::KnownDivergence {
                let repro = format!("shown again by `{REPRO_DIR}/{fingerprint}.yaml` of the run");
                item.notes.push(repro);
            }
            page.item(&case.case, &item);
            let text = stored.map_or("", |stored| stored.text.as_str());
            source_line(&mut page, text, step.line);
            outcomes(&mut page, case, step);
        }
    }
    let mut standing = input.conclusion.standing.iter();
    if let Some(found) = standing.find(|found| found.fingerprint == fingerprint) {
        page.plain(&standing::line(input, found, &page));
        page.plain(&format!("  = {}", sentence(&found.met())));
    }
    (!page.is_empty()).then(|| page.finish())
}

/// The line of the scenario file in which the step begins.
fn source_line(page: &mut Page, text: &str, line: usize) {
    let found = line.checked_sub(1).and_then(|at| text.lines().nth(at));
    if let Some(found) = found {
        page.heading("in the file");
        let found = one_line(&cut_line(found, Depth::WHOLE.chars));
        page.plain(&format!("  {line} | {found}"));
    }
}

/// Every field of a step that a side gave, as it gave it.
fn outcomes(page: &mut Page, case: &CaseVerdict, step: &StepVerdict) {
    for side in Side::BOTH {
        page.heading(&format!(
            "what the {side} gave in step {}",
            one_line(&step.id)
        ));
        let who = DiffSide::from(side);
        for field in &step.fields {
            let given = field.values[side].iter();
            let mut given = given.filter(|value| value.raw != Shown::Absent);
            for value in given.by_ref().take(VALUES_MAX) {
                let path = one_line(&field.path);
                let replays = match case.replays[side] {
                    0 | 1 => String::new(),
                    _ => format!(", {}", replay_list(&value.replays)),
                };
                page.plain(&format!("  {path}{replays}"));
                page.lines(&whole(who, &value.raw));
            }
            let more = given.count();
            if more > 0 {
                let more = format!("{} in other replays", counted(more, "more value"));
                page.lines(&[Line::note(who, &more)]);
            }
        }
    }
}

/// A value as lines, whole within bounds.
fn whole(who: DiffSide, value: &Shown) -> Vec<Line> {
    let shown = preview(value, WHOLE_BYTES_MAX);
    let lines = shown.text.lines();
    let lines = lines.map(|line| Line::new(who, cut_line(line, Depth::WHOLE.chars)));
    let mut lines: Vec<_> = lines.collect();
    lines.extend(whole_note(who, &shown, Depth::WHOLE));
    lines
}
