//! A failure that a deployed platform hides: what its provider answered cannot be seen, so that
//! two platforms that both fail inside agree on nothing.

use cutover_base::by_side::BySide;
use cutover_base::side::Side;

use crate::call::{FailureClass, Outcome, Surface};
use crate::compare::judge::field::Seen;
use crate::compare::judge::input::CaseInput;
use crate::compare::ledger::{EntryKind, FieldPlace};
use crate::compare::verdict::{CaseError, FieldVerdict, Shown};
use crate::scenario::Found;
use crate::scenario::field_path::FieldPath;
use crate::scenario::model::Step;

/// How the base of a stack is called that runs elsewhere.
const DEPLOYED: &str = "deployed";

/// How a tool tells that the platform failed inside: behind its own name.
const FAILED: &str = " failed: ";

/// The errors of a step whose both sides failed inside, where one of them is a deployed platform and
/// neither `expect` nor the ledger names the failure. `fields` are what the ledger has been asked
/// about.
pub(super) fn hidden_failures(
    input: &CaseInput<'_>,
    (id, step): (&str, &Step),
    fields: &[FieldVerdict],
    seen: &BySide<Vec<Seen<'_>>>,
) -> Vec<CaseError> {
    let stacks = &input.subjects.sides;
    if !stacks.iter().any(|(_, side)| side.stack.base == DEPLOYED) {
        return Vec::new();
    }
    let mut errors = Vec::new();
    for (side, seen) in seen.iter() {
        let before = errors.len();
        for one in seen {
            let told = inner_failure(input.surface, one.outcome);
            if let Some(told) = told.filter(|_| !is_expected(input, step, side, one.outcome)) {
                errors.push(error(id, side, one.replay, &told));
            }
        }
        if errors.len() == before {
            return Vec::new();
        }
    }
    if is_known(input, (id, step), fields) {
        return Vec::new();
    }
    errors
}

fn error(id: &str, side: Side, replay: u32, told: &str) -> CaseError {
    CaseError {
        side,
        replay,
        step: id.to_owned(),
        class: Some(FailureClass::Internal),
        message: format!(
            "it answered `{told}`, and so did the other side; what a provider did cannot be seen \
             through a deployed platform. Where this is what the scenario is about, `expect` says so"
        ),
    }
}

/// What says that the platform failed inside, if that is said.
fn inner_failure(surface: Surface, outcome: &Outcome) -> Option<String> {
    match surface {
        Surface::Platform => {
            let status = text(&field(surface)?, outcome)?;
            is_server_error(&status).then_some(status)
        }
        Surface::Mcp => {
            let text = text(&field(surface)?, outcome)?;
            let (tool, why) = text.split_once(FAILED)?;
            let is_tool = tool.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let is_inner = why == "internal error"
                || is_refusal(why)
                || why.strip_prefix("HTTP ").is_some_and(is_server_error);
            (is_tool && is_inner).then_some(text)
        }
        Surface::Provider => None,
    }
}

/// Whether a repaired platform says that a provider did not do its work.
fn is_refusal(why: &str) -> bool {
    let told = why.split_once(" did not do its work (");
    told.is_some_and(|(who, _)| matches!(who, "e2b" | "daytona"))
}

fn is_server_error(status: &str) -> bool {
    status.len() == 3 && status.starts_with('5') && status.bytes().all(|b| b.is_ascii_digit())
}

/// The field that says it.
fn field(surface: Surface) -> Option<FieldPath> {
    let name = match surface {
        Surface::Mcp => "$.text",
        Surface::Platform => "$.status",
        Surface::Provider => return None,
    };
    FieldPath::parse(name).ok()
}

fn text(path: &FieldPath, outcome: &Outcome) -> Option<String> {
    match path.find(outcome) {
        Found::Json(serde_json::Value::String(text)) => Some(text.clone()),
        Found::Json(serde_json::Value::Number(number)) => Some(number.to_string()),
        Found::Bytes(blob) => {
            // What is longer says something else.
            let head = blob.head(TOLD_BYTES_MAX + 1).ok()?;
            let is_short = head.len() <= TOLD_BYTES_MAX;
            is_short.then(|| String::from_utf8_lossy(&head).into_owned())
        }
        Found::Json(_) | Found::Several(_) | Found::Absent => None,
    }
}

/// Bytes of the longest text that is taken for such a failure.
const TOLD_BYTES_MAX: usize = 200;

/// Whether an expectation of the step is about the very field, and holds.
fn is_expected(input: &CaseInput<'_>, step: &Step, side: Side, outcome: &Outcome) -> bool {
    let Some(path) = field(input.surface) else {
        return false;
    };
    step.expect.iter().any(|expect| {
        expect.applies(input.at(side))
            && expect.path.text == path.text
            && expect.check(outcome).is_ok()
    })
}

/// Whether the ledger knows the failure: as a difference, or as what both sides do.
fn is_known(input: &CaseInput<'_>, (id, step): (&str, &Step), fields: &[FieldVerdict]) -> bool {
    let own = field(input.surface);
    let own = fields
        .iter()
        .filter(|field| own.as_ref().is_some_and(|own| *own.text == *field.path));
    own.into_iter().any(|field| {
        let place = FieldPlace {
            case: input.case_id,
            step: id,
            verb: step.action.verb(),
            field: &field.path,
        };
        let values = field.values.as_ref().map(|side| -> Vec<Shown> {
            let shown = side
                .iter()
                .map(|value| value.normalised.as_ref().unwrap_or(&value.raw));
            shown.cloned().collect()
        });
        let shared = input
            .ledger
            .about(EntryKind::Shared, &place, input.subjects);
        field.quirk.is_some() || shared.iter().any(|hit| hit.fits(&values, false))
    })
}
