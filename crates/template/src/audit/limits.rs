//! Resources over what a provider gives to one sandbox.

use crate::audit::finding::{Finding, Level};
use crate::template::{Provider, Resources, Template};

const RULE: (Level, &str) = (Level::Error, "over-the-limit");
const HELP: &str = "ask for less, or have the account's limit raised first";

/// What one sandbox may have, as the provider tells it when it refuses more: processors, MiB, GiB.
const fn most(provider: Provider) -> Resources {
    match provider {
        Provider::E2b => Resources {
            cpu: Some(8),
            memory_mib: Some(8 * 1024),
            disk_gib: None,
        },
        Provider::Daytona => Resources {
            cpu: Some(4),
            memory_mib: Some(8 * 1024),
            disk_gib: Some(10),
        },
    }
}

pub(super) fn findings(template: &Template) -> Vec<Finding> {
    let most = most(template.provider);
    let asked = template.resources;
    let amounts = [
        ("processors", "cpu_count", asked.cpu, most.cpu),
        (
            "MiB of memory",
            "memory_mb",
            asked.memory_mib,
            most.memory_mib,
        ),
        ("GiB of disk", "disk", asked.disk_gib, most.disk_gib),
    ];
    let over = amounts.into_iter().filter_map(|(what, key, asked, most)| {
        let (asked, most) = (asked?, most?);
        let what = format!(
            "{asked} {what} are asked for, {} gives {most}",
            template.provider
        );
        (asked > most).then(|| Finding::new(RULE, template, place(template, key), what, HELP))
    });
    over.collect()
}

/// Where `e2b.toml` says it; the Dockerfile as a whole where flags did.
fn place(template: &Template, key: &str) -> (String, usize) {
    let text = template.folder.text("e2b.toml").unwrap_or_default();
    let line = text
        .lines()
        .position(|line| line.trim_start().starts_with(key));
    match line {
        Some(at) => ("e2b.toml".to_owned(), at + 1),
        None => (template.dockerfile.clone(), 0),
    }
}
