//! How many replays an `auto` run wants of a case.

use crate::compare::verdict::{CaseVerdict, FieldVerdict, Verdict};

/// Replays per side that an unexplained difference or a failed expectation buys.
pub const REPLAYS_AUTO_MAX: u32 = 3;

/// Replays per side when a side disagrees with itself: three values of three replays say little.
pub const REPLAYS_UNSTABLE_MAX: u32 = 5;

/// Replays per side that the case should have in all, where each side that plays has `have`; not
/// more means: enough.
///
/// Errors buy none: what failed was retried where that is safe, and a dead provider is not
/// asked again.
pub fn replays_wanted(case: &CaseVerdict, have: u32) -> u32 {
    let have = have.max(1);
    if matches!(case.verdict, Verdict::HarnessError | Verdict::ProviderError) {
        return have;
    }
    let fields = || case.steps.iter().flat_map(|step| &step.fields);
    let wanted = if fields().any(disagrees_with_itself) {
        REPLAYS_UNSTABLE_MAX
    } else if fields().any(|field| field.verdict == Some(Verdict::NewDivergence))
        || case.steps.iter().any(|step| !step.unmet.is_empty())
    {
        REPLAYS_AUTO_MAX
    } else {
        1
    };
    wanted.max(have)
}

fn disagrees_with_itself(field: &FieldVerdict) -> bool {
    match field.verdict {
        Some(Verdict::UnstableSource | Verdict::UnstableTarget | Verdict::Noise) => true,
        // Both sides vary and share nothing.
        Some(Verdict::NewDivergence) => varies(field),
        _ => false,
    }
}

fn varies(field: &FieldVerdict) -> bool {
    field.values.iter().all(|(_, side)| {
        let compared = |index: usize| {
            side.get(index)
                .map(|value| value.normalised.as_ref().unwrap_or(&value.raw))
        };
        (1..side.len()).any(|index| compared(index) != compared(0))
    })
}
