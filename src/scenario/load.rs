//! Finding scenario files and checking them all.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::scenario::check::scenario::check;
use crate::scenario::discover::{Found, Skipped, find};
use crate::scenario::model::Scenario;
use crate::scenario::node::Position;
use crate::scenario::problem::Problem;
use crate::scenario::yaml::{self, YAML_BYTES_MAX};

/// Which files are scenarios.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The folder that names are relative to, when it is not the folder that was given: with
    /// `cutover run scenarios/execute` it is `scenarios`, so that a case keeps its id.
    pub base: Option<PathBuf>,
    /// Secrets that scenarios may use, if they are known.
    pub secrets: Option<Vec<String>>,
}

/// The scenarios of some files and folders.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The scenarios, in the order of their names.
    pub scenarios: Vec<Arc<Scenario>>,
    /// YAML files that were found and are no scenarios, with why: they must be told, or a test that
    /// is never run passes.
    pub skipped: Vec<Skipped>,
}

/// Loads scenario files, and folders of them.
///
/// Every YAML file in a folder counts, at whatever depth, but for the corpus's own files at the top
/// (the ledger and its like) and hidden ones, which are told in [`Loaded::skipped`]. The name is the
/// path without the ending, from the folder `scenarios` on where there is one.
///
/// # Errors
/// Every problem of every file: see [`parse_one`]; besides, a root that is not there, a folder
/// without scenarios, and two files with one name.
pub fn load(roots: &[PathBuf], options: &LoadOptions) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut all = Found::default();
    for root in roots {
        let before = all.files.len();
        let result = find(root, options.base.as_deref(), &mut all);
        if let Err(problem) = result {
            problems.push(problem);
        } else if all.files.len() == before {
            let message = "no scenario here: scenarios are `.yaml` files";
            problems.push(Problem::of_file(root.display().to_string(), message));
        }
    }
    let Found {
        mut files,
        mut skipped,
    } = all;
    files.sort();
    files.dedup();
    skipped.sort();
    skipped.dedup();
    for pair in files.windows(2) {
        if let [(name, first), (other, second)] = pair
            && name == other
        {
            let message = format!("has the name of {}: `{name}`", first.display());
            problems.push(Problem::of_file(second.display().to_string(), message));
        }
    }
    let mut scenarios = Vec::new();
    for (name, file) in files {
        match read_text(&file).and_then(|text| parse_file(&name, &file, &text, options)) {
            Ok(scenario) => scenarios.push(Arc::new(scenario)),
            Err(mut found) => problems.append(&mut found),
        }
    }
    if problems.is_empty() {
        Ok(Loaded { scenarios, skipped })
    } else {
        Err(problems)
    }
}

/// Checks scenarios that are embedded in the binary: names as `load` gives them, and texts.
///
/// # Errors
/// Every problem of every text. `file:` data is one, as there is no folder.
pub fn load_embedded(texts: &[(&str, &str)]) -> Result<Vec<Arc<Scenario>>, Vec<Problem>> {
    let mut scenarios = Vec::new();
    let mut problems = Vec::new();
    for (name, text) in texts {
        let file = PathBuf::from(format!("scenarios/{name}.yaml"));
        match check(name, &file, None, text, Some(&[])) {
            Ok(scenario) => scenarios.push(Arc::new(scenario)),
            Err(mut found) => problems.append(&mut found),
        }
    }
    if problems.is_empty() {
        Ok(scenarios)
    } else {
        Err(problems)
    }
}

/// Checks one scenario's text. `file:` data is read from the folder of `file`; secrets may have any
/// name.
///
/// # Errors
/// Every problem of the text, each with its place.
pub fn parse_one(name: &str, file: &Path, text: &str) -> Result<Scenario, Vec<Problem>> {
    parse_file(name, file, text, &LoadOptions::default())
}

fn parse_file(
    name: &str,
    file: &Path,
    text: &str,
    options: &LoadOptions,
) -> Result<Scenario, Vec<Problem>> {
    let folder = match file.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => Path::new("."),
    };
    check(name, file, Some(folder), text, options.secrets.as_deref())
}

