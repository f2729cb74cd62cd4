//! From a folder to what Daytona is asked for. Nothing is sent.

use std::path::Path;

use serde::Serialize;

use crate::audit::{Finding, Level};
use crate::dockerfile::without_mistakes;
use crate::register::arguments::BuildArguments;
use crate::register::context::{Amount, EntryKind, Taken, check_size, is_empty};
use crate::register::daytona::hash::hash;
use crate::register::daytona::rules;
use crate::register::findings::Findings;
use crate::register::folder::Opened;
use crate::register::no_plan::NoPlan;

/// What a sandbox of the snapshot is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// Processors.
    pub cpu: u32,
    /// Memory in GB.
    pub memory: u32,
    /// Disk in GB.
    pub disk: u32,
}

/// What the user asks for besides the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotSettings {
    /// The snapshot's name.
    pub name: String,
    /// What its sandboxes are given.
    pub sizes: Sizes,
    /// Values for `ARG`s.
    pub arguments: BuildArguments,
    /// The most bytes that `COPY` may take in all.
    pub context_bytes_max: u64,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotPlan {
    /// The snapshot's name.
    pub name: String,
    /// The Dockerfile as the user would name it.
    pub dockerfile: String,
    #[serde(flatten)]
    /// What its sandboxes are given.
    pub sizes: Sizes,
    /// The Dockerfile's text, with the given build arguments as defaults.
    pub dockerfile_content: String,
    /// What `COPY` takes, in the order of its lines.
    pub contexts: Vec<Context>,
    /// What is sent all the same.
    pub warnings: Vec<Finding>,
}

/// One thing that `COPY` takes, as a tar of its own in the object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Context {
    /// The line of the Dockerfile.
    pub line: usize,
    /// Its path in the tar.
    pub path: String,
    /// Its name in the object store.
    pub hash: String,
    #[serde(flatten)]
    /// How much it is.
    pub amount: Amount,
    #[serde(skip)]
    pub(crate) taken: Taken,
}

/// Plans the snapshot of a folder.
///
/// # Errors
/// All that is wrong with it.
pub fn plan(root: &Path, settings: &SnapshotSettings) -> Result<SnapshotPlan, NoPlan> {
    let opened = Opened::read(root).map_err(NoPlan::Folder)?;
    let mut findings = Findings::new(&opened.name, &opened.dockerfile);
    let mut contexts = Vec::new();
    let mut content = opened.text.clone();
    rules::check_name(&settings.name, &mut findings);
    let (readable, mistakes) = without_mistakes(&opened.text);
    for mistake in mistakes {
        let help = "https://docs.docker.com/reference/dockerfile lists the instructions";
        findings.error(mistake.line, "dockerfile", mistake.value, help);
    }
    if let Some(text) = &readable {
        let taken = rules::sources(&opened, text, &settings.arguments, &mut findings);
        check_size(
            &taken.iter().collect::<Vec<_>>(),
            settings.context_bytes_max,
            &mut findings,
        );
        content = rules::with_arguments(text, &settings.arguments);
        for taken in taken {
            tell_lost(&taken, &mut findings);
            contexts.extend(split(&taken));
        }
    }
    let found = findings.sorted();
    if found.iter().any(|it| it.level == Level::Error) {
        return Err(NoPlan::Findings(found));
    }
    let contexts: Result<Vec<Context>, String> = contexts.into_iter().map(hashed).collect();
    Ok(SnapshotPlan {
        name: settings.name.clone(),
        dockerfile: format!(
            "{}/{}",
            opened.name.trim_end_matches('/'),
            opened.dockerfile
        ),
        sizes: settings.sizes,
        dockerfile_content: content,
        contexts: contexts.map_err(NoPlan::Folder)?,
        warnings: found,
    })
}

/// The builder keeps the regular files of a tar and nothing else.
fn tell_lost(taken: &Taken, findings: &mut Findings<'_>) {
    for entry in &taken.entries {
        match entry.kind {
            EntryKind::Link(_) => {
                let message = format!("{} is a link, which Daytona's builder drops", entry.path);
                let help = "put the file itself there, or make the link with RUN ln -s";
                findings.error(taken.line, "link", message, help);
            }
            EntryKind::Folder if entry.path != "." && is_empty(&taken.entries, &entry.path) => {
                let message = format!(
                    "{} is an empty folder, which Daytona's builder drops",
                    entry.path
                );
                let help = "make it with RUN mkdir -p, or put a file into it";
                findings.warning(taken.line, "empty-folder", message, help);
            }
            EntryKind::Folder | EntryKind::File => {}
        }
        if entry.path == "Dockerfile" && taken.source.trim_matches(['.', '/']).is_empty() {
            let message = "the tar brings a file Dockerfile to the place of the build's own";
            let help =
                "name what is needed instead of the whole folder, or call the file otherwise";
            findings.error(taken.line, "dockerfile-collides", message, help);
        }
    }
}

/// One context for each path that a source names: a pattern may name several.
fn split(taken: &Taken) -> Vec<(String, String, Taken)> {
    let tops: Vec<String> = taken
        .entries
        .iter()
        .filter(|it| {
            let above = |other: &str| {
                other == "." && it.path != "."
                    || it
                        .path
                        .strip_prefix(other)
                        .is_some_and(|rest| rest.starts_with('/'))
            };
            !taken.entries.iter().any(|other| above(&other.path))
        })
        .map(|it| it.path.clone())
        .collect();
    // The SDK hashes the path as the line spells it, but for a pattern.
    let plain = taken.source.trim_start_matches("./").trim_matches('/');
    let is_plain = tops.len() == 1 && (tops[0] == plain || tops[0] == "." && plain.is_empty());
    let spelled = taken.source.trim_start_matches('/').to_owned();
    let all = tops.into_iter().map(|top| {
        let own = taken.entries.iter().filter(|it| {
            top == "."
                || it
                    .path
                    .strip_prefix(&top)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let part = Taken {
            entries: own.cloned().collect(),
            ..taken.clone()
        };
        let hashed = if is_plain && !spelled.is_empty() {
            spelled.clone()
        } else {
            top.clone()
        };
        (top, hashed, part)
    });
    all.collect()
}

fn hashed((top, spelled, taken): (String, String, Taken)) -> Result<Context, String> {
    let hash = hash(&taken, &top, &spelled).map_err(|error| error.to_string())?;
    Ok(Context {
        line: taken.line,
        path: top,
        hash,
        amount: taken.amount(),
        taken,
    })
}
