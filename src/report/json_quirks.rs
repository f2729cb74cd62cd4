//! The ledger's part of `report.json`.

use crate::compare::answer::Accounts;
use crate::report::input::ReportInput;
use crate::report::model::{AccountsReport, QuirksReport};

/// How the ledger fared.
pub(crate) fn quirks(input: &ReportInput<'_>) -> QuirksReport {
    let uses = &input.conclusion.quirks;
    let stale: Vec<_> = uses.stale.iter().map(|(id, _)| id.clone()).collect();
    let fields = input
        .conclusion
        .cases
        .iter()
        .flat_map(|c| &c.steps)
        .flat_map(|s| &s.fields);
    let differs = fields.filter_map(|field| field.differs_from.as_ref());
    let like = input.conclusion.cases.iter();
    let like = like.flat_map(|case| &case.steps).flat_map(|s| &s.fields);
    let like = like.filter_map(|field| field.looks_like.as_ref());
    let lists = [
        &uses.matched,
        &uses.shared,
        &stale,
        &uses.expired,
        &uses.unused,
        &uses.accounts.not_reproduced,
    ];
    let titles = lists
        .into_iter()
        .flatten()
        .chain(differs)
        .chain(like)
        .filter_map(|id| Some((id.clone(), input.titles.get(id)?.clone())))
        .collect();
    QuirksReport {
        matched: uses.matched.clone(),
        shared: uses.shared.clone(),
        stale,
        expired: uses.expired.clone(),
        unused: uses.unused.clone(),
        accounts: accounts(&uses.accounts),
        titles,
    }
}

fn accounts(accounts: &Accounts) -> AccountsReport {
    AccountsReport {
        matched: accounts.matched.clone(),
        shared: accounts.shared.clone(),
        standing: accounts.standing.clone(),
        parity: accounts.parity.clone(),
        on_request: accounts.on_request.clone(),
        not_reproduced: accounts.not_reproduced.clone(),
        not_shown: accounts.not_shown.clone(),
    }
}
