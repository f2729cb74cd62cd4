//! What is in one template and not, or otherwise, in the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::audit::secrets::is_secret;
use crate::packages::{bare_name, packages, users};
use crate::template::Template;

/// What one template has of something: nothing, or this.
pub type Value = Option<String>;

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What kind of thing: `environment`, `package apt`, `file`, ...
    pub aspect: String,
    /// Its name.
    pub name: String,
    /// What each of the two has.
    pub values: [Value; 2],
}

/// Everything of a template that is compared, by aspect and name.
type Facts = BTreeMap<(String, String), String>;

pub(super) fn differences(pair: [&Template; 2]) -> Vec<Difference> {
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
    differences.collect()
}

fn facts(template: &Template) -> Facts {
    let mut facts = Facts::new();
    let mut tell = |aspect: &str, name: &str, value: String| {
        facts.insert((aspect.to_owned(), name.to_owned()), value);
    };
    let recipe = &template.recipe;
    for base in &recipe.bases {
        tell("image", "base", base.value.clone());
    }
    let user = recipe.user.as_ref().map_or("root", |it| &it.value);
    tell("image", "user", user.to_owned());
    let work_dir = recipe.work_dir.as_ref().map_or("/", |it| &it.value);
    tell("image", "work dir", work_dir.to_owned());
    for port in &recipe.ports {
        tell("port", port, "told".to_owned());
    }
    for (name, value) in template.environment() {
        // Two credentials may differ, but neither is shown.
        let value = if is_secret(&name, &value) {
            credential(value.as_bytes())
        } else {
            value
        };
        tell("environment", &name, value);
    }
    for (_, runs) in &template.runs {
        for (manager, all) in packages(runs) {
            for package in all {
                let name = bare_name(manager, &package);
                tell(&format!("package {manager}"), &name, package.value.clone());
            }
        }
        for user in users(runs) {
            tell("account", &user, "made".to_owned());
        }
    }
    for (file, target) in template.files() {
        let bytes = template.folder.bytes(file).unwrap_or_default();
        tell("file", &target, digest(&bytes));
    }
    // Two ways to the same end: that something is started counts, not how a provider is told.
    let started = if template.start().is_some() {
        "yes"
    } else {
        "no"
    };
    tell(
        "start",
        "something is started before the first command",
        started.to_owned(),
    );
    let amounts = [
        ("processors", template.resources.cpu),
        ("memory MiB", template.resources.memory_mib),
        ("disk GiB", template.resources.disk_gib),
    ];
    for (name, amount) in amounts {
        let amount = amount.map_or("the provider's default".to_owned(), |it| it.to_string());
        tell("resources", name, amount);
    }
    facts
}

/// What stands for a credential: two that differ can be told apart.
pub(crate) fn credential(bytes: &[u8]) -> String {
    format!("a credential, {}", digest(bytes))
}

fn digest(bytes: &[u8]) -> String {
    let mut text = "sha256 ".to_owned();
    for byte in Sha256::digest(bytes).iter().take(6) {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}
