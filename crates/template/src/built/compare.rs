//! How two built images differ, and what is wrong with either.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{Audit, Difference, Finding, Level, credential, is_secret};
use crate::built::facts::Built;

type Facts = BTreeMap<(String, String), String>;

/// Looks at two built images.
#[must_use]
pub fn audit_images(pair: [&Built; 2]) -> Audit {
    let [first, second] = pair.map(facts);
    let keys: BTreeSet<_> = first.keys().chain(second.keys()).collect();
    let differences = keys.into_iter().filter_map(|key| {
        let values = [first.get(key).cloned(), second.get(key).cloned()];
        let [ours, theirs] = &values;
        (ours != theirs).then(|| Difference {
            aspect: key.0.clone(),
            name: key.1.clone(),
            values,
        })
    });
    let differences = differences.collect();
    let mut findings: Vec<Finding> = pair.into_iter().flat_map(secrets).collect();
    findings.dedup();
    Audit {
        format: "cutover.audit/1",
        templates: pair.map(|it| it.name.clone()),
        differences,
        findings,
    }
}

/// Everything of an image that is compared. Two credentials may differ, but neither is shown.
fn facts(image: &Built) -> Facts {
    let mut facts: Facts = image.facts.clone();
    let configuration = &image.configuration;
    let mut tell = |aspect: &str, name: &str, value: String| {
        facts.insert((aspect.to_owned(), name.to_owned()), value);
    };
    for (name, value) in &configuration.env {
        tell("variable of the image", name, value.clone());
    }
    let user = configuration.user.as_deref().unwrap_or("root");
    tell("image", "user", user.to_owned());
    let work_dir = configuration.work_dir.as_deref().unwrap_or("/");
    tell("image", "work dir", work_dir.to_owned());
    if let Some(words) = &configuration.entrypoint {
        tell("image", "entrypoint", words.join(" "));
    }
    for ((aspect, name), value) in &mut facts {
        if is_variable(aspect) && is_secret(name, value) {
            *value = credential(value.as_bytes());
        }
    }
    facts
}

fn is_variable(aspect: &str) -> bool {
    aspect.starts_with("variable of")
}

/// A credential in the image's ENV, or in what its files give every login shell.
fn secrets(image: &Built) -> Vec<Finding> {
    let of_image = image.configuration.env.iter();
    let of_image = of_image.map(|(name, value)| ("ENV", name, value));
    let of_shell = image
        .facts
        .iter()
        .filter(|((aspect, _), _)| is_variable(aspect));
    let of_shell = of_shell.map(|((_, name), value)| ("a login shell", name, value));
    let mut told = BTreeSet::new();
    of_image
        .chain(of_shell)
        .filter(|(_, name, value)| is_secret(name, value))
        .filter(|(_, name, _)| told.insert((*name).clone()))
        .map(|(place, name, _)| Finding {
            level: Level::Error,
            rule: "secret",
            template: String::new(),
            file: image.name.clone(),
            line: 0,
            message: format!(
                "{name} of {place} is a credential that everybody has who has the image"
            ),
            help: "take it out of the image and give it to the sandbox when it is made",
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built::facts::Configuration;

    fn built(name: &str, env: &[(&str, &str)], survey: &str) -> Built {
        let env = env
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let configuration = Configuration {
            env: env.collect(),
            ..Configuration::default()
        };
        let survey = format!("{survey}survey\tdone\t1\n");
        Built::read(name, configuration, survey.as_bytes()).unwrap()
    }

    #[test]
    fn what_one_has_alone_and_what_both_have_otherwise_is_told() {
        let first = built(
            "a:1",
            &[("LANG", "C")],
            "package apt\tgit\t1\nprogram\tgh\t/usr/bin\n",
        );
        let second = built("b:1", &[("LANG", "C")], "package apt\tgit\t2\n");
        let audit = audit_images([&first, &second]);
        let told: Vec<_> = audit
            .differences
            .iter()
            .map(|it| (it.aspect.as_str(), it.name.as_str(), &it.values))
            .collect();
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("package apt", "git", &[value("1"), value("2")]),
                ("program", "gh", &[value("/usr/bin"), None]),
            ]
        );
        assert!(audit.findings.is_empty());
    }

    #[test]
    fn a_credential_is_found_once_and_not_shown() {
        let survey = "variable of a login shell\tAPI_KEY\tsk-abcdefghijklmnop\n";
        let first = built("a:1", &[("API_KEY", "sk-abcdefghijklmnop")], survey);
        let audit = audit_images([&first, &built("b:1", &[], "")]);
        assert_eq!(audit.findings.len(), 1, "{:?}", audit.findings);
        assert_eq!(audit.findings[0].rule, "secret");
        assert_eq!(audit.differences.len(), 2);
        assert!(!format!("{audit:?}").contains("abcdefgh"));
    }
}
