//! Both answers of one run.

use crate::compare::answer::{Conclusion, Standing};
use crate::compare::conclude::{
    RunFacts, accounts, decision, divergences, drift, quirk_use, standing,
};
use crate::compare::ledger::Ledger;
use crate::compare::verdict::CaseVerdict;

/// Forms both answers.
pub fn conclude(cases: Vec<CaseVerdict>, ledger: &Ledger, facts: &RunFacts) -> Conclusion {
    let standing = standing::of(&cases, ledger, facts);
    // What a side never has shows over the whole run: a shard lists it and judges nothing.
    let judged: &[Standing] = if facts.sharded { &[] } else { &standing };
    let mut divergences = divergences::of(&cases, facts);
    divergences.extend(divergences::of_the_run(judged, facts));
    let mut quirks = quirk_use::of(&cases, &standing, ledger, facts);
    quirks.accounts = accounts::of(&quirks, &cases, ledger, facts);
    let drift = drift::of(&cases, &divergences, judged, &quirks, ledger, facts);
    let decision = decision::of(&cases, &divergences, judged, &quirks, ledger, facts);
    Conclusion {
        cases,
        divergences,
        standing,
        quirks,
        drift,
        decision,
    }
}
