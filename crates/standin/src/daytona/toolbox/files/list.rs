//! `GET /files?path=&depth=`: what is in a folder (contract 2.5).

use serde_json::Value;

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::files::info::dto;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{EngineError, FileKind, FileStat};

/// Levels that may be asked for; deeper than any path can be.
const DEPTH_MAX: u32 = 4096;

/// One level or more, each folder by name and what is below it right behind it. Links are followed
/// for what they are, not into folders; dangling ones are left out. With `depth` every entry says
/// its full path, as the newer daemon does.
pub(super) async fn list(machine: &Machine) -> Result<Vec<Value>, ToolError> {
    let depth = machine.asked.param("depth").filter(|text| !text.is_empty());
    let levels = match &depth {
        None => 1,
        Some(text) => text
            .parse()
            .ok()
            .filter(|levels| (1..=DEPTH_MAX).contains(levels))
            .ok_or_else(|| ToolError::bad("depth must be at least 1"))?,
    };
    let asked = machine.asked.param("path").unwrap_or_default();
    let root = machine.resolve(&asked);
    let entries = read(machine, &root).await.map_err(|error| {
        let verb = if error.errno() == Some(libc::ENOTDIR) {
            "readdirent"
        } else {
            "open"
        };
        ToolError::of_file(verb, &root, &error)
    })?;
    let mut shown = Vec::with_capacity(entries.len());
    // The last entry is the next one to be shown.
    let mut open: Vec<(String, FileStat, u32)> = below(&root, entries, 1);
    while let Some((path, entry, level)) = open.pop() {
        let mut fact = match entry.kind {
            FileKind::Symlink => {
                let target = machine.engine().stat(&path, true, machine.who()).await;
                let Ok(target) = target else { continue };
                dto(&entry.name, &target)
            }
            _ => dto(&entry.name, &entry),
        };
        if let (Some(_), Some(fields)) = (&depth, fact.as_object_mut()) {
            fields.insert("path".to_owned(), path.clone().into());
        }
        shown.push(fact);
        if entry.kind == FileKind::Directory && level < levels {
            // A folder that cannot be read, or is gone by now, has nothing to show.
            let entries = read(machine, &path).await.unwrap_or_default();
            open.extend(below(&path, entries, level + 1));
        }
    }
    Ok(shown)
}

async fn read(machine: &Machine, path: &str) -> Result<Vec<FileStat>, EngineError> {
    machine.engine().list(path, machine.who()).await
}

fn below(path: &str, entries: Vec<FileStat>, level: u32) -> Vec<(String, FileStat, u32)> {
    let prefix = path.trim_end_matches('/');
    let entries = entries.into_iter().rev();
    entries
        .map(|entry| (format!("{prefix}/{}", entry.name), entry, level))
        .collect()
}
