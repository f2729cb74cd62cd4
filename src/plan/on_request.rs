//! Scenarios that wait to be asked for.

use crate::scenario::model::Scenario;

/// Tags of scenarios that are replayed only where somebody asks for them, by the tag or by their whole
/// name: they take minutes, or need an image that a bare run has not.
const ON_REQUEST: [&str; 2] = ["long", "template"];

/// Whether a scenario waits to be asked for.
pub fn waits(scenario: &Scenario) -> bool {
    tag_of(scenario).is_some()
}

fn tag_of(scenario: &Scenario) -> Option<&'static str> {
    let has = |tag: &&str| scenario.tags.iter().any(|own| own == tag);
    ON_REQUEST.into_iter().find(has)
}

/// Why a scenario is left out, where it waits to be asked for and nobody has.
pub(super) fn unasked(scenario: &Scenario, tags: &[String], named: &[String]) -> Option<String> {
    let tag = tag_of(scenario)?;
    let is_asked = tags.iter().any(|wanted| wanted == tag)
        || named
            .iter()
            .any(|name| scenario.name == name.trim_end_matches('/'));
    (!is_asked).then(|| format!("replayed on request: `--tag {tag}`, or its file or whole name"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::load_embedded;

    fn of(tags: &str) -> Arc<Scenario> {
        let text = format!("why: x\ntags: {tags}\nsteps: [{{execute: ls}}]\n");
        load_embedded(&[("a/b", &text)]).unwrap().remove(0)
    }

    #[test]
    fn it_waits_for_its_tag_or_its_name() {
        let words = |all: &[&str]| -> Vec<String> { all.iter().map(|&it| it.to_owned()).collect() };
        for (own, tags, named, waits) in [
            ("[core]", [""; 0].as_slice(), [""; 0].as_slice(), None),
            ("[long, core]", &[], &[], Some("--tag long")),
            ("[long, core]", &["core"], &[], Some("--tag long")),
            ("[long, core]", &[], &["a"], Some("--tag long")),
            ("[core, template]", &[], &[], Some("--tag template")),
            ("[long, core]", &["x", "long"], &[], None),
            ("[long, core]", &[], &["a/b/"], None),
        ] {
            let why = unasked(&of(own), &words(tags), &words(named));
            let told = why.as_deref();
            assert_eq!(told.is_some(), waits.is_some(), "{own} {tags:?} {named:?}");
            assert!(told.unwrap_or_default().contains(waits.unwrap_or_default()));
        }
    }
}
