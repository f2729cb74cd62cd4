//! The terminal's line per case.

use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::report::escape::one_line;
use crate::report::evidence;
use crate::report::input::ReportInput;
use crate::report::terminal_page::{COLUMNS, Page, sentence, verdict_style, wrapped};
use crate::transcript::Ending;

/// A note that has less room than this beside its case stands beneath it.
const NOTE_CHARS_MIN: usize = 28;

/// Writes a line per case, in plan order. A single note stands beside its case, several beneath.
pub(crate) fn case_lines(page: &mut Page, input: &ReportInput<'_>) {
    let cases = &input.conclusion.cases;
    let width = |of: fn(&CaseVerdict) -> usize| cases.iter().map(of).max().unwrap_or(0);
    let verdicts = width(|case| case.verdict.name().len());
    let times = width(|case| case.duration_ms.to_string().len());
    for case in cases {
        let verdict = format!("{:<verdicts$}", case.verdict.name());
        let verdict = page.paint(verdict_style(case.verdict), &verdict);
        let name = one_line(&case.case);
        let line = format!("{verdict}  {:>times$} ms  {name}", case.duration_ms);
        let used = verdicts + times + 7 + name.chars().count() + 2;
        // Of a case without steps no other line tells the reason.
        let is_alone = case.steps.is_empty() && !case.reason.is_empty();
        if is_alone && used + case.reason.chars().count() > COLUMNS {
            page.plain(&line);
            for part in wrapped(&sentence(&case.reason), COLUMNS - 6) {
                page.plain(&format!("    = {part}"));
            }
            continue;
        }
        match notes(input, case).as_slice() {
            [note] if used + NOTE_CHARS_MIN.min(note.chars().count()) <= COLUMNS => {
                page.plain(&format!("{line}  {}", cut_note(note, COLUMNS - used)));
            }
            notes => {
                page.plain(&line);
                for note in notes {
                    page.plain(&format!("    = {}", cut_note(note, COLUMNS - 6)));
                }
            }
        }
    }
}

/// A note in so many characters. The other reports have the whole of it.
fn cut_note(note: &str, max: usize) -> String {
    let note = sentence(note);
    if note.chars().count() <= max {
        return note;
    }
    // A title that is cut keeps its quotation mark, so that it reads as one.
    let end = if note.ends_with('"') { "...\"" } else { "..." };
    let kept: String = note.chars().take(max.saturating_sub(end.len())).collect();
    format!("{}{end}", kept.trim_end())
}

fn notes(input: &ReportInput<'_>, case: &CaseVerdict) -> Vec<String> {
    let mut notes = Vec::new();
    let needs_reason = case.verdict.is_aside()
        || matches!(case.verdict, Verdict::HarnessError | Verdict::ProviderError);
    if needs_reason && !case.reason.is_empty() {
        notes.push(case.reason.clone());
    }
    notes.extend(evidence::quirks(case).into_iter().map(|id| input.quirk(id)));
    if case.verdict == Verdict::Equivalent {
        notes.push(format!("by {}", evidence::rules(case).join(", ")));
    }
    if case.agrees_only_in_failing {
        notes.push("agrees only in failing".to_owned());
    }
    match case.ending {
        Ending::Clean => {}
        Ending::Unverified => {
            notes.push("it could not be seen whether all was destroyed".to_owned());
        }
        Ending::Leaked => notes.push("something was left behind".to_owned()),
    }
    notes
}
