//! What a run says of the ledger itself: entries that were not seen though they should, that are past
//! their date, and those about many calls that were not seen and need not be.

use crate::report::input::ReportInput;

/// Entries that were not seen and need not be are named up to so many.
const UNSEEN_NAMED: usize = 5;

/// A sentence for each entry that is stale or expired, and one for all that were merely not seen.
pub(crate) fn sentences(input: &ReportInput<'_>) -> Vec<String> {
    let quirks = &input.conclusion.quirks;
    let stale = quirks.stale.iter();
    let stale = stale.map(|(id, why)| format!("stale: {}: {why}", input.quirk(id)));
    let expired = quirks.expired.iter();
    let expired = expired.map(|id| format!("expired: {}", input.quirk(id)));
    let told = stale.chain(expired).chain(accounts(input));
    told.chain(unseen(input)).collect()
}

/// How many of the migration's numbered quirks are accounted for, and by what; nothing for a run that
/// shows none of them, as one of other scenarios does.
pub(crate) fn accounts(input: &ReportInput<'_>) -> Option<String> {
    let accounts = &input.conclusion.quirks.accounts;
    let shown = [
        (&accounts.matched, "matched"),
        (&accounts.shared, "shared"),
        (&accounts.standing, "standing"),
        (&accounts.parity, "alike on both sides"),
    ];
    if shown.iter().all(|(ids, _)| ids.is_empty()) {
        return None;
    }
    let silent = [
        (&accounts.on_request, "replayed on request"),
        (&accounts.not_reproduced, "not reproduced"),
        (&accounts.not_shown, "not shown in this run"),
    ];
    let counts: Vec<String> = shown
        .iter()
        .chain(&silent)
        .map(|(ids, word)| format!("{} {word}", ids.len()))
        .collect();
    Some(format!(
        "the migration's quirks Q01 to Q97: {}",
        counts.join(", ")
    ))
}

/// Whoever keeps the ledger may want to know what no run shows any more.
fn unseen(input: &ReportInput<'_>) -> Option<String> {
    let unused = &input.conclusion.quirks.unused;
    let named = unused.iter().take(UNSEEN_NAMED).map(|id| input.quirk(id));
    let mut named: Vec<String> = named.collect();
    if named.is_empty() {
        return None;
    }
    if unused.len() > named.len() {
        named.push(format!("{} more", unused.len() - named.len()));
    }
    Some(format!(
        "about many calls and not seen in this run, which may well be: {}",
        named.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{conclusion, input};

    #[test]
    fn what_was_not_seen_is_one_sentence_however_much_it_is() {
        let mut conclusion = conclusion();
        let told = |conclusion: &_| sentences(&input(conclusion)).split_off(2);
        assert_eq!(told(&conclusion), [""; 0]);
        conclusion.quirks.unused = vec!["Q27".to_owned()];
        let one = told(&conclusion);
        assert_eq!(one.len(), 1);
        assert!(one[0].contains("which may well be: Q27 \""), "{one:?}");
        conclusion.quirks.unused = (1..8).map(|n| format!("X{n}")).collect();
        let many = told(&conclusion);
        assert_eq!(many.len(), 1);
        assert!(
            many[0].contains("X5 ") && many[0].ends_with("; 2 more"),
            "{many:?}"
        );
        let shown = crate::report::html::render(&input(&conclusion)).unwrap();
        assert!(shown.contains("not seen in this run"));
        let shown = crate::report::markdown::render(&input(&conclusion), 60_000);
        assert!(shown.contains("not seen in this run"), "{shown}");
    }
}
