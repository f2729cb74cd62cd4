//! Which files of a folder are scenarios, what they are called, and which are left out.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::scenario::node::Node;
use crate::scenario::problem::Problem;
use crate::scenario::yaml::YAML_BYTES_MAX;

/// Folders below each other that are searched: a loop of symbolic links must end.
const FOLDER_DEPTH_MAX: usize = 16;

/// Files of one run; more are a wrong folder, such as `/`.
const FILES_MAX: usize = 20_000;

/// YAML files at the top of a corpus that are about the scenarios, not scenarios.
const OWN_FILES: [&str; 4] = [
    "quirks.yaml",
    "cutover-quirks.yaml",
    "not-reproduced.yaml",
    "cutover.yaml",
];

/// A file or folder that may hold scenarios and was left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Its path.
    pub file: PathBuf,
    /// Why, a lower-case fragment.
    pub why: &'static str,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Scenario files with their names.
    pub(super) files: Vec<(String, PathBuf)>,
    /// What was left out.
    pub(super) skipped: Vec<Skipped>,
}

/// Adds the scenario files at or below a root. Names are relative to `base`; see [`base_of`] for
/// what it is when none is given.
pub(super) fn find(root: &Path, base: Option<&Path>, found: &mut Found) -> Result<(), Problem> {
    let of_root = |message: String| Problem::of_file(root.display().to_string(), message);
    let meta = std::fs::metadata(root).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => of_root("no such file or folder".to_owned()),
        _ => of_root(format!("cannot be read: {error}")),
    })?;
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|error| of_root(format!("cannot be found: {error}")))
    };
    let base = match base {
        Some(base) => absolute(base)?,
        None => base_of(&absolute(root)?, meta.is_dir()),
    };
    if meta.is_file() {
        let name = name_of(&absolute(root)?, &base);
        found.files.push((name, root.to_owned()));
        return Ok(());
    }
    if !meta.is_dir() {
        return Err(of_root("is neither a file nor a folder".to_owned()));
    }
    let mut yaml = Vec::new();
    walk(root, FOLDER_DEPTH_MAX, &mut yaml, &mut found.skipped)?;
    for file in yaml {
        let place = absolute(&file)?;
        let own = place.parent() == Some(base.as_path())
            && OWN_FILES
                .iter()
                .any(|own| place.file_name() == Some(OsStr::new(own)));
        if !own {
            found.files.push((name_of(&place, &base), file));
        }
    }
    Ok(())
}

/// YAML files of a folder, not below it, that read as scenarios: with `steps` at their top. To be
/// told where the folder's `scenarios/` is what is played.
pub fn strays(folder: &Path) -> Vec<Skipped> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut strays: Vec<Skipped> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_yaml(path) && path.is_file() && has_steps(path))
        .map(|path| Skipped {
            file: path.strip_prefix(".").map_or(path.clone(), Path::to_owned),
            why: "reads as a scenario and is not in `scenarios/`",
        })
        .collect();
    strays.sort();
    strays
}

fn has_steps(path: &Path) -> bool {
    let mut text = String::new();
    let read = File::open(path)
        .and_then(|file| file.take(YAML_BYTES_MAX as u64).read_to_string(&mut text));
    read.is_ok() && Node::parse(&text).is_ok_and(|node| node.get("steps").is_some())
}

/// The folder that names are relative to: the innermost one called `scenarios` on the way to
/// the root, else the root itself, or a single file's folder.
fn base_of(root: &Path, is_dir: bool) -> PathBuf {
    let start = if is_dir { Some(root) } else { root.parent() };
    let start = start.unwrap_or(root);
    start
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "scenarios"))
        .unwrap_or(start)
        .to_owned()
}

fn name_of(file: &Path, base: &Path) -> String {
    let relative = file.strip_prefix(base).unwrap_or(file).with_extension("");
    let parts: Vec<_> = relative
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => Some(part.to_string_lossy()),
            _ => None,
        })
        .collect();
    parts.join("/")
}

fn walk(
    folder: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
    skipped: &mut Vec<Skipped>,
) -> Result<(), Problem> {
    let of_folder = |message: String| Problem::of_file(folder.display().to_string(), message);
    if depth == 0 {
        return Err(of_folder("folders are too deep here".to_owned()));
    }
    let unreadable = |error: std::io::Error| of_folder(format!("cannot be read: {error}"));
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_dir = path.is_dir();
        if is_hidden(&path) {
            if is_dir || is_yaml(&path) {
                let why = "hidden, as its name begins with a dot";
                skipped.push(Skipped { file: path, why });
            }
        } else if is_dir {
            walk(&path, depth - 1, files, skipped)?;
        } else if is_yaml(&path) {
            files.push(path);
        }
        if files.len() > FILES_MAX {
            return Err(of_folder(format!("more than {FILES_MAX} files")));
        }
    }
    Ok(())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"))
}
