//! Differences of nature in a line each: they hold for every call of a verb, and stand in no case.

use crate::compare::answer::Standing;
use crate::compare::verdict::Effect;
use crate::report::escape::one_line;
use crate::report::input::ReportInput;
use crate::report::terminal_page::{Page, sentence, verdict_style};

/// The verdict, the field, and what it is known as.
pub(crate) fn line(input: &ReportInput<'_>, found: &Standing, page: &Page) -> String {
    let verdict = page.paint(verdict_style(found.verdict).bold(), found.verdict.name());
    let field = one_line(&found.field);
    format!(
        "{verdict}  {field} (standing)  {}",
        sentence(&meaning(input, found))
    )
}

/// What a difference of nature is known as, or that nothing explains it.
pub(crate) fn meaning(input: &ReportInput<'_>, found: &Standing) -> String {
    match (&found.quirk, found.effect.map(Effect::phrase)) {
        (Some(id), Some(effect)) => format!("{}, {effect}", input.quirk(id)),
        (Some(id), None) => input.quirk(id),
        (None, _) => format!(
            "{} of every `{}`, and no ledger entry says so",
            found.fingerprint, found.verb
        ),
    }
}
