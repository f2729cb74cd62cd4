//! Which of the things that a scenario may require are there, known before the run.

use std::collections::BTreeSet;

use cutover_base::by_side::BySide;

use crate::call::{Lane, Provider, SideSpec};
use crate::scenario::capability::capability_names;

/// What only one provider has; required of both sides, so met only where both are that provider.
const OF_ONE_PROVIDER: [(&str, Provider); 5] = [
    ("pause", Provider::E2b),
    ("user", Provider::E2b),
    ("stdin", Provider::E2b),
    ("streams", Provider::E2b),
    ("stop", Provider::Daytona),
];

/// What no driver offers yet.
const OF_NOBODY: [&str; 1] = ["signals"];

/// What needs a stand-in on both sides.
const OF_STANDINS: [&str; 2] = ["clock", "fault"];

/// The capabilities of a run. `engine` is what the stand-ins' engine says of its sandboxes. A live
/// sandbox is taken to have every tool: whether it does is what the run finds out.
pub fn capabilities(
    specs: BySide<&SideSpec>,
    engine: Option<&[String]>,
    network: bool,
) -> BTreeSet<String> {
    // What a recording has of them is what was recorded.
    let both_standins = specs.iter().all(|(_, spec)| spec.lane != Lane::Live);
    let mut met: BTreeSet<String> = capability_names()
        .into_iter()
        .filter(|name| match *name {
            name if OF_NOBODY.contains(&name) => false,
            name if OF_STANDINS.contains(&name) => both_standins,
            name => match OF_ONE_PROVIDER.iter().find(|(known, _)| *known == name) {
                Some((_, provider)) => specs.iter().all(|(_, spec)| spec.provider == *provider),
                None => engine.is_none_or(|has| has.iter().any(|known| known == name)),
            },
        })
        .map(str::to_owned)
        .collect();
    if engine.is_some() && network {
        met.insert("network".to_owned());
    }
    met
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, target: &str, engine: Option<&[&str]>, has: &[&str], lacks: &[&str]) {
        let engine: Option<Vec<String>> =
            engine.map(|names| names.iter().map(|&name| name.to_owned()).collect());
        let specs = BySide { source, target }.map(|spec| spec.parse().unwrap());
        let met = capabilities(specs.as_ref(), engine.as_deref(), false);
        for name in has {
            assert!(met.contains(*name), "{name} should be met");
        }
        for name in lacks {
            assert!(!met.contains(*name), "{name} should not be met");
        }
    }

    #[test]
    fn capabilities_follow_lanes_providers_and_engine() {
        check(
            "e2b",
            "daytona",
            Some(&["root"]),
            &["root", "clock", "fault"],
            &["python3", "pause"],
        );
        check(
            "e2b",
            "e2b",
            Some(&[]),
            &["pause", "stdin", "user"],
            &["stop", "root", "signals"],
        );
        check(
            "e2b@live",
            "daytona@live",
            None,
            &["python3", "git"],
            &["clock", "fault", "pause"],
        );
        check(
            "e2b@live",
            "e2b",
            Some(&["git"]),
            &["pause", "git"],
            &["clock"],
        );
    }
}
