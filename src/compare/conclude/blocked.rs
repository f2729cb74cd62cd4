//! What keeps a run from a GO, place by place: the blockers of its decision before they are put in
//! sentences.

use crate::compare::answer::Conclusion;
use crate::compare::conclude::divergences::{below_surface, is_judged};
use crate::compare::verdict::{Gate, Verdict};

/// One place that blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The case; empty for what stands in every call of a verb.
    pub case: String,
    /// The step; the verb for what stands in every call of it.
    pub step: String,
    /// The field's path; `expect` for an expectation that failed.
    pub field: String,
    /// What it is.
    pub by: BlockedBy,
}

/// Why a place blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockedBy {
    /// This ledger entry explains it and does not let it pass.
    Entry(String),
    /// No entry explains it: the fingerprint.
    New(String),
    /// It varies on the target only: the fingerprint.
    UnstableTarget(String),
    /// An expectation failed: in words.
    Expectation(String),
}

/// The blockers of a conclusion; none where its decision has none.
pub fn blocked(conclusion: &Conclusion) -> Vec<Blocked> {
    let cases = &conclusion.cases;
    let is_felt = |id: &str| {
        let mut found = cases.iter().filter(|case| case.case == id);
        found.any(|case| is_judged(case.verdict) && !below_surface(case, cases))
    };
    let mut found = Vec::new();
    for one in &conclusion.divergences {
        let fingerprint = one.fingerprint.clone();
        let by = match (one.verdict, &one.quirk, one.gate) {
            (Verdict::NewDivergence, ..) => BlockedBy::New(fingerprint),
            (Verdict::UnstableTarget, ..) => BlockedBy::UnstableTarget(fingerprint),
            (_, Some(quirk), Some(Gate::Block)) => BlockedBy::Entry(quirk.clone()),
            _ => continue,
        };
        if is_felt(&one.case) {
            found.push(Blocked {
                case: one.case.clone(),
                step: one.step.clone(),
                field: one.field.clone(),
                by,
            });
        }
    }
    for case in cases.iter().filter(|case| is_felt(&case.case)) {
        for step in &case.steps {
            if let Some((_, _, unmet)) = step.unmet.first() {
                found.push(Blocked {
                    case: case.case.clone(),
                    step: step.id.clone(),
                    field: "expect".to_owned(),
                    by: BlockedBy::Expectation(unmet.message.clone()),
                });
            }
        }
    }
    for one in &conclusion.standing {
        let by = match (one.verdict, &one.quirk, one.gate) {
            (Verdict::NewDivergence, ..) => BlockedBy::New(one.fingerprint.clone()),
            (_, Some(quirk), Some(Gate::Block)) => BlockedBy::Entry(quirk.clone()),
            _ => continue,
        };
        found.push(Blocked {
            case: String::new(),
            step: one.verb.to_owned(),
            field: one.field.clone(),
            by,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::conclude::conclude;
    use crate::compare::conclude::samples::{agreeing, case, differing, facts, ledger, none};
    use crate::compare::ledger::Ledger;
    use crate::compare::verdict::CaseVerdict;

    fn told(case: CaseVerdict, ledger: &Ledger) -> (usize, Vec<BlockedBy>) {
        let conclusion = conclude(vec![case], ledger, &facts(1));
        let by = blocked(&conclusion).into_iter().map(|one| one.by);
        (conclusion.decision.blockers.len(), by.collect())
    }

    #[test]
    fn what_blocks_is_what_the_decision_says() {
        assert_eq!(told(agreeing(), &none()), (0, Vec::new()));
        let (count, by) = told(differing(), &none());
        assert!(matches!(&by[..], [BlockedBy::New(id)] if id.starts_with("D-")));
        assert_eq!(count, 1);
        for (gate, blocks) in [("gate: block", true), ("gate: allow", false)] {
            let ledger = ledger("change", gate, "2027-06-01");
            let (count, by) = told(case(&ledger, &["a"], &["b"]), &ledger);
            let wanted = vec![BlockedBy::Entry("Q31".to_owned())];
            assert_eq!(by, if blocks { wanted } else { Vec::new() });
            assert_eq!(count, usize::from(blocks));
        }
        // Allowed, and past its day.
        let past = ledger("change", "gate: allow", "2026-01-01");
        let (count, by) = told(case(&past, &["a"], &["b"]), &past);
        assert_eq!((count, by), (1, vec![BlockedBy::Entry("Q31".to_owned())]));
        let (count, by) = told(case(&none(), &["a", "a", "a"], &["b", "c", "d"]), &none());
        assert!(matches!(&by[..], [BlockedBy::UnstableTarget(_)]), "{by:?}");
        assert_eq!(count, 1);
    }
}
