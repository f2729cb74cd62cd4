//! The files of a template's folder, as a build may take them: nothing outside of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

/// Files and folders of a template; more is a mistaken folder, not a template.
const ENTRIES_MAX: usize = 20_000;

/// Bytes of a file that are looked at.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;

/// What stands at a path of the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    /// A link, and whether it stays inside.
    Link {
        stays_inside: bool,
    },
}

/// A folder, its entries by their path in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    root: PathBuf,
    entries: BTreeMap<String, Kind>,
}

impl Folder {
    /// Reads which files there are; links are not followed.
    ///
    /// # Errors
    /// Why it cannot be read, in a sentence.
    pub fn read(root: &Path) -> Result<Self, String> {
        let shown = root.display();
        let root = root
            .canonicalize()
            .map_err(|error| format!("cannot read {shown}: {error}"))?;
        let mut entries = BTreeMap::new();
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            let told = |error| format!("cannot read {}: {error}", folder.display());
            for entry in fs::read_dir(&folder).map_err(told)? {
                let path = entry.map_err(told)?.path();
                let kind = fs::symlink_metadata(&path).map_err(told)?.file_type();
                let kind = if kind.is_symlink() {
                    let stays_inside = path.canonicalize().is_ok_and(|it| it.starts_with(&root));
                    Kind::Link { stays_inside }
                } else if kind.is_dir() {
                    open.push(path.clone());
                    Kind::Folder
                } else {
                    Kind::File
                };
                let inside = path.strip_prefix(&root).unwrap_or(&path);
                entries.insert(inside.to_string_lossy().into_owned(), kind);
                if entries.len() > ENTRIES_MAX {
                    return Err(format!(
                        "{shown} has more than {ENTRIES_MAX} files: is it a template's folder?"
                    ));
                }
            }
        }
        Ok(Self { root, entries })
    }

    /// The paths of its files, in the order of their names.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let files = self.entries.iter().filter(|(_, kind)| **kind == Kind::File);
        files.map(|(path, _)| path.as_str())
    }

    /// A file's first bytes, up to 1 MiB; none for what is no file or cannot be read.
    #[must_use]
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        self.entries.get(path).filter(|kind| **kind == Kind::File)?;
        let mut bytes = Vec::new();
        let file = fs::File::open(self.root.join(path)).ok()?;
        file.take(TEXT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// A file's text; none for what is no file, or not UTF-8.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        String::from_utf8(self.bytes(path)?).ok()
    }

    /// What a source of `COPY` names: paths and what stands there, by a name or a pattern.
    pub(crate) fn named(&self, source: &str) -> Vec<(&str, Kind)> {
        let source = source.trim_start_matches('/').trim_end_matches('/');
        let source = source.strip_prefix("./").unwrap_or(source);
        if source.is_empty() || source == "." {
            return vec![("", Kind::Folder)];
        }
        let pattern = GlobBuilder::new(source).literal_separator(true).build();
        let Ok(pattern) = pattern.map(|pattern| pattern.compile_matcher()) else {
            return Vec::new();
        };
        let found = self
            .entries
            .iter()
            .filter(|(path, _)| *path == source || pattern.is_match(path));
        found.map(|(path, kind)| (path.as_str(), *kind)).collect()
    }

    /// All that a source of `COPY` names and all below it, by its path; the folder itself is "".
    pub(crate) fn whole(&self, source: &str) -> Vec<&str> {
        let named = self.named(source);
        let is_below = |path: &str, top: &str| {
            top.is_empty()
                || path
                    .strip_prefix(top)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let is_taken = |path: &str| {
            named
                .iter()
                .any(|(top, _)| path == *top || is_below(path, top))
        };
        let root = named.iter().any(|(top, _)| top.is_empty()).then_some("");
        let entries = self.entries.keys().map(String::as_str);
        root.into_iter()
            .chain(entries.filter(|path| is_taken(path)))
            .collect()
    }

    /// Where one of its paths is on this machine.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// The files that a source of `COPY` takes, folders with all that is in them.
    pub(crate) fn taken(&self, source: &str) -> Vec<&str> {
        let named = self.named(source);
        let is_taken = |file: &str| {
            named.iter().any(|(path, _)| {
                path.is_empty()
                    || file
                        .strip_prefix(path)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        self.files().filter(|file| is_taken(file)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn names_patterns_and_folders_are_found_and_links_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path();
        fs::create_dir_all(at.join("scripts/deep")).unwrap();
        for file in ["a.sh", "b.sh", "scripts/deep/c"] {
            fs::write(at.join(file), file).unwrap();
        }
        symlink("/etc/passwd", at.join("out")).unwrap();
        symlink("a.sh", at.join("in")).unwrap();
        let folder = Folder::read(at).unwrap();
        assert_eq!(folder.named("./a.sh"), [("a.sh", Kind::File)]);
        assert_eq!(folder.named("*.sh").len(), 2);
        assert_eq!(folder.named("nothing"), []);
        assert_eq!(folder.named("[").len(), 0);
        assert_eq!(
            folder.named("out"),
            [(
                "out",
                Kind::Link {
                    stays_inside: false
                }
            )]
        );
        assert_eq!(
            folder.named("in"),
            [("in", Kind::Link { stays_inside: true })]
        );
        assert_eq!(folder.taken("scripts/"), ["scripts/deep/c"]);
        assert_eq!(folder.taken(".").len(), 3);
        assert_eq!(folder.text("a.sh").unwrap(), "a.sh");
        assert_eq!(folder.text("out"), None);
        assert!(Folder::read(&at.join("none")).unwrap_err().contains("none"));
    }
}
