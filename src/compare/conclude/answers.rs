//! Both answers of one run.

use crate::compare::answer::Conclusion;
use crate::compare::conclude::{RunFacts, decision, divergences, drift, quirk_use};
use crate::compare::ledger::Ledger;
use crate::compare::verdict::CaseVerdict;

/// Forms both answers.
pub fn conclude(cases: Vec<CaseVerdict>, ledger: &Ledger, facts: &RunFacts) -> Conclusion {
    let divergences = divergences::of(&cases, facts);
    let quirks = quirk_use::of(&cases, ledger, facts);
    let drift = drift::of(&cases, &divergences, &quirks, ledger, facts);
    let decision = decision::of(&cases, &divergences, &quirks, ledger, facts);
    Conclusion {
        cases,
        divergences,
        quirks,
        drift,
        decision,
    }
}
