//! Why a blocker stays whatever is repaired, and what to do about it.

use std::collections::BTreeSet;

use crate::app::fixes::told::RemainingTold;
use crate::call::Surface;
use crate::compare::conclude::{Blocked, BlockedBy};
use crate::compare::ledger::{Cause, Ledger};

/// Whether a fix could reach the place: at surface provider nothing stands before the provider, and
/// what stands in every call is the provider's.
pub(super) fn is_in_reach(blocked: &Blocked) -> bool {
    let surface = blocked.case.split('/').next().unwrap_or_default();
    !surface.is_empty() && surface != Surface::Provider.name()
}

/// A place in words.
pub(super) fn place(blocked: &Blocked) -> String {
    let Blocked {
        case, step, field, ..
    } = blocked;
    if case.is_empty() {
        return format!("every `{step}`, `{field}`");
    }
    format!("{case}, step `{step}`, `{field}`")
}

/// What the blockers that are left are, and why: those of one entry together. `before` are the blockers
/// of the run as it was, `known` are the fixes that there are.
pub(super) fn told(
    left: &[Blocked],
    before: &[Blocked],
    known: &BTreeSet<&str>,
    ledger: &Ledger,
) -> Vec<RemainingTold> {
    let mut all: Vec<RemainingTold> = Vec::new();
    for blocked in left {
        let one = one(blocked, before, known, ledger);
        let had = all
            .iter_mut()
            .find(|had| (&had.what, &had.why) == (&one.what, &one.why));
        match had {
            Some(had) => had.places.extend(one.places),
            None => all.push(one),
        }
    }
    all
}

fn one(
    blocked: &Blocked,
    before: &[Blocked],
    known: &BTreeSet<&str>,
    ledger: &Ledger,
) -> RemainingTold {
    let (what, quirk, why) = match &blocked.by {
        BlockedBy::Entry(id) => {
            let why = of_entry(blocked, id, known, ledger);
            (ledger.titled(id), Some(id.clone()), why)
        }
        BlockedBy::New(id) => of_none(format!("new divergence {id}"), blocked, before, ledger),
        BlockedBy::UnstableTarget(id) => {
            of_none(format!("unstable target {id}"), blocked, before, ledger)
        }
        BlockedBy::Expectation(said) => of_none(
            format!("expectation failed: {said}"),
            blocked,
            before,
            ledger,
        ),
    };
    RemainingTold {
        what,
        quirk,
        places: vec![place(blocked)],
        why,
    }
}

fn of_entry(blocked: &Blocked, id: &str, known: &BTreeSet<&str>, ledger: &Ledger) -> String {
    let entry = ledger.get(id);
    let mut why = if known.contains(id) && !is_in_reach(blocked) {
        "at surface provider nothing stands before the provider that could be repaired".to_owned()
    } else if known.contains(id) {
        "it has a fix, which does not remove it".to_owned()
    } else if entry.is_some_and(|entry| entry.cause == Cause::Provider) {
        "it is the provider's own (cause provider), and no change of the platform ends it: accept it \
         in the ledger, or have it changed there"
            .to_owned()
    } else {
        "there is no fix for it".to_owned()
    };
    if let Some(fix) = entry.and_then(|entry| entry.fix.as_ref()) {
        why = format!("{why}; would be ended by: {fix}");
    }
    why
}

/// Of what no entry explains, by what the place was before.
fn of_none(
    what: String,
    blocked: &Blocked,
    before: &[Blocked],
    ledger: &Ledger,
) -> (String, Option<String>, String) {
    let place = |one: &Blocked| (one.case.clone(), one.step.clone(), one.field.clone());
    let was = before.iter().find(|one| place(one) == place(blocked));
    let (quirk, why) = match was.map(|was| &was.by) {
        // With its fix an entry speaks for nothing, so that what is left of it is new.
        Some(BlockedBy::Entry(id)) => (
            Some(id.clone()),
            format!("the fix of {} does not remove it", ledger.titled(id)),
        ),
        Some(_) => (
            None,
            "no ledger entry says so, and so no fix is known: accept it with an entry, or mend it"
                .to_owned(),
        ),
        None => (
            None,
            "it did not block before, and does with these fixes: accept it with an entry, or mend it"
                .to_owned(),
        ),
    };
    (what, quirk, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::ledger::{LedgerText, read_ledger};

    fn ledger() -> Ledger {
        let entry = |id: &str, cause: &str| {
            format!(
                "  - {{ id: {id}, title: The title of {id}, kind: standing, cause: {cause}, effect: regression, verb: execute, field: $.stderr, from: {{ side: e2b, any: true }}, to: {{ side: daytona, absent: true }}, reason: so, fix: mend {id}, link: 'https://example.org/', owner: us, expires: 2027-06-01 }}\n"
            )
        };
        let text = format!(
            "format: cutover.quirks/1\nquirks:\n{}{}{}",
            entry("Q27", "platform"),
            entry("Q70", "provider"),
            entry("Q71", "template")
        );
        read_ledger(&[LedgerText {
            file: "quirks.yaml",
            text: &text,
        }])
        .unwrap()
    }

    fn at(case: &str, by: BlockedBy) -> Blocked {
        Blocked {
            case: case.to_owned(),
            step: "s".to_owned(),
            field: "$.text".to_owned(),
            by,
        }
    }

    #[test]
    fn what_stays_is_told_with_why() {
        let entry = |id: &str| BlockedBy::Entry(id.to_owned());
        let new = || BlockedBy::New("D-1".to_owned());
        let known = BTreeSet::from(["Q27"]);
        for (left, was, quirk, why) in [
            (
                at("mcp/a", entry("Q27")),
                None,
                Some("Q27"),
                "has a fix, which does not remove it",
            ),
            (
                at("provider/a", entry("Q27")),
                None,
                Some("Q27"),
                "at surface provider nothing stands",
            ),
            (
                at("", entry("Q27")),
                None,
                Some("Q27"),
                "at surface provider nothing stands",
            ),
            (
                at("mcp/a", entry("Q70")),
                None,
                Some("Q70"),
                "(cause provider)",
            ),
            (
                at("mcp/a", entry("Q71")),
                None,
                Some("Q71"),
                "no fix for it; would be ended by: mend Q71",
            ),
            (
                at("mcp/a", new()),
                Some(entry("Q27")),
                Some("Q27"),
                "the fix of The title of Q27 (Q27) does not",
            ),
            (
                at("mcp/a", new()),
                Some(new()),
                None,
                "accept it with an entry, or mend it",
            ),
            (at("mcp/a", new()), None, None, "did not block before"),
        ] {
            let before: Vec<Blocked> = was.into_iter().map(|by| at("mcp/a", by)).collect();
            let told = told(&[left], &before, &known, &ledger());
            assert_eq!(told[0].quirk.as_deref(), quirk, "{told:?}");
            assert!(told[0].why.contains(why), "{told:?}");
        }
        let twice = [at("mcp/a", entry("Q70")), at("mcp/b", entry("Q70"))];
        let told = told(&twice, &[], &known, &ledger());
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0].places,
            ["mcp/a, step `s`, `$.text`", "mcp/b, step `s`, `$.text`"]
        );
    }
}
