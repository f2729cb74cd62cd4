//! The rules: each is a pure function of a file's path and text.

use std::collections::{BTreeMap, BTreeSet};

use crate::circles::check_circles;
use crate::code::{code, has_word, imports};

/// The floors from the ground up; a room imports rooms of lower floors, none of its own. `base`, `js`,
/// `mcp`, `platform`, `sdk` and `standin` are crates, whose own imports Cargo holds; here it matters who may
/// name them.
const FLOORS: [&[&str]; 9] = [
    &["base", "js"],
    &["call"],
    &["scenario", "transcript"],
    &["driver", "normalise"],
    &["surface", "compare", "plan"],
    &[
        "report", "run", "capture", "mcp", "platform", "sdk", "standin", "template",
    ],
    &["stage"],
    &["app"],
    &["cli"],
];

/// Rooms that must not meet in one file, and the rooms that bring them together.
const STRANGERS: ([&str; 2], [&str; 2]) = (["driver", "standin"], ["stage", "app"]);

/// The only file, or the only folder, in which YAML is read and written.
const YAML_HOME: &str = "src/scenario/yaml";

/// The only folder in which one file may hold `unsafe`.
pub(crate) const UNSAFE_HOME: &str = "crates/standin/src/engine/";

/// Lines that a file may have.
pub(crate) const LINES_MAX: usize = 400;

/// A file of the tree: its path below the workspace, with `/`, and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The room that the file belongs to: none for `lib.rs`, `main.rs` and the crates beneath.
    fn room(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        below.split_once('/').map(|(room, _)| room)
    }

    /// How many modules deep the file is: 1 for `src/call/mod.rs`, 2 for `src/call/outcome.rs`.
    fn depth(&self) -> usize {
        let parts = self.path.split('/').count() - 1;
        parts - usize::from(self.path.ends_with("/mod.rs"))
    }
}

/// Everything that is wrong with the tree, each as `path: what`.
pub(crate) fn problems(sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut unsafe_files = Vec::new();
    for source in sources {
        let code = code(&source.text);
        let found = [
            check_imports(source, &imports(&code)),
            check_supers(source, &code),
            check_yaml(source, &code),
            check_mod(source, &code),
            check_lines(source),
        ];
        let found = found.into_iter().flatten();
        problems.extend(found.map(|problem| format!("{}: {problem}", source.path)));
        if has_word(&code, "unsafe") {
            unsafe_files.push(source.path.as_str());
        }
    }
    problems.extend(check_unsafe(&unsafe_files));
    problems.extend(check_circles(sources));
    problems
}

fn check_imports(source: &Source, imports: &BTreeSet<String>) -> Vec<String> {
    let floor: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let Some(room) = source.room() else {
        return Vec::new();
    };
    let Some(own) = floor.get(room) else {
        return vec![format!("room `{room}` stands in no floor")];
    };
    let mut problems = Vec::new();
    for import in imports.iter().filter(|import| *import != room) {
        match floor.get(import.as_str()) {
            None => problems.push(format!("imports `{import}`, which stands in no floor")),
            Some(other) if other == own => {
                problems.push(format!("imports `{import}` of its own floor"));
            }
            Some(other) if other > own => {
                problems.push(format!("imports `{import}` of a higher floor"));
            }
            Some(_) => {}
        }
    }
    let (strangers, hosts) = STRANGERS;
    let meets = strangers.iter().all(|&name| imports.contains(name));
    if meets && !hosts.contains(&room) {
        problems.push(format!("`{}` meets `{}`", strangers[0], strangers[1]));
    }
    problems
}

/// `super::super::x` must not climb out of a room, where the rules above would not see it.
fn check_supers(source: &Source, code: &str) -> Vec<String> {
    let depth = source.depth();
    let inline = code.find("mod tests {").unwrap_or(code.len());
    let climbs = |levels: usize| {
        let path = "super::".repeat(levels);
        code.match_indices(&path)
            .any(|(at, _)| levels > depth || at < inline)
    };
    let out = source.room().is_some() && (climbs(depth) || climbs(depth + 1));
    let text = "leaves its room by `super`; write `crate::`";
    Vec::from_iter(out.then(|| text.to_owned()))
}

fn check_yaml(source: &Source, code: &str) -> Vec<String> {
    let home = source.path == format!("{YAML_HOME}.rs")
        || source.path.starts_with(&format!("{YAML_HOME}/"));
    let reads = has_word(code, "serde_yaml") || has_word(code, "serde_saphyr");
    Vec::from_iter((reads && !home).then(|| format!("YAML belongs to {YAML_HOME}")))
}

/// A `mod.rs` opens with what the room is for and holds no logic; the room's trait, with the types
/// it speaks in, may stand there, and a table (`static`) of the room's files.
fn check_mod(source: &Source, code: &str) -> Vec<String> {
    if !source.path.ends_with("/mod.rs") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    if !source.text.starts_with("//!") {
        problems.push("a mod.rs opens with `//!`: purpose, in, out, absent".to_owned());
    }
    let items = ["fn", "struct", "enum", "impl", "const", "macro_rules"];
    if !has_word(code, "trait") {
        let item = items.iter().find(|item| has_word(code, item));
        problems.extend(item.map(|item| format!("a mod.rs without a trait holds no `{item}`")));
    }
    problems
}

fn check_lines(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    Vec::from_iter((lines > LINES_MAX).then(|| format!("{lines} lines, over {LINES_MAX}")))
}

fn check_unsafe(files: &[&str]) -> Vec<String> {
    let strays = files.iter().filter(|path| !path.starts_with(UNSAFE_HOME));
    let mut problems: Vec<String> = strays
        .map(|path| format!("{path}: `unsafe` belongs to one file of {UNSAFE_HOME}"))
        .collect();
    if files.len() > 1 {
        problems.push(format!(
            "`unsafe` in more than one file: {}",
            files.join(", ")
        ));
    }
    problems
}