/// Reads a scenario file of bounded size as text.
///
/// # Errors
/// When it cannot be read, is too large or is no text.
pub fn read_text(file: &Path) -> Result<String, Vec<Problem>> {
    let shown = file.display().to_string();
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|open| open.take(YAML_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| vec![Problem::of_file(&shown, format!("cannot be read: {error}"))])?;
    if bytes.len() > YAML_BYTES_MAX {
        let message = "the file is larger than 1 MiB, the limit of a scenario; put data beside it and name it with `file:`";
        return Err(vec![Problem::of_file(&shown, message)]);
    }
    let text = yaml::decode(&bytes).map_err(|error| {
        let at = Position {
            line: error.line,
            column: error.column,
        };
        let text = String::from_utf8_lossy(&bytes);
        vec![Problem::at(&shown, &text, at, error.message)]
    })?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOOD: &str = "why: x\nsteps:\n  - execute: ls\n";

    fn names(roots: &[PathBuf]) -> Vec<String> {
        let loaded = load(roots, &LoadOptions::default()).unwrap();
        loaded.scenarios.iter().map(|s| s.name.clone()).collect()
    }

    #[test]
    fn a_scenario_keeps_its_name_however_it_is_reached() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("scenarios");
        fs::create_dir_all(root.join("files/deep")).unwrap();
        fs::write(root.join("quirks.yaml"), "not: a scenario").unwrap();
        fs::write(root.join("files/a.yaml"), GOOD).unwrap();
        fs::write(root.join("files/deep/b.yml"), GOOD).unwrap();
        fs::write(root.join("files/data.bin"), b"\xff").unwrap();
        fs::write(root.join("files/.hidden.yaml"), b"\xff").unwrap();
        fs::write(root.join("top.yaml"), GOOD).unwrap();
        fs::write(root.join("files/Upper.YAML"), GOOD).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(root.join(".git/c.yaml"), GOOD).unwrap();
        assert_eq!(
            names(std::slice::from_ref(&root)),
            ["files/Upper", "files/a", "files/deep/b", "top"]
        );
        let loaded = load(std::slice::from_ref(&root), &LoadOptions::default()).unwrap();
        let skipped = loaded.skipped.iter().map(|skipped| &skipped.file);
        let hidden = root.join("files/.hidden.yaml");
        assert_eq!(skipped.collect::<Vec<_>>(), [&root.join(".git"), &hidden]);
        assert_eq!(names(&[root.join("files/deep")]), ["files/deep/b"]);
        assert_eq!(names(&[root.join("files/a.yaml")]), ["files/a"]);
        assert_eq!(names(&[root.clone(), root.join("files/a.yaml")]).len(), 4);
    }

    #[test]
    fn all_problems_of_all_files_come_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("scenarios");
        fs::create_dir_all(root.join("x")).unwrap();
        fs::write(root.join("x/bad.yaml"), "why: x\nsteps:\n  - exec: ls\n").unwrap();
        fs::write(root.join("x/binary.yaml"), b"why: \xff\n").unwrap();
        fs::write(root.join("x/empty.yaml"), "").unwrap();
        fs::write(root.join("x/large.yaml"), vec![b'#'; 10 * 1024 * 1024]).unwrap();
        fs::write(root.join("x/same.yaml"), GOOD).unwrap();
        fs::write(root.join("x/same.yml"), GOOD).unwrap();
        let roots = [root, dir.path().join("missing")];
        let problems = load(&roots, &LoadOptions::default()).unwrap_err();
        let text = crate::scenario::render(&problems);
        for part in [
            "missing\n",
            "no such file or folder",
            "unknown key in the step `exec`",
            "not UTF-8 text",
            "the file is empty",
            "larger than 1 MiB",
            "has the name of",
            "6 problems in 6 files",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn data_files_stay_inside_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("scenarios/files");
        fs::create_dir_all(&root).unwrap();
        fs::write(dir.path().join("secret"), "s").unwrap();
        fs::write(root.join("data.bin"), b"\x00\xff").unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret"), root.join("link")).unwrap();
        let scenario = |file: &str| {
            let text =
                format!("why: x\nsteps:\n  - write_file: {{path: /a, data: {{file: {file}}}}}\n");
            parse_one("files/a", &root.join("a.yaml"), &text)
        };
        assert!(scenario("data.bin").is_ok());
        for (file, why) in [
            ("../../secret", "leads out"),
            ("link", "leads out"),
            ("/etc/passwd", "leads out"),
            ("nope", "cannot be read"),
            (".", "not a file"),
        ] {
            let problems = scenario(file).unwrap_err();
            assert!(problems[0].message.contains(why), "{file}: {problems:?}");
            assert_eq!(problems[0].line, 3);
        }
    }

    #[test]
    fn embedded_scenarios_are_checked_alike() {
        let scenarios = load_embedded(&[("execute/a", GOOD)]).unwrap();
        assert_eq!(scenarios[0].name, "execute/a");
        assert_eq!(scenarios[0].steps[0].id, "00-provision");
        assert!(load_embedded(&[("a", "why: x\n")]).is_err());
    }
}
