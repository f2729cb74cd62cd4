//! What a run says of the migration's numbered quirks: all of them, each in one way.

use std::ops::RangeInclusive;

use crate::compare::answer::{Accounts, QuirkUse};
use crate::compare::conclude::RunFacts;
use crate::compare::conclude::divergences::is_judged;
use crate::compare::ledger::{EntryKind, Ledger};
use crate::compare::verdict::{CaseVerdict, Verdict};

/// The numbers of the migration's quirks; what this project found has other ones.
const NUMBERS: RangeInclusive<u32> = 1..=97;

pub(super) fn of(
    used: &QuirkUse,
    cases: &[CaseVerdict],
    ledger: &Ledger,
    facts: &RunFacts,
) -> Accounts {
    let alike = alike(cases, facts);
    let mut accounts = Accounts::default();
    for number in NUMBERS {
        let is = |id: &String| is_of(id, number);
        let seen = used.matched.iter().chain(&used.shared).find(|id| is(id));
        let list = match seen.and_then(|id| ledger.get(id)) {
            Some(entry) => match entry.kind {
                EntryKind::Divergence => &mut accounts.matched,
                EntryKind::Shared => &mut accounts.shared,
                EntryKind::Standing => &mut accounts.standing,
            },
            // What the ledger has and the run did not show is no more than that, whatever else says.
            None if ledger.entries.iter().any(|entry| is(&entry.id)) => &mut accounts.not_shown,
            None if alike.iter().any(|id| is(id)) => &mut accounts.parity,
            None if facts.on_request.iter().any(is) => &mut accounts.on_request,
            None if facts.not_reproduced.iter().any(is) => &mut accounts.not_reproduced,
            None => &mut accounts.not_shown,
        };
        list.push(format!("Q{number:02}"));
    }
    accounts
}

/// Quirks of which a case that checks for it was judged, and found nothing that is not known.
fn alike<'f>(cases: &[CaseVerdict], facts: &'f RunFacts) -> Vec<&'f String> {
    let shows = |wanted: &str| {
        let of_case = cases.iter().filter(|case| case.case == wanted);
        of_case
            .filter(|case| is_judged(case.verdict))
            .any(|case| case.verdict <= Verdict::KnownDivergence)
    };
    let parity = facts.parity.iter();
    parity
        .filter(|(_, case)| shows(case))
        .map(|(id, _)| id)
        .collect()
}

/// Whether an id is the quirk of this number, with a leading zero or without.
fn is_of(id: &str, number: u32) -> bool {
    let digits = id.strip_prefix('Q');
    digits.is_some_and(|digits| digits.parse() == Ok(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::conclude::conclude;
    use crate::compare::conclude::samples::{agreeing, case, differing, facts, ledger};

    fn accounts(cases: Vec<CaseVerdict>, facts: &RunFacts) -> Accounts {
        let ledger = ledger("change", "gate: allow", "2027-06-01");
        conclude(cases, &ledger, facts).quirks.accounts
    }

    fn knowing(parity: &[&str], not_reproduced: &[&str]) -> RunFacts {
        let checked = |id: &&str| ((*id).to_owned(), "provider/a/b".to_owned());
        RunFacts {
            parity: parity.iter().map(checked).collect(),
            not_reproduced: not_reproduced.iter().map(|id| (*id).to_owned()).collect(),
            ..facts(1)
        }
    }

    #[test]
    fn every_quirk_of_the_migration_is_in_one_list() {
        let ledger = ledger("change", "gate: allow", "2027-06-01");
        let known = case(&ledger, &["a"], &["b"]);
        let mut facts = knowing(&["Q33", "Q5", "Q200"], &["Q73", "Q33", "Q98"]);
        facts.on_request = ["Q33", "Q81"].map(str::to_owned).to_vec();
        let told = accounts(vec![known], &facts);
        assert_eq!(told.matched, ["Q31"]);
        assert_eq!(told.parity, ["Q05", "Q33"]);
        assert_eq!(told.on_request, ["Q81"]);
        assert_eq!(told.not_reproduced, ["Q73"]);
        let mut all = [
            told.matched,
            told.shared,
            told.standing,
            told.parity,
            told.on_request,
            told.not_reproduced,
            told.not_shown,
        ]
        .concat();
        all.sort();
        let wanted: Vec<String> = NUMBERS.map(|number| format!("Q{number:02}")).collect();
        assert_eq!(all, wanted);
    }

    #[test]
    fn a_case_that_differs_shows_no_parity() {
        let facts = knowing(&["Q33"], &[]);
        assert_eq!(accounts(vec![agreeing()], &facts).parity, ["Q33"]);
        assert_eq!(accounts(vec![differing()], &facts).parity, [""; 0]);
        assert_eq!(accounts(Vec::new(), &facts).not_shown.len(), 97);
    }

    #[test]
    fn what_the_ledger_has_is_shown_or_it_is_not() {
        let facts = knowing(&["Q31"], &["Q31"]);
        let told = accounts(vec![agreeing()], &facts);
        assert!(told.not_shown.contains(&"Q31".to_owned()), "{told:?}");
    }
}
