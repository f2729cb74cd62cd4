//! Which quirks of the original platform and MCP server a stack has repaired.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

/// A set of fixes, each named by the quirk that it closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixes(Named);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    All,
    Only(BTreeSet<String>),
}

impl Fixes {
    /// The original, bugs included.
    pub const fn none() -> Self {
        Self(Named::Only(BTreeSet::new()))
    }

    /// Everything repaired.
    pub const fn all() -> Self {
        Self(Named::All)
    }

    /// The original with these repaired, by id (`Q27`).
    pub fn only(ids: impl IntoIterator<Item = String>) -> Self {
        Self(Named::Only(ids.into_iter().collect()))
    }

    /// Whether everything is repaired.
    pub const fn are_complete(&self) -> bool {
        matches!(self.0, Named::All)
    }

    /// Whether the quirk of this id is repaired.
    pub fn has(&self, id: &str) -> bool {
        match &self.0 {
            Named::All => true,
            Named::Only(ids) => ids.contains(id),
        }
    }
}

/// Where the fixes of a crate stand, for its test that no list of them is out of date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// The ids in quotes in its sources, but for the files `fixes.rs`, which list them.
    pub asked: BTreeSet<String>,
    /// The ids of the rows of its document: `| Q63, Q64 | the original | repaired |`.
    pub told: BTreeSet<String>,
}

impl Mentions {
    /// Looks through sources, files or folders with all below them, and through a document.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn find(sources: &[&Path], document: &Path) -> io::Result<Self> {
        let mut mentions = Self::default();
        for source in sources {
            mentions.read(source)?;
        }
        let document = fs::read_to_string(document)?;
        let rows = document.lines().filter(|line| line.starts_with("| Q"));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let ids = cells.flat_map(|cell| cell.trim().split(", "));
        mentions.told = ids.map(str::to_owned).collect();
        Ok(mentions)
    }

    fn read(&mut self, source: &Path) -> io::Result<()> {
        if source.is_dir() {
            for entry in fs::read_dir(source)? {
                self.read(&entry?.path())?;
            }
        } else if !source.ends_with("fixes.rs") {
            let text = fs::read_to_string(source)?;
            let ids = text.split('"').filter(|word| is_id(word));
            self.asked.extend(ids.map(str::to_owned));
        }
        Ok(())
    }
}

fn is_id(word: &str) -> bool {
    let digits = word.strip_prefix('Q');
    digits.is_some_and(|digits| digits.len() == 2 && digits.parse::<u8>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mentioned_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        write("src/a.rs", r#"has("Q04"); ["Q05", "Q5", "Q123", "x"]"#);
        write("src/b/c.rs", r#"// Q06\n"Q07""#);
        write("src/b/fixes.rs", r#""Q08""#);
        let document = write("d.md", "| quirk |\n| Q04, Q09 | a | b |\ntext | Q10 |\n");
        let sources = folder.path().join("src");
        let found = Mentions::find(&[&sources], &document).unwrap();
        let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(found.asked, set(&["Q04", "Q05", "Q07"]));
        assert_eq!(found.told, set(&["Q04", "Q09"]));
        let one = Mentions::find(&[&sources.join("a.rs")], &document).unwrap();
        assert_eq!(one.asked, set(&["Q04", "Q05"]));
        let none = folder.path().join("none");
        assert!(Mentions::find(&[&sources], &none).is_err());
        assert!(Mentions::find(&[&none], &document).is_err());
    }

    #[test]
    fn a_stack_has_the_fixes_that_it_names() {
        assert!(!Fixes::none().has("Q27"));
        assert!(Fixes::all().has("Q27") && Fixes::all().are_complete());
        let some = Fixes::only(["Q27".to_owned()]);
        assert!(some.has("Q27") && !some.has("Q2") && !some.are_complete());
    }
}
